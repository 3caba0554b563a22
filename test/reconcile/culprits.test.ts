import { describe, expect, test } from "vitest";
import { armIdKey, type ArmIdKey } from "../../src/api/arm-id.ts";
import { noteCulprits } from "../../src/reconcile/culprits.ts";
import type { AzureFailure, AzureRead } from "../../src/reconcile/ports.ts";
import { idOf, keyOfName, namesOf } from "./hosts.ts";
import { identityRead, readingPass } from "./passes.ts";

const ACTION = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
const NOW = 1_000_000_000;
const MINUTE = 60_000;

const failing = (failure: Partial<AzureFailure>): AzureFailure => ({ class: "identity", code: "FailedIdentityOperation", message: "m", ...failure });
const readFailing = (failure: Partial<AzureFailure>): AzureRead => ({ is: "failed", failure: failing(failure) });
const groupOf = (id: string) => id.slice(0, id.indexOf("/providers/"));

interface Row {
  readonly name: string;
  /** Names of identities that were to be attached, with what a GET of each says; without, it is absent. */
  readonly attach: Readonly<Record<string, AzureRead | undefined>>;
  readonly failure: AzureFailure;
  readonly blamed: Readonly<Record<string, string>>;
}

const there = identityRead("c");
const linked = (scope: string): AzureFailure => failing({ code: "LinkedAuthorizationFailed", denied: { action: ACTION, scope, principalId: "p" } });

const rows: readonly Row[] = [
  { name: "one that is gone, whatever the text names", attach: { x: undefined, y: there }, failure: failing({ named: [idOf("x")] }), blamed: { x: "IdentityNotFound" } },
  { name: "one that is gone and not named", attach: { x: undefined, y: there }, failure: failing({}), blamed: { x: "IdentityNotFound" } },
  { name: "all that are gone", attach: { x: undefined, y: undefined, z: there }, failure: failing({ named: [idOf("x")] }), blamed: { x: "IdentityNotFound", y: "IdentityNotFound" } },
  { name: "one that is named and there", attach: { x: there, y: there }, failure: { ...linked(idOf("x")), named: [idOf("x")] }, blamed: { x: "IdentityNotPermitted" } },
  { name: "one that is named in another case", attach: { x: there }, failure: failing({ named: [idOf("X")] }), blamed: { x: "IdentityNotPermitted" } },
  { name: "those below the scope that was denied, when none is named", attach: { x: there, y: there }, failure: linked(groupOf(idOf("x"))), blamed: { x: "IdentityNotPermitted", y: "IdentityNotPermitted" } },
  { name: "none outside of the scope that was denied", attach: { x: there }, failure: linked(`${groupOf(idOf("x"))}-other`), blamed: {} },
  { name: "none of this change, when the text names another one", attach: { x: there }, failure: failing({ named: [idOf("other")] }), blamed: {} },
  { name: "one that may not even be read", attach: { x: readFailing({ class: "forbidden" }), y: there }, failure: failing({}), blamed: { x: "IdentityNotPermitted" } },
  { name: "none whose GET was throttled: that says nothing about it", attach: { x: readFailing({ class: "throttled" }), y: undefined }, failure: failing({}), blamed: { y: "IdentityNotFound" } },
  { name: "none whose GET had no answer", attach: { x: readFailing({ class: "unavailable" }) }, failure: failing({}), blamed: {} },
  { name: "one that is named, also when its GET had no answer", attach: { x: readFailing({ class: "unavailable" }) }, failure: failing({ named: [idOf("x")] }), blamed: { x: "IdentityNotPermitted" } },
];

describe("blamed for a write that failed is", () => {
  test.each(rows)("$name", async ({ attach, failure, blamed }) => {
    const { pass, memory, read } = readingPass(resourcesOf(attach), NOW);
    const change = { attach: Object.keys(attach).map(idOf), detach: [], systemAssigned: false };
    expect(await noteCulprits(pass, change, failure)).toBe(Object.keys(blamed).length > 0);
    expect(Object.fromEntries([...memory.culprits].map(([key, { problem }]) => [namesOf([key])[0], problem.reason]))).toEqual(blamed);
    expect(namesOf(read)).toEqual(Object.keys(attach));
  });

  test.each(["throttled", "unavailable", "busy", "forbidden", "invalid"] as const)("nobody when the failure is %s, and nothing is read", async (kind) => {
    const { pass, memory, read } = readingPass(new Map());
    const change = { attach: [idOf("x")], detach: [], systemAssigned: false };
    expect(await noteCulprits(pass, change, failing({ class: kind, named: [idOf("x")] }))).toBe(false);
    expect([memory.culprits.size, read]).toEqual([0, []]);
  });
});

describe("what the objects of a culprit are told", () => {
  const messageFor = async (read: AzureRead | undefined, failure: AzureFailure) => {
    const { pass, memory } = readingPass(resourcesOf({ x: read }));
    await noteCulprits(pass, { attach: [idOf("x")], detach: [], systemAssigned: false }, failure);
    return memory.culprits.get(keyOfName("x"))?.problem.message;
  };
  const grant = (scope: string) => `az role assignment create --assignee-object-id p --assignee-principal-type ServicePrincipal --role "Managed Identity Operator" --scope ${scope} (it can take up to 10 minutes to act)`;

  test("that is gone", async () => expect(await messageFor(undefined, failing({}))).toBe(`${idOf("x")} does not exist in Azure: create it, or remove it from the spec`));

  test("that may not be assigned: the action, and a grant on the identity alone", async () =>
    expect(await messageFor(there, linked(groupOf(idOf("x"))))).toBe(
      `${idOf("x")} may not be assigned by the operator: LinkedAuthorizationFailed: the operator lacks ${ACTION}; grant it with: ${grant(idOf("x"))}`,
    ));
});

test("a culprit is tried again ever later, and slowly once it was one for a quarter of an hour", async () => {
  const change = { attach: [idOf("x")], detach: [], systemAssigned: false };
  const { pass, memory } = readingPass(new Map());
  const waits: number[] = [];
  let nowMs = NOW;
  for (let attempt = 1; attempt <= 7; attempt += 1) {
    await noteCulprits({ ...pass, world: { ...pass.world, clock: { now: () => nowMs } } }, change, failing({}));
    const waitMs = (memory.culprits.get(keyOfName("x"))?.retryAtMs ?? nowMs) - nowMs;
    waits.push(waitMs / MINUTE);
    nowMs += waitMs;
  }
  expect(waits).toEqual([0.5, 1, 2, 4, 8, 30, 30]);
});

function resourcesOf(reads: Readonly<Record<string, AzureRead | undefined>>): ReadonlyMap<ArmIdKey, AzureRead> {
  return new Map(Object.entries(reads).flatMap(([name, read]) => (read === undefined ? [] : [[armIdKey(idOf(name)), read] as const])));
}
