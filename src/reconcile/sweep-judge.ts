import { type ArmId, armIdKey, type ArmIdKey } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import type { Claim } from "./claim.ts";
import { conclude } from "./conclude.ts";
import { hostIdentityOf } from "./host-identity.ts";
import { blankMemory } from "./memory.ts";
import { type Pass, PassAborted } from "./pass.ts";
import type { AzurePort, AzureRead, KubePort, World } from "./ports.ts";
import { reconcile } from "./reconcile.ts";
import { Snapshots } from "./snapshots.ts";

/** Thrown where a pass over an item would have to ask or to write: the item says that something differs, or does not say enough. */
class NeedsMore extends Error {}

/**
 * Whether a unit is as declared by what a page shows of its target: the pass that its own GET would begin, on the item instead, which
 * may ask nothing, write nothing and leave nothing to store. Whatever else it comes to is for a real pass to find out.
 */
export async function isAsListed(pass: Pass, item: JsonObject): Promise<boolean> {
  const body = completed(pass.claims, item);
  const azure = azureOf(pass, body);
  const world: World = { ...pass.world, azure, kube: NO_KUBE };
  try {
    const alone = { memory: blankMemory(), snapshots: new Snapshots(azure, world.clock), turn: () => 0 };
    const conclusions = await reconcile({ ...pass, ...alone, world, isUrgent: false, listedAfter: undefined });
    const nowMs = world.clock.now();
    return conclusions.every((conclusion) => conclude(conclusion, { nowMs, patience: undefined }).status === undefined);
  } catch (error) {
    if (error instanceof NeedsMore || error instanceof PassAborted) return false;
    throw error;
  }
}

/** An item with what its list omits, as the status of the object that declares it says. */
function completed(claims: readonly Claim[], item: JsonObject): JsonObject {
  const [owner] = claims.filter(({ kind }) => kind.shape.is === "resource");
  const omits = owner?.kind.shape.is === "resource" ? owner.kind.shape.listed?.omits : undefined;
  return owner === undefined || omits === undefined ? item : omits.completed(item, owner.object.status);
}

/** Azure as far as a page tells of it: the target, alone in its collection, and the identities that are attached to it. */
function azureOf({ target, claims }: Pass, body: JsonObject): AzurePort {
  const byReference = new Set(claims.flatMap(referencedKeys));
  const { attached } = hostIdentityOf(body);
  return {
    ...NO_AZURE,
    list: () => Promise.resolve({ is: "found", items: [body] }),
    read: (id) => {
      if (armIdKey(id) === armIdKey(target)) return Promise.resolve({ is: "found", body });
      const identity = attached.get(armIdKey(id));
      const isContradicted = identity?.clientId !== undefined && byReference.has(armIdKey(id));
      return identity === undefined || isContradicted ? needsMore() : Promise.resolve(identityOf(identity.clientId));
    },
  };
}

/** Of an identity that is known by its ARM id alone nothing is known that the page could contradict; a GET, now and then, tells. */
function identityOf(clientId: string | undefined): AzureRead {
  return { is: "found", body: { properties: clientId === undefined ? {} : { clientId } } };
}

function referencedKeys({ holds }: Claim): readonly ArmIdKey[] {
  return (holds?.userAssigned ?? []).flatMap(({ resourceId, identityRef }) => (identityRef === undefined ? [] : [armIdKey(resourceId as ArmId)]));
}

function needsMore(): Promise<never> {
  return Promise.reject(new NeedsMore());
}

const NO_AZURE: AzurePort = {
  read: needsMore,
  put: needsMore,
  patch: needsMore,
  delete: needsMore,
  readAction: needsMore,
  act: needsMore,
  list: needsMore,
  page: needsMore,
  roleDefinition: needsMore,
  groupLocation: needsMore,
};

const NO_KUBE: KubePort = {
  addFinalizer: needsMore,
  removeFinalizer: needsMore,
  applyStatus: needsMore,
  record: needsMore,
  readDocument: needsMore,
  exportConfigMap: needsMore,
  exportServiceAccount: needsMore,
  withdrawExport: needsMore,
};
