import { armIdKey, type ArmId, type ArmIdKey, isWithinScope } from "../api/arm-id.ts";
import { DEADLINE_MS } from "./conclude.ts";
import type { Problem } from "./host-facts.ts";
import { remedyFor } from "./failures.ts";
import type { IdentityChange } from "./host-identity.ts";
import type { Culprit, UnitMemory } from "./memory.ts";
import { type Pass, requestOf } from "./pass.ts";
import type { AzureFailure } from "./ports.ts";
import { SLOW_RETRY_SECONDS } from "./timing.ts";

/** api-version for looking at identities. */
export const IDENTITY_API_VERSION = "2024-11-30";

const FIRST_RETRY_MS = 30_000;
const LAST_RETRY_MS = 15 * 60_000;

/** The identities that are not to be tried now, with what their objects are told. */
export function culpritsOf(memory: UnitMemory, now: { readonly nowMs: number; readonly isUrgent: boolean }): ReadonlyMap<ArmIdKey, Problem> {
  const current = [...memory.culprits].filter(([, culprit]) => !now.isUrgent && now.nowMs < culprit.retryAtMs);
  return new Map(current.map(([key, culprit]) => [key, { ...culprit.problem, stalls: now.nowMs - culprit.sinceMs >= DEADLINE_MS }]));
}

/**
 * When the next culprit may be tried again, in milliseconds since the epoch; undefined when there is none. One that was due when
 * a pass began and is still there was not tried by it, for nobody names it any more or something else stood in the way: it brings
 * nobody back, or it would do so for ever.
 */
export function nextCulpritAtMs(memory: UnitMemory, begunAtMs: number): number | undefined {
  const times = [...memory.culprits.values()].map(({ retryAtMs }) => retryAtMs).filter((atMs) => atMs > begunAtMs);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Forgets culprits that a write proved innocent. */
export function acquit(memory: UnitMemory, keys: Iterable<ArmIdKey>): void {
  for (const key of keys) memory.culprits.delete(key);
}

/**
 * Finds which identities made a write fail: by the text of the failure, and by one GET for each identity of the change. Returns
 * whether any was found, so that the rest can be tried again.
 */
export async function noteCulprits(pass: Pass, change: IdentityChange, failure: AzureFailure): Promise<boolean> {
  if (failure.class !== "identity") return false;
  const problems = await Promise.all(change.attach.map((id) => problemWith(pass, id, failure)));
  const nowMs = pass.world.clock.now();
  const found = problems.filter((problem) => problem !== undefined);
  for (const { key, problem } of found) pass.memory.culprits.set(key, nextCulprit(pass.memory.culprits.get(key), problem, nowMs));
  return found.length > 0;
}

async function problemWith(pass: Pass, id: ArmId, failure: AzureFailure): Promise<{ readonly key: ArmIdKey; readonly problem: Problem } | undefined> {
  const key = armIdKey(id);
  const read = await pass.world.azure.read(id, requestOf(pass, IDENTITY_API_VERSION));
  if (read.is === "absent") {
    return { key, problem: { reason: "IdentityNotFound", message: `${id} does not exist in Azure: create it, or remove it from the spec`, stalls: false } };
  }
  const isNamed = failure.named?.some((named) => armIdKey(named) === key) === true;
  const isOnly = (failure.named ?? []).length === 0 && isWithinDenied(id, failure);
  const unreadable = read.is === "failed" && read.failure.class === "forbidden" ? read.failure : undefined;
  if (!isNamed && !isOnly && unreadable === undefined) return undefined;
  const denial = unreadable ?? failure;
  return { key, problem: { reason: "IdentityNotPermitted", message: `${id} may not be assigned by the operator: ${failure.code}${remedyFor(denial, id)}`, stalls: false } };
}

function isWithinDenied(id: ArmId, failure: AzureFailure): boolean {
  return failure.denied !== undefined && isWithinScope(id, failure.denied.scope);
}

function nextCulprit(before: Culprit | undefined, problem: Problem, nowMs: number): Culprit {
  const attempts = (before?.attempts ?? 0) + 1;
  const sinceMs = before?.sinceMs ?? nowMs;
  const isOverdue = nowMs - sinceMs >= DEADLINE_MS;
  const afterMs = isOverdue ? SLOW_RETRY_SECONDS * 1000 : Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LAST_RETRY_MS);
  return { problem, attempts, sinceMs, retryAtMs: nowMs + afterMs };
}
