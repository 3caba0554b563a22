import { type ArmId, parseArmId } from "../api/arm-id.ts";
import { sourceOf } from "../api/credential.ts";
import { FINALIZER } from "../api/group.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { KubeObject } from "../api/object.ts";
import type { Reason } from "../api/reasons.ts";
import type { Holds } from "../api/shared.ts";
import { type Claim, hasFinalizer, type UnitKey } from "./claim.ts";
import type { HostRow } from "../kinds/host-row.ts";
import { conclude } from "./conclude.ts";
import type { Footings } from "./footing.ts";
import type { UnitMemory } from "./memory.ts";
import { frozenOutcome, type Outcome } from "./outcome.ts";
import type { AzureRequest, HeldResource, KubePort, KubeWrite, Operation, World } from "./ports.ts";
import type { Snapshots } from "./snapshots.ts";
import { isSameJson } from "./same-json.ts";

/** One pass over a unit: what it works on and with. */
export interface Pass {
  readonly world: World;
  readonly unit: UnitKey;
  readonly target: ArmId;
  readonly credential: string;
  readonly claims: readonly Claim[];
  /** Claims on the same target with other credentials. */
  readonly others: readonly Claim[];
  readonly memory: UnitMemory;
  readonly signal: AbortSignal;
  /** Whether somebody's change asked for this pass, so that what was put off is tried at once. */
  readonly isUrgent: boolean;
  /** Set when a person asked to look now: no list that was read before this one will do (`count` of the snapshots). */
  readonly listedAfter: number | undefined;
  readonly snapshots: Snapshots;
  /** Milliseconds until the turn of a write, before anything is stored for it; 0 when that is now. */
  readonly turn: (operation: Operation, region?: string) => number;
  /** The host catalogue by type in lower case. */
  readonly hosts: ReadonlyMap<string, HostRow>;
  /** What the credentials in use stand on. */
  readonly footings: Footings;
  /** Live claims that refer to the object of a claim. */
  referrersOf(claim: Claim): readonly Claim[];
}

/** Thrown inside a pass when Kubernetes did not take a write: the pass ends, nothing more is written, and it is tried again. */
export class PassAborted extends Error {
  readonly afterSeconds: number | undefined;

  constructor(message: string, afterSeconds?: number) {
    super(message);
    this.name = "PassAborted";
    this.afterSeconds = afterSeconds;
  }
}

/** What requests of this pass carry. */
export function requestOf(pass: Pass, apiVersion: string, ifMatch?: string): AzureRequest {
  const { credential, signal, unit } = pass;
  const base = { apiVersion, credential, signal, unit, ...(sourceOf(credential) === "Cleanup" ? { held: heldBy(pass.claims) } : {}) };
  return ifMatch === undefined ? base : { ...base, ifMatch };
}

/** What claims hold, as a clean-up is bound to it. */
function heldBy(claims: readonly Claim[]): readonly HeldResource[] {
  return claims.flatMap(({ holds, kind, target }) => {
    if (holds === undefined || target === undefined) return [];
    const userAssigned = (holds.userAssigned ?? []).map(({ resourceId }) => parseArmId(resourceId)).flatMap((parsed) => (parsed.ok ? [parsed.id] : []));
    return [{ id: target, isWhole: kind.shape.is === "resource", userAssigned, systemAssigned: holds.systemAssigned !== undefined }];
  });
}

/**
 * Stores the finalizer and what a claim is about to hold, before the write to Azure that makes it true (DESIGN 3, invariant 1).
 * A frozen claim that is given something stays as it is.
 * Returns the claim as it stands then. Throws {@link PassAborted} when Kubernetes did not take it.
 */
export async function storeHolds(pass: Pick<Pass, "world">, claim: Claim, planned: { readonly holds: Holds; readonly reason: Reason; readonly message: string }): Promise<Claim> {
  const { holds, reason, message } = planned;
  const { kube, clock } = pass.world;
  const object = await withFinalizer(kube, claim);
  const held = { ...claim, object, holds };
  if (isSameHolding(claim.holds ?? claim.foreign, holds)) return held;
  const outcome: Outcome = claim.mode === "frozen" ? frozenOutcome(claim) : { is: "progressing", reason, message, afterSeconds: 0 };
  const { status } = conclude({ claim, outcome, holds, shown: undefined, done: [] }, { nowMs: clock.now(), patience: undefined });
  if (status === undefined) return held;
  accept(await kube.applyStatus(claim.kind.type, object, status), claim);
  return { ...held, object: { ...object, status } };
}

/** The object with our finalizer, stored when it was not there yet. Throws {@link PassAborted} when Kubernetes did not take it. */
export async function withFinalizer(kube: KubePort, claim: Claim): Promise<KubeObject> {
  const { object } = claim;
  if (hasFinalizer(object)) return object;
  accept(await kube.addFinalizer(claim.kind.type, object), claim);
  const finalizers = [...(object.metadata.finalizers ?? []), FINALIZER];
  return { ...object, metadata: { ...object.metadata, finalizers } };
}

/** The version that a write led to; throws {@link PassAborted} when it was not taken. */
export function accept(write: KubeWrite, claim: Claim): string {
  switch (write.is) {
    case "written":
      return write.resourceVersion;
    case "vanished":
      throw new PassAborted(`${claim.key} vanished`);
    case "failed":
      throw new PassAborted(`cannot write ${claim.key}: ${write.message}`, write.afterSeconds);
  }
}

/** Whether an operation runs on a resource: its provisioningState is neither terminal (arm.md 2.3) nor a word for rest of its type. */
export function isBusy(body: JsonObject, idleStates: readonly string[] = []): boolean {
  const state = stringAt(objectAt(body, "properties"), "provisioningState")?.toLowerCase();
  return state !== undefined && !["succeeded", "failed", "canceled", "cancelled", ...idleStates].includes(state);
}

/** Whether two records hold the same; `confirmed` alone is no reason for a write before a write. */
function isSameHolding(stored: Holds | undefined, planned: Holds): boolean {
  return stored !== undefined && isSameJson({ ...stored, confirmed: false }, { ...planned, confirmed: false });
}
