import { type ArmId, childId } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import type { HostPart } from "../kinds/host-row.ts";
import { valuesAt } from "./body-paths.ts";
import { decideHost } from "./decide-host.ts";
import { textUses } from "./host-body.ts";
import type { HostClaim, HostDecision, HostFacts } from "./host-facts.ts";
import { serverOf, settingsNow } from "./host-settings.ts";
import { managedGroup } from "./managed-group.ts";
import { type Pass, requestOf } from "./pass.ts";
import type { AzureFailure } from "./ports.ts";

/** What was decided on which facts; `failure` when something that the decision needs could not be read. */
export interface Decided {
  readonly facts: HostFacts;
  readonly decision: HostDecision;
  readonly failure: AzureFailure | undefined;
}

/**
 * Decides, and looks closer where that matters: at parts of the host that a claim's setting is in, or that may show a use of an
 * identity which is to be detached; and at the resource group of a host that AKS may have made.
 */
export async function decideClosely(pass: Pass, given: HostFacts, body: JsonObject): Promise<Decided> {
  const parts = new Map<string, JsonObject>();
  let facts = given;
  for (;;) {
    const decision = decideHost(facts);
    const missing = partsNeeded(facts, decision, body).find(({ path }) => !parts.has(path));
    if (missing === undefined) return withinGroup(pass, { facts, decision, failure: undefined }, body);
    const read = await pass.world.azure.read(partId(pass.target, missing.path), requestOf(pass, facts.row.apiVersion));
    if (read.is === "failed") return { facts, decision: { ...decision, change: undefined }, failure: read.failure };
    parts.set(missing.path, read.is === "found" ? read.body : {});
    facts = withPart(facts, missing, { body, parts });
  }
}

/** The id of a part: a child whose path has a type and a name. */
export function partId(target: ArmId, path: string): ArmId {
  const [type = "", name = ""] = path.split("/");
  return childId(target, type, name);
}

/** Registries that claims name or hold, whether the host lists them or not. */
export function serversOf(entries: readonly HostClaim[]): readonly string[] {
  const named = entries.flatMap(({ follows }) => follows.flatMap(({ named: { server } }) => server ?? []));
  const held = entries.flatMap(({ claim }) => (claim.holds?.settings ?? []).flatMap((each) => serverOf(each) ?? []));
  return [...new Set([...named, ...held].map((server) => server.toLowerCase()))];
}

function partsNeeded({ row, claims }: HostFacts, { change }: HostDecision, body: JsonObject): readonly HostPart[] {
  const isDetaching = change !== undefined && change.detach.length > 0;
  return (row.parts ?? []).filter(({ path, when }) => {
    const ofPart = (row.settings ?? []).filter(({ part }) => part === path);
    const isFollowed = claims.some(({ follows }) => follows.some(({ named }) => ofPart.some(({ field }) => field === named.field)));
    const isHeld = claims.some(({ claim }) => (claim.holds?.settings ?? []).some((held) => held.path.startsWith(`${path}:`)));
    return isFollowed || isHeld || (isDetaching && valuesAt(body, when).some(({ value }) => value === true));
  });
}

function withPart(facts: HostFacts, part: HostPart, bodies: { readonly body: JsonObject; readonly parts: ReadonlyMap<string, JsonObject> }): HostFacts {
  const uses = textUses(part.uses, bodies.parts.get(part.path) ?? {}).map((use) => ({ ...use, path: `${part.path}: ${use.path}` }));
  return { ...facts, uses: [...facts.uses, ...uses], settings: settingsNow(facts.row, bodies, serversOf([...facts.claims, ...facts.others])) };
}

/** A type of host that AKS makes for its nodes is not written in a group that belongs to a cluster; the group is asked for only then. */
async function withinGroup(pass: Pass, decided: Decided, body: JsonObject): Promise<Decided> {
  const { facts, decision } = decided;
  if (decision.change === undefined || !facts.row.isMadeByClusters) return decided;
  const barrier = await managedGroup(pass, body);
  if (barrier === undefined) return decided;
  const barred = { ...facts, barrier };
  return { facts: barred, decision: decideHost(barred), failure: undefined };
}
