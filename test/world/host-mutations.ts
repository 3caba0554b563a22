import type { Mutation } from "./mutations.ts";

/** What is broken about identities on hosts. */
export const HOST_MUTATIONS: readonly Mutation[] = [
  {
    name: "attachments of others drop from the full map",
    file: "src/reconcile/host-identity.ts",
    find: "const result = [...staying, ...change.attach];",
    replace: 'const result = [...staying.filter((id) => !id.endsWith("foreign")), ...change.attach];',
  },
  {
    name: "attachments of others are detached",
    file: "src/reconcile/decide-host.ts",
    find: "else if (claims.length > 0) items.push({ key, id, claims });",
    replace: "else items.push({ key, id, claims: claims.length > 0 ? claims : [...facts.claims] });",
  },
  {
    name: "an attachment is handed over without holds",
    file: "src/reconcile/host-holds.ts",
    find: "const received = receivedIdentities(recording);\n  const userAssigned",
    replace: "const received: readonly HeldIdentity[] = [];\n  const userAssigned",
  },
  {
    name: "what is handed over is given up before it is taken",
    file: "src/reconcile/giving.ts",
    find: "return isLess ||",
    replace: "return (isLess && kept.size > 99) ||",
  },
  {
    name: "a name that does not resolve narrows the host",
    file: "src/reconcile/host-facts.ts",
    find: "const kept = (claim.holds?.userAssigned ?? []).filter(isPending);",
    replace: "const kept = (claim.holds?.userAssigned ?? []).filter((held) => isPending(held) && held.resourceId === \"\");",
  },
  {
    name: "what is paused does not protect its attachments",
    file: "src/reconcile/host-facts.ts",
    find: "return entry.claim.deleting ? heldKeys(entry.claim) : [...heldKeys(entry.claim), ...namedKeys(entry)];",
    replace: "return [];",
  },
  {
    name: "what is detached is what nobody names",
    file: "src/reconcile/host-facts.ts",
    find: "      return namedKeys(entry);",
    replace: "      return [];",
  },
  {
    name: "a held attachment is given up before it is gone",
    file: "src/reconcile/host-holds.ts",
    find: "if (!facts.identity.attached.has(key) || isHandedOver(held, recording)) return false;",
    replace: "if (facts.identity.attached.has(key) || isHandedOver(held, recording)) return false;",
  },
  {
    name: "what was attached before us is held",
    file: "src/reconcile/host-holds.ts",
    find: 'const adopts = claim.spec?.adoptionPolicy === "IfExists";',
    replace: "const adopts = claim.spec !== undefined;",
  },
  {
    name: "a system-assigned identity goes without Destroy",
    file: "src/reconcile/decide-host.ts",
    find: "const mayGo = ours && entry.share?.mayDestroySystemAssigned === true;",
    replace: "const mayGo = ours;",
  },
  {
    name: "a system-assigned identity of others goes",
    file: "src/reconcile/decide-host.ts",
    find: "const ours = held !== undefined && (held.principalId ?? principalId) === principalId;",
    replace: "const ours = held !== undefined || principalId !== undefined;",
  },
  {
    name: "one bad identity blocks the others",
    file: "src/reconcile/culprits.ts",
    find: "for (const { key, problem } of found) pass.memory.culprits.set(key, nextCulprit(pass.memory.culprits.get(key), problem, nowMs));",
    replace: "for (const { key, problem } of found.slice(99)) pass.memory.culprits.set(key, nextCulprit(pass.memory.culprits.get(key), problem, nowMs));",
  },
  {
    name: "a culprit that is due brings its unit back for ever",
    file: "src/reconcile/culprits.ts",
    find: ".filter((atMs) => atMs > begunAtMs);",
    replace: ".filter((atMs) => atMs > begunAtMs - 1e9);",
  },
  {
    name: "ghosts are forgotten when a write is refused",
    file: "src/reconcile/host-pass.ts",
    find: "      ghosts: this.#ghosts,",
    replace: "      ghosts: isFirst ? this.#ghosts : new Set(),",
  },
  {
    name: "what is inherited counts as adopted",
    file: "src/reconcile/host-holds.ts",
    find: "const isMade = facts.identity.systemAssigned === undefined || isSystemAssignedGiven(facts);",
    replace: "const isMade = facts.identity.systemAssigned === undefined;",
  },
  {
    name: "ghosts are not seen",
    file: "src/reconcile/ghosts.ts",
    find: "return new Set(checked.flat());",
    replace: "return new Set(checked.flat().slice(99));",
  },
  {
    name: "an Exclusive claim stands beside others",
    file: "src/reconcile/decide-host.ts",
    find: 'if (entry.claim.mode === "live" && clashes)',
    replace: 'if (entry.claim.mode === "live" && clashes && standing.length > 99)',
  },
  {
    name: "an Exclusive claim does not detach",
    file: "src/reconcile/decide-host.ts",
    find: "const claims = holders.length > 0 ? holders : exclusive === undefined ? [] : [exclusive];",
    replace: "const claims = holders.length > 0 ? holders : exclusive === undefined ? [] : [exclusive].slice(99);",
  },
  {
    name: "writes without effect never stop",
    file: "src/reconcile/write-memory.ts",
    find: "const isFutile = memory.ineffectiveWrites >= MAX_INEFFECTIVE_WRITES &&",
    replace: "const isFutile = memory.ineffectiveWrites >= 10_000 * MAX_INEFFECTIVE_WRITES &&",
  },
  {
    name: "disruption needs no consent",
    file: "src/reconcile/decide-host.ts",
    find: "if (claims.length === 0) return true;\n",
    replace: "if (claims.length < 99) return true;\n",
  },
];
