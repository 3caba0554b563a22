import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../azure.ts";
import { hostFacts } from "../host-table.ts";
import { objectAt } from "../kernel/json.ts";
import { attachedTo, openScene, property, told, users } from "./scene.ts";
import type { RawAnswer } from "../raw-client.ts";
import type { Scene } from "./scene.ts";

let on: Scene;
beforeAll(async () => {
  on = await openScene();
});
afterAll(() => on.stop());

/** What arm.md 1 says of a host, in short; see host-table.ts for the hosts beyond Web, Compute and ContainerInstance. */
interface HostLine {
  readonly type: string;
  readonly path: string;
  readonly body?: JsonObject;
  readonly parents?: Readonly<Record<string, JsonObject>>;
  /** How the combined value comes back; undefined where one kind excludes the other. */
  readonly combined: string | undefined;
  readonly patch: "merges" | "replaces" | "not known";
  readonly none: JsonValue | undefined;
  readonly canonicalKeys: boolean;
}

const container = { name: "c", properties: { image: "nginx", resources: { requests: { cpu: 1, memoryInGB: 1 } } } };
const common = { combined: "SystemAssigned, UserAssigned", patch: "merges", none: undefined, canonicalKeys: false } as const;
const lines: readonly HostLine[] = [
  { ...common, type: "Microsoft.Web/sites", path: "Microsoft.Web/sites/host", canonicalKeys: true },
  { ...common, type: "Microsoft.Web/sites/slots", path: "Microsoft.Web/sites/host/slots/host", parents: { "Microsoft.Web/sites/host": {} }, canonicalKeys: true },
  { ...common, type: "Microsoft.Compute/virtualMachines", path: "Microsoft.Compute/virtualMachines/host" },
  { ...common, type: "Microsoft.Compute/virtualMachineScaleSets", path: "Microsoft.Compute/virtualMachineScaleSets/host" },
  {
    ...common,
    type: "Microsoft.ContainerInstance/containerGroups",
    path: "Microsoft.ContainerInstance/containerGroups/host",
    body: { properties: { osType: "Linux", containers: [container] } },
    patch: "not known",
    canonicalKeys: false,
  },
  ...hostFacts.map((facts) => {
    const namespace = facts.type.slice(0, facts.type.indexOf("/"));
    const parents = Object.fromEntries(Object.entries(facts.parents ?? {}).map(([path, body]) => [`${namespace}/${path}`, body]));
    const { type, body, none } = facts;
    const combined = facts.takes === "both" ? facts.combined : undefined;
    return { type, body, parents, none, combined, path: `${namespace}/${facts.path}`, patch: facts.patchIdentity, canonicalKeys: facts.keys === "canonical" };
  }),
];
const takeBoth = lines.filter(({ combined }) => combined !== undefined);

/** The hosts' own versions, where the scene has none for the namespace. */
const versionOf = (type: string): string | undefined => hostFacts.find((facts) => facts.type === type)?.version;
const ask = async (line: HostLine, method: string, identity?: JsonValue): Promise<RawAnswer> => {
  const id = on.at(line.path);
  const version = versionOf(line.type);
  const body = method === "PUT" ? { location: "westeurope", ...line.body } : {};
  const full = { ...body, ...(identity === undefined ? {} : { identity }) };
  const answer = await (version === undefined
    ? on.ask(method, id, method === "GET" ? undefined : full)
    : on.send(method, `${id}?api-version=${version}`, method === "GET" ? {} : { body: full }));
  if (method !== "GET") on.clock.advance(3_600_000);
  return answer;
};
const done = async (line: HostLine, method: string, identity?: JsonValue): Promise<JsonObject> => {
  const answer = await ask(line, method, identity);
  expect([line.type, method, answer.status < 300, answer.status < 300 ? "" : answer.text]).toEqual([line.type, method, true, ""]);
  return answer.body;
};
/** A host that is new, with what has to be there before it. */
const fresh = async (line: HostLine, identity: JsonValue): Promise<JsonObject> => {
  for (const [path, body] of Object.entries(line.parents ?? {})) on.azure.portal.put(on.at(path), body);
  on.azure.portal.delete(on.at(line.path));
  return done(line, "PUT", identity);
};
const names = async (line: HostLine): Promise<readonly string[]> => attachedTo(await done(line, "GET")).toSorted();

describe("17.4 identity rules of each type (arm.md 1, 2.2)", () => {
  it.each(takeBoth)("$type: merge or replace, null removal, narrowing, None, spelling", async (line) => {
    const [a, b] = [on.identity("aaa"), on.identity("bbb")];
    await fresh(line, users([a.toLowerCase()], "SystemAssigned,UserAssigned"));
    const first = await done(line, "GET");
    expect(objectAt(first["identity"])["type"]).toBe(line.combined);
    const [key = ""] = Object.keys(objectAt(first["identity"], "userAssignedIdentities"));
    expect(key).toBe(line.canonicalKeys ? a.replace("resourceGroups", "resourcegroups") : a.toLowerCase());
    await done(line, "PUT", users([b]));
    expect([await names(line), objectAt((await done(line, "GET"))["identity"])["principalId"] ?? null]).toEqual([["bbb"], null]);
    if (line.patch !== "not known") {
      await done(line, "PATCH", users([a]));
      expect(await names(line)).toEqual(line.patch === "merges" ? ["aaa", "bbb"] : ["aaa"]);
      if (line.patch === "merges") await done(line, "PATCH", { type: "UserAssigned", userAssignedIdentities: { [b.toUpperCase().replace("/SUBSCRIPTIONS/", "/subscriptions/")]: null } });
      expect(await names(line)).toEqual(["aaa"]);
    }
    await done(line, line.patch === "not known" ? "PUT" : "PATCH", { type: "SystemAssigned" });
    expect(await names(line)).toEqual([]);
    if (line.none === "refused") return;
    await done(line, "PUT", { type: "None" });
    expect((await done(line, "GET"))["identity"]).toEqual(line.none);
  });

  it.each(lines.filter(({ combined }) => combined === undefined))("$type: one kind or the other, never both", async (line) => {
    const a = on.identity("aaa");
    await fresh(line, users([a]));
    expect((await ask(line, "PUT", users([a], "SystemAssigned, UserAssigned"))).status).toBe(400);
    expect(await names(line)).toEqual(["aaa"]);
    await done(line, "PUT", { type: "SystemAssigned" });
    expect(objectAt((await done(line, "GET"))["identity"])).toMatchObject({ type: "SystemAssigned", principalId: expect.any(String) });
  });

  it.each(lines.filter(({ patch }) => patch === "not known"))("$type: PATCH does not carry the identity", async (line) => {
    await fresh(line, users([on.identity("aaa")]));
    await ask(line, "PATCH", users([on.identity("bbb")]));
    expect(await names(line)).toEqual(["aaa"]);
  });

  it.each(lines.filter(({ type }) => /virtualMachine|storageAccounts|ApiManagement/.test(type)))("$type: a PUT without the block keeps it, as recorded (18)", async (line) => {
    await fresh(line, users([on.identity("aaa")]));
    await done(line, "PUT");
    expect(await names(line)).toEqual(["aaa"]);
  });
});

describe("17.5 immediate and final bodies, provisioning states (arm.md 5, 7, 8, 10, 11)", () => {
  const inEnvironment = { properties: { environmentId: "/subscriptions/b0000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.App/managedEnvironments/env" } };
  const cluster = { properties: { dnsPrefix: "c", agentPoolProfiles: [{ name: "p", count: 1, mode: "System" }] } };
  const rows = [
    { path: "Microsoft.Compute/virtualMachines/now", now: "{}", body: {}, state: "Updating" },
    { path: "Microsoft.Compute/virtualMachineScaleSets/now", now: "{}", body: {}, state: "Updating" },
    { path: "Microsoft.ContainerService/managedClusters/now", now: "{}", body: cluster, state: "Updating" },
    { path: "Microsoft.AppPlatform/Spring/now/apps/front", now: "previous", body: {}, state: "Updating", parent: "Microsoft.AppPlatform/Spring/now" },
    { path: "Microsoft.DocumentDB/databaseAccounts/now", now: "previous", body: { properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] } }, state: "Updating" },
    { path: "Microsoft.ContainerInstance/containerGroups/now", now: "details", body: { properties: { osType: "Linux", containers: [container] } }, state: "Pending" },
    { path: "Microsoft.App/containerApps/now", now: "details", body: inEnvironment, state: "InProgress", parent: "Microsoft.App/managedEnvironments/env" },
    { path: "Microsoft.App/jobs/now", now: "details", body: inEnvironment, state: "InProgress", parent: "Microsoft.App/managedEnvironments/env" },
    // The answer of App Service and Storage is the end: the former has no state at all.
    { path: "Microsoft.Web/sites/now", now: "details", body: {}, state: undefined },
    { path: "Microsoft.Storage/storageAccounts/now", now: "details", body: { sku: { name: "Standard_LRS" }, kind: "StorageV2" }, state: "Succeeded" },
  ] as const;
  it.each(rows)("$path: a new identity is $now at first", async ({ path, now, body, state, ...row }) => {
    const id = on.at(path);
    const parent = "parent" in row ? row.parent : undefined;
    if (parent !== undefined) on.azure.portal.put(on.at(parent), {});
    await on.done("PUT", id, body);
    const user = on.identity("fresh");
    const { body: answer } = await on.ask("PUT", id, { ...body, identity: users([user]) });
    const value = (shown: JsonObject): JsonValue | undefined => Object.values(objectAt(shown["identity"], "userAssignedIdentities"))[0];
    const details = { principalId: expect.any(String) as string, clientId: expect.any(String) as string };
    const want = { "{}": {}, previous: undefined, details }[now];
    if (want === details) expect(value(answer)).toMatchObject(details);
    else expect(value(answer)).toEqual(want);
    expect(property(answer, "provisioningState")).toBe(state);
    on.clock.advance(3_600_000);
    const final = await on.show(id);
    expect([property(final, "provisioningState"), value(final)]).toMatchObject([state === undefined ? undefined : "Succeeded", details]);
  });
});

describe("17.23 more than 150 identity keys in one request (arm.md 7)", () => {
  it.each(["virtualMachines", "virtualMachineScaleSets"])("%s: 150 are taken, 151 are refused, also with nulls", async (type) => {
    const host = on.at(`Microsoft.Compute/${type}/crowded`);
    const ids = Array.from({ length: 151 }, (_, index) => on.identity(`crowd-${index}`));
    expect((await on.done("PUT", host, { identity: users(ids.slice(0, 150)) })).status).toBe(201);
    expect((await on.ask("PUT", host, { identity: users(ids) })).status).toBe(400);
    const nulls = { type: "UserAssigned", userAssignedIdentities: Object.fromEntries(ids.map((id, index) => [id, index < 150 ? null : {}])) };
    expect(told(await on.ask("PATCH", host, { identity: nulls }))[0]).toBe(400);
    expect(attachedTo(await on.show(host))).toHaveLength(150);
    expect((await on.done("PATCH", host, { identity: users(ids.slice(150)) })).status).toBe(200);
    expect(attachedTo(await on.show(host))).toHaveLength(151);
  });
});
