import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hostFacts } from "./host-table.ts";
import type { HostFacts } from "./host-table.ts";
import type { JsonObject, JsonValue } from "./azure.ts";
import { objectAt, objectsAt, textAt } from "./kernel/json.ts";
import { codeOf, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const LONGEST_MS = 3_600_000;
let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ tokenLifetimeSeconds: 100_000_000, settings: { apiManagementRetentionHours: 0 } });
});
beforeEach(() => {
  for (const name of ["a", "b", "c"]) bench.azure.portal.put(uai(name), {});
});
afterAll(() => bench.stop());

const uai = (name: string): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const map = (...names: readonly string[]): JsonObject => Object.fromEntries(names.map((name) => [uai(name), {}]));
const below = (facts: HostFacts, path: string): string => `${bench.group}/providers/${facts.type.split("/")[0] ?? ""}/${path}`;
const idOf = (facts: HostFacts): string => below(facts, facts.path);
const users = (...names: readonly string[]): JsonObject => ({ type: "UserAssigned", userAssignedIdentities: map(...names) });
const both = (...names: readonly string[]): JsonObject => ({ type: "SystemAssigned,UserAssigned", userAssignedIdentities: map(...names) });
const nulled = (...names: readonly string[]): JsonObject => ({ type: "UserAssigned", userAssignedIdentities: Object.fromEntries(names.map((name) => [uai(name).toLowerCase(), null])) });

/** The host as somebody else made it, with an identity block or without. */
function given(facts: HostFacts, identity?: JsonObject): void {
  const { portal } = bench.azure;
  portal.delete(idOf(facts));
  for (const [path, body] of Object.entries(facts.parents ?? {})) portal.put(below(facts, path), body);
  portal.put(idOf(facts), { ...facts.body, ...(identity ? { identity } : {}) });
}

/** Sends a write and lets its operation end. */
async function write(method: string, facts: HostFacts, body: JsonObject = {}): Promise<RawAnswer> {
  const full = method === "PATCH" ? body : { location: "westeurope", ...facts.body, ...body };
  const answer = await bench.send(method, `${idOf(facts)}?api-version=${facts.version}`, method === "DELETE" ? {} : { body: full });
  bench.clock.advance(LONGEST_MS);
  return answer;
}

async function read(facts: HostFacts): Promise<JsonObject> {
  return (await bench.send("GET", `${idOf(facts)}?api-version=${facts.version}`)).body;
}

/** The names of the attached identities, with `system` before them when there is one. */
async function attachedTo(facts: HostFacts): Promise<readonly string[]> {
  const identity = objectAt((await read(facts))["identity"]);
  const user = Object.keys(objectAt(identity, "userAssignedIdentities")).map((key) => key.split("/").at(-1) ?? "");
  return [...(identity["principalId"] === undefined || identity["principalId"] === null ? [] : ["system"]), ...user.toSorted()];
}

function summary({ status, headers }: RawAnswer): string {
  const parts = [headers["azure-asyncoperation"] && "AAO", headers["location"] && "LOC", headers["retry-after"] && `RA ${headers["retry-after"]}`];
  return [status, ...parts.filter(Boolean)].join(" ");
}

const rows = (pick: (facts: HostFacts) => boolean = () => true) => hostFacts.filter(pick).map((facts) => ({ type: facts.type, facts }));

describe("how writes are accepted (arm.md 1 and each type's section)", () => {
  it.each(rows())("$type: PUT, PUT again, PATCH, DELETE", async ({ facts }) => {
    given(facts);
    bench.azure.portal.delete(idOf(facts));
    const create = summary(await write("PUT", facts));
    const update = summary(await write("PUT", facts));
    const patch = summary(await write("PATCH", facts, { tags: { a: "b" } }));
    expect(await read(facts)).toMatchObject({ tags: { a: "b" } });
    expect({ create, update, patch, delete: summary(await write("DELETE", facts)) }).toEqual(facts.answers);
    expect((await bench.send("GET", `${idOf(facts)}?api-version=${facts.version}`)).status).toBe(404);
    expect((await write("DELETE", facts)).status).toBe(204);
  });

  it.each(rows(({ states }) => states !== undefined))("$type: its provisioning state tells when a PUT is over", async ({ facts }) => {
    given(facts);
    bench.azure.portal.delete(idOf(facts));
    await bench.send("PUT", `${idOf(facts)}?api-version=${facts.version}`, { body: { location: "westeurope", ...facts.body } });
    const during = objectAt((await read(facts))["properties"])["provisioningState"];
    bench.clock.advance(LONGEST_MS);
    expect([during, objectAt((await read(facts))["properties"])["provisioningState"]]).toEqual(facts.states);
  });

  it.each(rows(({ states }) => states !== undefined && states[0] !== states[1]))("$type: an operation that fails leaves a state of its own, and the next PUT mends it", async ({ facts }) => {
    given(facts);
    bench.azure.portal.delete(idOf(facts));
    bench.azure.failOperation(({ type }) => type === facts.type, { code: "InternalServerError", message: "It broke." });
    const state = async (): Promise<unknown> => objectAt((await read(facts))["properties"])["provisioningState"];
    await write("PUT", facts);
    expect(await state()).toMatch(/^failed$/i);
    await write("PUT", facts);
    expect(await state()).toBe(facts.states?.[1]);
  });

  it.each(rows())("$type: LIST has the identities too (15)", async ({ facts }) => {
    given(facts, users("a"));
    const { body } = await bench.send("GET", `${idOf(facts).replace(/\/[^/]+$/, "")}?api-version=${facts.version}`);
    expect(objectsAt(body, "value").map((one) => one["identity"])).toEqual([(await read(facts))["identity"]]);
  });

  it.each(rows())("$type: GET spells type, id and location as the provider does (2.2)", async ({ facts }) => {
    given(facts);
    const body = await read(facts);
    const { type = facts.type, id = idOf(facts), location = "westeurope" } = facts.shown ?? {};
    expect([body["type"], body["location"]]).toEqual([type, location]);
    expect(textAt(body, "id")?.toLowerCase()).toBe(idOf(facts).toLowerCase());
    expect(body["id"]).toContain(id);
  });
});

interface Case {
  readonly name: string;
  readonly on: (facts: HostFacts) => boolean;
  readonly had: () => JsonObject;
  readonly method: "PUT" | "PATCH";
  readonly identity: () => JsonValue | undefined;
  readonly want: (facts: HostFacts) => readonly string[];
}

const takesBoth = ({ takes }: HostFacts): boolean => takes === "both";
const takesMany = ({ takes }: HostFacts): boolean => takes !== "one";
const patches = ({ patchIdentity }: HostFacts): boolean => patchIdentity !== "not known";
const merges = ({ patchIdentity }: HostFacts): boolean => patchIdentity === "merges";
const every = (): boolean => true;
const nothing = (): undefined => undefined;

const cases: readonly Case[] = [
  { name: "PATCH of another key", on: (f) => takesMany(f) && patches(f), had: () => users("a", "b"), method: "PATCH", identity: () => users("c"), want: (f) => (merges(f) ? ["a", "b", "c"] : ["c"]) },
  { name: "PATCH does not know the block", on: (f) => !patches(f), had: () => users("a"), method: "PATCH", identity: () => ({ type: "None" }), want: () => ["a"] },
  { name: "PATCH without the block keeps it", on: every, had: () => users("a"), method: "PATCH", identity: nothing, want: () => ["a"] },
  { name: "PATCH removes by null, key case ignored", on: (f) => takesMany(f) && merges(f), had: () => users("a", "b"), method: "PATCH", identity: () => nulled("a"), want: () => ["b"] },
  { name: "PATCH narrowed to SystemAssigned drops every user-assigned one", on: patches, had: () => users("a"), method: "PATCH", identity: () => ({ type: "SystemAssigned" }), want: () => ["system"] },
  { name: "PATCH of UserAssigned drops the system-assigned one", on: (f) => takesBoth(f) && patches(f), had: () => both("a"), method: "PATCH", identity: () => users("a"), want: () => ["a"] },
  { name: "PUT takes the place of the map", on: takesMany, had: () => users("a", "b"), method: "PUT", identity: () => users("b", "c"), want: () => ["b", "c"] },
  { name: "PUT changes from one to another", on: (f) => !takesMany(f), had: () => users("a"), method: "PUT", identity: () => users("b"), want: () => ["b"] },
  { name: "PUT of both kinds", on: takesBoth, had: () => users("a"), method: "PUT", identity: () => both("a"), want: () => ["system", "a"] },
  { name: "PUT without the block", on: every, had: () => users("a"), method: "PUT", identity: nothing, want: (f) => (f.putWithoutIdentity === "keeps" ? ["a"] : []) },
];

describe("what a write makes of the identity (arm.md 1)", () => {
  const table = cases.flatMap((one) => rows(one.on).map((row) => ({ ...row, name: one.name, one })));
  it.each(table)("$type: $name", async ({ facts, one }) => {
    given(facts, one.had());
    const identity = one.identity();
    expect((await write(one.method, facts, identity === undefined ? {} : { identity })).status).toBeLessThan(300);
    expect(await attachedTo(facts)).toEqual(one.want(facts));
  });

  it.each(rows(({ none }) => none !== "refused"))("$type: what None leaves", async ({ facts }) => {
    given(facts, users("a"));
    await write(patches(facts) ? "PATCH" : "PUT", facts, { identity: { type: "None" } });
    expect((await read(facts))["identity"]).toEqual(facts.none);
  });

  it.each(rows(({ none }) => none === "refused"))("$type: None is refused, and nothing changes", async ({ facts }) => {
    given(facts, users("a"));
    expect((await write(patches(facts) ? "PATCH" : "PUT", facts, { identity: { type: "None" } })).status).toBe(400);
    expect(await attachedTo(facts)).toEqual(["a"]);
  });

  it.each(rows((facts) => !takesBoth(facts)))("$type: both kinds together are refused", async ({ facts }) => {
    given(facts, users("a"));
    expect((await write("PUT", facts, { identity: both("a") })).status).toBe(400);
    expect(await attachedTo(facts)).toEqual(["a"]);
  });

  it.each(rows())("$type: a system-assigned identity has a client id of its own at identities/default (3.8)", async ({ facts }) => {
    given(facts, { type: "SystemAssigned" });
    const { principalId } = objectAt((await read(facts))["identity"]);
    const { body } = await bench.send("GET", `${idOf(facts)}/providers/Microsoft.ManagedIdentity/identities/default?api-version=2023-01-31`);
    expect(body).toMatchObject({ properties: { principalId, clientId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string } });
  });

  it.each(rows())("$type: an identity that does not exist is refused by ARM, and nothing changes (3.5)", async ({ facts }) => {
    given(facts, users("a"));
    const answer = await write(patches(facts) ? "PATCH" : "PUT", facts, { identity: users("missing") });
    expect([answer.status, codeOf(answer), await attachedTo(facts)]).toEqual([400, "FailedIdentityOperation", ["a"]]);
  });

  it.each(rows(takesBoth))("$type: any spelling of the combined value is taken, and one comes back", async ({ facts }) => {
    for (const type of ["SystemAssigned, UserAssigned", "SystemAssigned,UserAssigned", "userassigned, systemassigned"]) {
      given(facts, users("a"));
      await write("PUT", facts, { identity: { ...both("a"), type } });
      expect(objectAt((await read(facts))["identity"])["type"]).toBe(facts.combined);
    }
  });

  it.each(rows())("$type: keys of the map come back as the provider spells them (2.2)", async ({ facts }) => {
    given(facts);
    await write("PUT", facts, { identity: { type: "UserAssigned", userAssignedIdentities: { [uai("a").toUpperCase()]: {} } } });
    const [key] = Object.keys(objectAt((await read(facts))["identity"], "userAssignedIdentities"));
    expect(key).toBe(facts.keys === "as-sent" ? uai("a").toUpperCase() : uai("a").replace("/resourceGroups/", "/resourcegroups/"));
  });
});

describe("what the answer to a write shows at once (arm.md 1)", () => {
  const table = rows().flatMap((row) => (patches(row.facts) ? (["put", "patch"] as const) : (["put"] as const)).map((verb) => ({ ...row, verb })));
  it.each(table)("$type: $verb", async ({ facts, verb }) => {
    given(facts, users("a"));
    const answer = await write(verb.toUpperCase(), facts, { identity: users("b") });
    const { principalId, clientId } = objectAt(bench.azure.portal.get(uai("b")), "properties");
    expect(valueOf(await read(facts), "b")).toMatchObject({ principalId, clientId });
    expect(seenIn(answer, { principalId, clientId })).toBe(facts.now[verb]);
  });

  function valueOf(body: JsonObject, name: string): JsonObject | undefined {
    const found = Object.entries(objectAt(body["identity"], "userAssignedIdentities")).find(([key]) => key.endsWith(`/${name}`));
    return found && objectAt(found[1]);
  }

  function seenIn(answer: RawAnswer, ids: JsonObject): HostFacts["now"]["put"] {
    if (answer.text === "") return "no body";
    const shown = valueOf(answer.body, "b");
    if (shown === undefined) return "previous";
    return shown["principalId"] === ids["principalId"] && shown["clientId"] === ids["clientId"] ? "details" : "empty";
  }
});
