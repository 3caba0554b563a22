import { describe, expect, test } from "vitest";
import { armIdKey, type ArmIdKey } from "../../src/api/arm-id.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { HostClaim } from "../../src/reconcile/host-facts.ts";
import { findGhosts } from "../../src/reconcile/ghosts.ts";
import { hostIdentityOf } from "../../src/reconcile/host-identity.ts";
import type { AzureRead } from "../../src/reconcile/ports.ts";
import { claim, idOf, namesOf } from "./hosts.ts";
import { identityRead, readingPass } from "./passes.ts";

interface Row {
  readonly name: string;
  /** The ids that the host shows for its only identity `x`. */
  readonly shown: JsonObject;
  readonly claims: readonly HostClaim[];
  /** What a GET of the identity says; without, it is absent. */
  readonly azure?: AzureRead;
  readonly isGhost: boolean;
  /** Whether the identity itself is to be looked at. */
  readonly isRead: boolean;
}

const ids = { principalId: "p", clientId: "c" };
const empty: JsonObject = {};
const heldById = () => claim("a", { ids: ["x"], holdsNames: ["x"] });
const foreign = () => claim("b", { ids: ["y"] });
/** A claim that holds `x` and names it by an object, whose status shows this clientId. */
const byReference = (clientId: string): HostClaim => {
  const entry = claim("a", { refs: ["x"], holds: [{ resourceId: idOf("x"), identityRef: { name: "x" } }] });
  return { ...entry, wants: [{ is: "resolved", id: idOf("x"), identityRef: { name: "x" }, expected: { principalId: "p", clientId } }] };
};

const rows: readonly Row[] = [
  { name: "ids that a held identity really has", shown: ids, claims: [heldById()], azure: identityRead("c"), isGhost: false, isRead: true },
  { name: "ids that it had before it was made again", shown: ids, claims: [heldById()], azure: identityRead("c2"), isGhost: true, isRead: true },
  { name: "ids that differ in case only", shown: { ...ids, clientId: "C" }, claims: [heldById()], azure: identityRead("c"), isGhost: false, isRead: true },
  { name: "no ids, and it exists", shown: empty, claims: [heldById()], azure: identityRead("c"), isGhost: true, isRead: true },
  { name: "null for an id, and it exists", shown: { principalId: null, clientId: null }, claims: [heldById()], azure: identityRead("c"), isGhost: true, isRead: true },
  { name: "a clientId without a principal", shown: { clientId: "c" }, claims: [heldById()], azure: identityRead("c"), isGhost: false, isRead: true },
  { name: "ids of one that does not exist: dangling, no ghost", shown: ids, claims: [heldById()], isGhost: false, isRead: true },
  { name: "ids of one that cannot be read now", shown: empty, claims: [heldById()], azure: { is: "failed", failure: { class: "throttled", code: "TooManyRequests", message: "m" } }, isGhost: false, isRead: true },
  { name: "the ids that its own object reports: no GET", shown: ids, claims: [byReference("c")], azure: identityRead("c2"), isGhost: false, isRead: false },
  { name: "the ids that its own object reports, in another case: no GET", shown: ids, claims: [byReference("C")], azure: identityRead("c2"), isGhost: false, isRead: false },
  { name: "other ids than its own object reports", shown: ids, claims: [byReference("c2")], azure: identityRead("c2"), isGhost: true, isRead: true },
  { name: "other ids than its own object reports, which is what is outdated", shown: ids, claims: [byReference("c2")], azure: identityRead("c"), isGhost: false, isRead: true },
  { name: "ids of somebody else's: no GET", shown: ids, claims: [foreign()], azure: identityRead("c2"), isGhost: false, isRead: false },
  { name: "no ids of somebody else's", shown: empty, claims: [foreign()], azure: identityRead("c"), isGhost: true, isRead: true },
];

describe("an attachment is a ghost when the host shows", () => {
  test.each(rows)("$name: $isGhost", async ({ shown, claims, azure, isGhost, isRead }) => {
    const resources: readonly (readonly [ArmIdKey, AzureRead])[] = azure === undefined ? [] : [[armIdKey(idOf("x")), azure]];
    const { pass, read } = readingPass(new Map(resources));
    const identity = hostIdentityOf({ identity: { type: "UserAssigned", userAssignedIdentities: { [idOf("x")]: shown } } });
    expect(namesOf([...(await findGhosts(pass, claims, identity))])).toEqual(isGhost ? ["x"] : []);
    expect(namesOf(read)).toEqual(isRead ? ["x"] : []);
  });
});

test("what lies outside of the credential's scopes is not looked at", async () => {
  const { pass, read } = readingPass(new Map([[armIdKey(idOf("x")), identityRead("c")]]));
  const narrow = { ...pass, world: { ...pass.world, policy: { ...pass.world.policy, sharedScopes: [] } } };
  const identity = hostIdentityOf({ identity: { type: "UserAssigned", userAssignedIdentities: { [idOf("x")]: {} } } });
  expect([...(await findGhosts(narrow, [heldById()], identity)), ...read]).toEqual([]);
});
