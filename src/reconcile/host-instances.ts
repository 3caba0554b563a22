import { armIdParts, type ArmIdKey, groupScope } from "../api/arm-id.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { Claim } from "./claim.ts";
import { outcomeOf } from "./failures.ts";
import { type HostClaim, type HostFacts, namedKeys } from "./host-facts.ts";
import { hostIdentityOf } from "./host-identity.ts";
import { hostTitle } from "./host-title.ts";
import type { Outcome } from "./outcome.ts";
import { type Pass, requestOf } from "./pass.ts";
import type { AzureFailure, AzureList } from "./ports.ts";
import { runningOutcome } from "./running.ts";

/** What is said of a live claim while instances of its host lag behind; undefined when none does. */
export type Lag = ((claim: Claim) => Outcome) | undefined;

/** Instances that do not have what the host declares, by the ids by which they are upgraded. */
interface Lagging {
  readonly ids: readonly string[];
  readonly total: number;
  /** Whether they can be upgraded in place: those of a flexible scale set are virtual machines that only get the model when made. */
  readonly isFlexible: boolean;
}

/**
 * Looks whether the instances of a scale set have its model, and upgrades them where a claim allows that they are made anew
 * (arm.md 7). Only called for a host that is as declared. `failed` is what an upgrade begun before came to.
 */
export async function lagOf(pass: Pass, facts: HostFacts, { body, failed }: { readonly body: JsonObject; readonly failed: AzureFailure | undefined }): Promise<Lag> {
  const named = namedBy(facts);
  if (facts.row.hasInstances !== true || named.claims.length === 0 || upgradesItself(body)) return undefined;
  const list = await listed(pass, facts, body);
  if (list.is === "failed") return (claim) => outcomeOf(list.failure, claim, "list the instances of the host of");
  const lagging = laggingOf(pass, list.is === "found" ? list.items : [], named.keys);
  if (lagging.ids.length === 0) return undefined;
  if (failed !== undefined) return (claim) => outcomeOf(failed, claim, "upgrade the instances of the host of");
  const isAllowed = named.claims.some(({ share }) => share?.allowDisruption === "Recreate");
  return isAllowed && !lagging.isFlexible ? upgrade(pass, facts, lagging) : pending(pass, lagging);
}

/** The live claims that name something, and the keys of what they name and the host has. */
function namedBy({ claims, identity }: HostFacts): { readonly claims: readonly HostClaim[]; readonly keys: ReadonlySet<ArmIdKey> } {
  const live = claims.filter(({ claim, wants, share }) => claim.mode === "live" && (wants.length > 0 || share?.systemAssigned === true));
  return { claims: live, keys: new Set(live.flatMap(namedKeys).filter((key) => identity.attached.has(key))) };
}

function upgradesItself(body: JsonObject): boolean {
  const properties = objectAt(body, "properties");
  return !isFlexible(properties) && stringAt(objectAt(properties, "upgradePolicy"), "mode") === "Automatic";
}

function isFlexible(properties: JsonObject | undefined): boolean {
  return stringAt(properties, "orchestrationMode") === "Flexible";
}

/** Instances of a flexible scale set are virtual machines beside it. */
function listed(pass: Pass, { row }: HostFacts, body: JsonObject): Promise<AzureList> {
  const request = requestOf(pass, row.apiVersion);
  if (!isFlexible(objectAt(body, "properties"))) return pass.world.azure.list(pass.target, "virtualMachines", request);
  const { subscriptionId, resourceGroup } = armIdParts(pass.target);
  return pass.world.azure.list(groupScope(subscriptionId, resourceGroup), "providers/Microsoft.Compute/virtualMachines", request);
}

function laggingOf(pass: Pass, items: readonly JsonObject[], keys: ReadonlySet<ArmIdKey>): Lagging {
  const machines = items.filter((item) => ownerOf(item)?.toLowerCase() === pass.target.toLowerCase());
  const isBeside = machines.length > 0;
  const lacking = isBeside ? machines.filter((item) => lacks(item, keys)) : items.filter((item) => objectAt(item, "properties")?.["latestModelApplied"] === false);
  const ids = lacking.map((item) => stringAt(item, "instanceId") ?? stringAt(item, "name") ?? "");
  return { ids, total: isBeside ? machines.length : items.length, isFlexible: isBeside };
}

function ownerOf(item: JsonObject): string | undefined {
  return stringAt(objectAt(objectAt(item, "properties"), "virtualMachineScaleSet"), "id");
}

function lacks(item: JsonObject, keys: ReadonlySet<ArmIdKey>): boolean {
  const { attached } = hostIdentityOf(item);
  return [...keys].some((key) => !attached.has(key));
}

async function upgrade(pass: Pass, { row }: HostFacts, lagging: Lagging): Promise<Lag> {
  const answer = await pass.world.azure.act(pass.target, "manualupgrade", { instanceIds: lagging.ids }, requestOf(pass, row.apiVersion));
  switch (answer.is) {
    case "failed":
      return (claim) => outcomeOf(answer.failure, claim, "upgrade the instances of the host of");
    case "running":
      pass.memory.running = { operation: answer.operation, what: { is: "instances" } };
      return (claim) => runningOutcome(claim, answer.afterSeconds);
    case "done":
    case "absent":
      return pending(pass, lagging);
  }
}

function pending(pass: Pass, { ids, total, isFlexible }: Lagging): Lag {
  const { subscriptionId, resourceGroup, names } = armIdParts(pass.target);
  const command = `az vmss update-instances --subscription ${subscriptionId} --resource-group ${resourceGroup} --name ${names[0] ?? ""} --instance-ids ${ids.slice(0, 20).join(" ")}`;
  const way = isFlexible ? "a flexible scale set gives identities to new instances only: replace these" : `upgrade them (${command}), or set spec.allowDisruption to Recreate`;
  const message = `${ids.length} of ${total} instances of ${hostTitle(pass.target)} do not have its model yet: ${way}`;
  return () => ({ is: "waiting", reason: "InstancesPending", message });
}
