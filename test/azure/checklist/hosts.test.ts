import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../azure.ts";
import { hostFacts } from "../host-table.ts";
import { objectAt } from "../kernel/json.ts";
import { attachedTo, openScene, property, told, users } from "./scene.ts";
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
  readonly combined: string | undefined;
  readonly patch: "merges" | "replaces" | "not known";
  readonly none: JsonValue | undefined;
  readonly canonicalKeys: boolean;
}

const container = { name: "c", properties: { image: "nginx", resources: { requests: { cpu: 1, memoryInGB: 1 } } } };
const common = { combined: "SystemAssigned, UserAssigned", patch: "merges", none: undefined, canonicalKeys: false } as const;
const lines: readonly HostLine[] = [
  { ...common, type: "Microsoft.Web/sites", path: "Microsoft.Web/sites/host", canonicalKeys: true },
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
  ...hostFacts
    .filter(({ takes }) => takes === "both")
    .map((facts) => {
      const namespace = facts.type.slice(0, facts.type.indexOf("/"));
      const parents = Object.fromEntries(Object.entries(facts.parents ?? {}).map(([path, body]) => [`${namespace}/${path}`, body]));
      const { type, body, none } = facts;
      return { type, body, parents, none, path: `${namespace}/${facts.path}`, combined: facts.combined, patch: facts.patchIdentity, canonicalKeys: facts.keys === "canonical" };
    }),
];

/** The hosts' own versions, where the scene has none for the namespace. */
const versionOf = (type: string): string | undefined => hostFacts.find((facts) => facts.type === type)?.version;
const ask = async (line: HostLine, method: string, identity?: JsonValue): Promise<JsonObject> => {
  const id = on.at(line.path);
  const version = versionOf(line.type);
  const body = method === "PUT" ? { location: "westeurope", ...line.body } : {};
  const full = { ...body, ...(identity === undefined ? {} : { identity }) };
  const answer = await (version === undefined
    ? on.ask(method, id, method === "GET" ? undefined : full)
    : on.send(method, `${id}?api-version=${version}`, method === "GET" ? {} : { body: full }));
  expect([line.type, method, answer.status < 300, answer.status < 300 ? "" : answer.text]).toEqual([line.type, method, true, ""]);
  if (method !== "GET") on.clock.advance(3_600_000);
  return answer.body;
};
const names = async (line: HostLine): Promise<readonly string[]> => attachedTo(await ask(line, "GET")).toSorted();

describe("17.4 identity rules of each type (arm.md 1, 2.2)", () => {
  it.each(lines)("$type: merge or replace, null removal, narrowing, None, spelling", async (line) => {
    for (const [path, body] of Object.entries(line.parents ?? {})) on.azure.portal.put(on.at(path), body);
    on.azure.portal.delete(on.at(line.path));
    const [a, b] = [on.identity("aaa"), on.identity("bbb")];
    await ask(line, "PUT", users([a.toLowerCase()], "SystemAssigned,UserAssigned"));
    const first = await ask(line, "GET");
    expect(objectAt(first["identity"])["type"]).toBe(line.combined);
    const [key = ""] = Object.keys(objectAt(first["identity"], "userAssignedIdentities"));
    expect(key).toBe(line.canonicalKeys ? a.replace("resourceGroups", "resourcegroups") : a.toLowerCase());
    await ask(line, "PUT", users([b]));
    expect([await names(line), objectAt((await ask(line, "GET"))["identity"])["principalId"] ?? null]).toEqual([["bbb"], null]);
    if (line.patch !== "not known") {
      await ask(line, "PATCH", users([a]));
      expect(await names(line)).toEqual(line.patch === "merges" ? ["aaa", "bbb"] : ["aaa"]);
      if (line.patch === "merges") await ask(line, "PATCH", { type: "UserAssigned", userAssignedIdentities: { [b.toUpperCase().replace("/SUBSCRIPTIONS/", "/subscriptions/")]: null } });
      expect(await names(line)).toEqual(["aaa"]);
    }
    await ask(line, line.patch === "not known" ? "PUT" : "PATCH", { type: "SystemAssigned" });
    expect(await names(line)).toEqual([]);
    if (line.none === "refused") return;
    await ask(line, "PUT", { type: "None" });
    expect((await ask(line, "GET"))["identity"]).toEqual(line.none);
  });
});

describe("17.5 immediate and final bodies, provisioning states (arm.md 5, 7, 8, 10, 11)", () => {
  const cluster = { properties: { dnsPrefix: "c", agentPoolProfiles: [{ name: "p", count: 1, mode: "System" }] } };
  const rows = [
    { path: "Microsoft.Compute/virtualMachines/now", now: "{}", body: {}, state: "Updating" },
    { path: "Microsoft.Compute/virtualMachineScaleSets/now", now: "{}", body: {}, state: "Updating" },
    { path: "Microsoft.ContainerService/managedClusters/now", now: "{}", body: cluster, state: "Updating" },
    { path: "Microsoft.AppPlatform/Spring/now/apps/front", now: "previous", body: {}, state: "Updating", parent: "Microsoft.AppPlatform/Spring/now" },
    { path: "Microsoft.DocumentDB/databaseAccounts/now", now: "previous", body: { properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] } }, state: "Updating" },
    { path: "Microsoft.ContainerInstance/containerGroups/now", now: "details", body: { properties: { osType: "Linux", containers: [container] } }, state: "Pending" },
  ];
  it.each(rows)("$path: a new identity is $now at first", async ({ path, now, body, state, parent }) => {
    const id = on.at(path);
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
    expect([property(final, "provisioningState"), value(final)]).toMatchObject(["Succeeded", details]);
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
