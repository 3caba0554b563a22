import { armIdKey, type ArmIdKey } from "../api/arm-id.ts";
import { objectAt, stringAt } from "../api/json.ts";
import { isInScopes } from "./allow-lists.ts";
import { IDENTITY_API_VERSION } from "./culprits.ts";
import { type HostClaim, heldKeys } from "./host-facts.ts";
import type { Attached, HostIdentity } from "./host-identity.ts";
import { type Pass, requestOf } from "./pass.ts";
import type { ExpectedIds } from "./references.ts";

/**
 * Attachments whose ids disagree with a fresh GET of the identity: it was deleted and made again, and the host still knows the
 * one before (DESIGN 1). Only what looks suspicious costs a GET: missing ids, ids that the identity's own object contradicts,
 * and what we hold by id alone, for which nothing else would tell. Only ever called for a host in a terminal state.
 */
export async function findGhosts(pass: Pass, entries: readonly HostClaim[], identity: HostIdentity): Promise<ReadonlySet<ArmIdKey>> {
  const expected = expectedIds(entries);
  const held = new Set(entries.flatMap(({ claim }) => heldKeys(claim)));
  const suspects = [...identity.attached].filter(([key, attached]) => isSuspect(attached, expected.get(key), held.has(key)));
  const readable = suspects.filter(([, { id }]) => isInScopes(id, pass.credential, pass.world.policy));
  const checked = await Promise.all(readable.map(async ([key, attached]) => ((await isGhost(pass, attached)) ? [key] : [])));
  return new Set(checked.flat());
}

/** What the objects of the identities report, for those that are named by reference. */
function expectedIds(entries: readonly HostClaim[]): ReadonlyMap<ArmIdKey, ExpectedIds> {
  const wants = entries.flatMap((entry) => entry.wants);
  return new Map(wants.flatMap((want) => (want.is === "resolved" && want.expected !== undefined ? [[armIdKey(want.id), want.expected] as const] : [])));
}

function isSuspect(attached: Attached, expected: ExpectedIds | undefined, isHeld: boolean): boolean {
  if (attached.clientId === undefined || attached.principalId === undefined) return true;
  if (expected !== undefined) return !isSameId(expected.clientId, attached.clientId);
  return isHeld;
}

async function isGhost(pass: Pass, attached: Attached): Promise<boolean> {
  const read = await pass.world.azure.read(attached.id, requestOf(pass, IDENTITY_API_VERSION));
  if (read.is !== "found") return false;
  return !isSameId(stringAt(objectAt(read.body, "properties"), "clientId"), attached.clientId);
}

function isSameId(left: string | undefined, right: string | undefined): boolean {
  return left?.toLowerCase() === right?.toLowerCase();
}
