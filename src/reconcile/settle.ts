import { titleOf } from "../api/object.ts";
import { hasFinalizer } from "./claim.ts";
import { conclude } from "./conclude.ts";
import { givesUp } from "./giving.ts";
import type { UnitMemory } from "./memory.ts";
import type { Conclusion, Outcome } from "./outcome.ts";
import { accept, PassAborted, withFinalizer } from "./pass.ts";
import type { World } from "./ports.ts";
import { type Next, nextOf, patienceOf } from "./timing.ts";

/** Stores what a pass came to: first for the claims that give nothing up, then for those that do, or leave. Returns when to come again. */
export async function settle(conclusions: readonly Conclusion[], memory: UnitMemory, world: World): Promise<readonly Next[]> {
  const isLast = ({ claim, outcome, holds }: Conclusion): boolean => outcome.is === "released" || givesUp(claim.holds, holds);
  const first = await Promise.all(conclusions.filter((each) => !isLast(each)).map((conclusion) => settleOne(conclusion, memory, world)));
  const rest = await Promise.all(conclusions.filter(isLast).map((conclusion) => settleOne(conclusion, memory, world)));
  return [...first, ...rest].filter((next) => next !== undefined);
}

async function settleOne(conclusion: Conclusion, memory: UnitMemory, world: World): Promise<Next | undefined> {
  const { claim, outcome } = conclusion;
  const nowMs = world.clock.now();
  const patience = patienceOf(memory.patience.get(claim.key), claim, outcome, nowMs);
  if (patience === undefined) memory.patience.delete(claim.key);
  else memory.patience.set(claim.key, patience);
  const { status, event } = conclude(conclusion, { nowMs, patience });
  const recording = event === undefined ? undefined : world.kube.record(claim.object, event);
  await store(conclusion, status, world).catch((error: unknown) => {
    throw asLateAs(outcome, error);
  });
  await recording;
  if (status !== undefined) world.log.info(fieldsOf(conclusion), "Stored the status");
  return nextOf(claim, outcome, { nowMs, patience, syncIntervalSeconds: world.policy.syncIntervalSeconds, random: world.random });
}

/** What Azure asked to wait for is waited for, also when Kubernetes did not take the status of it. */
function asLateAs(outcome: Outcome, error: unknown): unknown {
  if (!(error instanceof PassAborted) || outcome.is !== "throttled") return error;
  return new PassAborted(error.message, Math.max(error.afterSeconds ?? 0, outcome.afterSeconds));
}

/**
 * A deleted object needs no last status: its finalizer leaves. What gives up its holds for good loses the finalizer after them,
 * and what was handed over or adopted is stored behind a finalizer.
 */
async function store({ claim, outcome, holds }: Conclusion, status: object | undefined, { kube }: World): Promise<void> {
  const isGone = claim.deleting && outcome.is === "released";
  if (holds !== undefined && !claim.deleting) await withFinalizer(kube, claim);
  if (status !== undefined && !isGone) accept(await kube.applyStatus(claim.kind.type, claim.object, status), claim);
  const gives = isGone || (claim.mode === "observing" && holds === undefined);
  if (!gives || !hasFinalizer(claim.object)) return;
  const removed = await kube.removeFinalizer(claim.kind.type, claim.object);
  if (removed.is === "failed") accept(removed, claim);
}

function fieldsOf({ claim, outcome }: Conclusion): Readonly<Record<string, unknown>> {
  const { namespace, name, generation } = claim.object.metadata;
  const said = "reason" in outcome ? { reason: outcome.reason, note: outcome.message } : "message" in outcome ? { note: outcome.message } : {};
  return { controller: claim.kind.type.kind, object: titleOf(claim.object), namespace, name, generation, outcome: outcome.is, ...said };
}
