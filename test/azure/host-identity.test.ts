import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { objectAt, textAt } from "./kernel/json.ts";
import type { JsonObject, JsonValue, Switches } from "./azure.ts";
import { codeOf, messageOf, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

/** One type of host: where it is, at which api-version, and what a PUT of it needs. */
interface Host {
  readonly type: string;
  readonly path: string;
  readonly version: string;
  readonly body: JsonObject;
  readonly seconds: number;
}

const container = { name: "c", properties: { image: "i", resources: { requests: { cpu: 1, memoryInGB: 1 } } } };
const hosts = {
  vm: { type: "Microsoft.Compute/virtualMachines", path: "virtualMachines/host", version: "2024-11-01", body: {}, seconds: 60 },
  vmss: { type: "Microsoft.Compute/virtualMachineScaleSets", path: "virtualMachineScaleSets/host", version: "2024-07-01", body: {}, seconds: 60 },
  site: { type: "Microsoft.Web/sites", path: "sites/host", version: "2023-12-01", body: {}, seconds: 0 },
  slot: { type: "Microsoft.Web/sites/slots", path: "sites/host/slots/green", version: "2023-12-01", body: {}, seconds: 0 },
  group: { type: "Microsoft.ContainerInstance/containerGroups", path: "containerGroups/host", version: "2023-05-01", body: { properties: { osType: "Linux", containers: [container] } }, seconds: 30 },
} satisfies Record<string, Host>;

type Look = { readonly type: string; readonly system: boolean; readonly user: readonly string[] } | "absent";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

const uai = (name: string, on: Bench = bench): string => `${on.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const urlOf = (host: Host, on: Bench = bench): string => `${on.group}/providers/${host.type.split("/")[0] ?? ""}/${host.path}`;
const map = (...names: readonly string[]): JsonObject => Object.fromEntries(names.map((name) => [uai(name), {}]));

/** A host with a system-assigned identity and the identities a and b, as somebody else made it. */
async function fresh(host: Host, on: Bench = bench): Promise<void> {
  for (const name of ["a", "b", "c"]) on.azure.portal.put(uai(name, on), {});
  on.azure.portal.delete(urlOf(hosts.site, on));
  on.azure.portal.delete(urlOf(host, on));
  on.azure.portal.put(urlOf(hosts.site, on), {});
  on.azure.portal.put(urlOf(host, on), { ...host.body, identity: { type: "SystemAssigned,UserAssigned", userAssignedIdentities: map("a", "b") } });
}

async function write(method: string, host: Host, identity: JsonValue | undefined, on: Bench = bench): Promise<RawAnswer> {
  const body = { location: "westeurope", ...(method === "PUT" ? host.body : {}), ...(identity === undefined ? {} : { identity }) };
  const answer = await on.send(method, `${urlOf(host, on)}?api-version=${host.version}`, { body });
  on.clock.advance(host.seconds * 1000);
  return answer;
}

async function read(host: Host, on: Bench = bench): Promise<JsonObject> {
  return (await on.send("GET", `${urlOf(host, on)}?api-version=${host.version}`)).body;
}

/** The values of the map, in the order of its keys. */
async function attachmentsOf(host: Host, on: Bench = bench): Promise<readonly unknown[]> {
  return Object.values(objectAt(await read(host, on), "identity", "userAssignedIdentities"));
}

function look(body: JsonObject): Look {
  const identity = body["identity"];
  if (identity === undefined) return "absent";
  const block = objectAt(identity);
  const user = Object.keys(objectAt(block, "userAssignedIdentities")).map((key) => key.split("/").at(-1) ?? "");
  return { type: textAt(block, "type") ?? "", system: block["principalId"] !== undefined, user: user.toSorted() };
}

const BOTH = "SystemAssigned, UserAssigned";
const both = (...user: readonly string[]): Look => ({ type: BOTH, system: true, user });
const users = (...user: readonly string[]): Look => ({ type: "UserAssigned", system: false, user });

interface Case {
  readonly name: string;
  readonly hosts: readonly (keyof typeof hosts)[];
  readonly method: "PUT" | "PATCH";
  readonly identity: () => JsonValue | undefined;
  readonly want: Look;
}

const merging = ["vm", "vmss", "site", "slot"] as const;
const all = ["vm", "vmss", "site", "slot", "group"] as const;
const cases: readonly Case[] = [
  { name: "PATCH merges the map (7)", hosts: merging, method: "PATCH", identity: () => ({ type: BOTH, userAssignedIdentities: map("c") }), want: both("a", "b", "c") },
  { name: "PATCH removes by null, key case ignored (7)", hosts: merging, method: "PATCH", identity: () => ({ type: BOTH, userAssignedIdentities: { [uai("a").toLowerCase()]: null } }), want: both("b") },
  { name: "PATCH narrowed to SystemAssigned drops every user-assigned one (7)", hosts: merging, method: "PATCH", identity: () => ({ type: "SystemAssigned" }), want: { type: "SystemAssigned", system: true, user: [] } },
  { name: "PATCH narrowed to UserAssigned drops the system-assigned one (7)", hosts: merging, method: "PATCH", identity: () => ({ type: "UserAssigned" }), want: users("a", "b") },
  { name: "PATCH without identity keeps it (7)", hosts: merging, method: "PATCH", identity: () => undefined, want: both("a", "b") },
  { name: "PATCH of None clears, and GET shows none (1)", hosts: merging, method: "PATCH", identity: () => ({ type: "None" }), want: "absent" },
  { name: "PATCH does not know identity (1, 5)", hosts: ["group"], method: "PATCH", identity: () => ({ type: "None" }), want: both("a", "b") },
  { name: "PUT replaces the map (1, 6)", hosts: all, method: "PUT", identity: () => ({ type: BOTH, userAssignedIdentities: map("b", "c") }), want: both("b", "c") },
  { name: "PUT shrinks to UserAssigned (6)", hosts: all, method: "PUT", identity: () => ({ type: "UserAssigned", userAssignedIdentities: map("a") }), want: users("a") },
  { name: "PUT of None clears, and GET shows none (1)", hosts: all, method: "PUT", identity: () => ({ type: "None" }), want: "absent" },
  { name: "PUT without identity keeps it (7; for Web by default, 18)", hosts: merging, method: "PUT", identity: () => undefined, want: both("a", "b") },
  { name: "PUT without identity clears it by default (18)", hosts: ["group"], method: "PUT", identity: () => undefined, want: "absent" },
  { name: "a spelling without space is taken and comes back with one (1)", hosts: all, method: "PUT", identity: () => ({ type: "systemassigned,userassigned", userAssignedIdentities: map("a") }), want: both("a") },
];

describe("identity rules per host type (arm.md 1, 5, 6, 7)", () => {
  const rows = cases.flatMap(({ hosts: names, ...rest }) => names.map((host) => ({ host, ...rest })));
  it.each(rows)("$host: $name", async ({ host, method, identity, want }) => {
    await fresh(hosts[host]);
    expect((await write(method, hosts[host], identity())).status).toBeLessThan(300);
    expect(look(await read(hosts[host]))).toEqual(want);
  });
});

describe("keys of the map come back in each provider's casing (arm.md 2.2)", () => {
  it.each([
    { host: "site" as const, want: (key: string) => key.replace("/resourceGroups/", "/resourcegroups/") },
    { host: "slot" as const, want: (key: string) => key.replace("/resourceGroups/", "/resourcegroups/") },
    { host: "vm" as const, want: (key: string) => key.toLowerCase() },
    { host: "vmss" as const, want: (key: string) => key.toLowerCase() },
  ])("$host", async ({ host, want }) => {
    await fresh(hosts[host]);
    await write("PATCH", hosts[host], { type: "UserAssigned", userAssignedIdentities: { [uai("c").toLowerCase()]: {} } });
    const keys = Object.keys(objectAt(await read(hosts[host]), "identity", "userAssignedIdentities"));
    expect(keys).toContain(want(uai("c")));
  });
});

describe("what a write answers at once (arm.md 1)", () => {
  it.each([
    { host: "vm" as const, method: "PATCH", details: false },
    { host: "vmss" as const, method: "PATCH", details: false },
    { host: "site" as const, method: "PATCH", details: true },
    { host: "group" as const, method: "PUT", details: true },
  ])("$host shows the details of a new attachment: $details", async ({ host, method, details }) => {
    await fresh(hosts[host]);
    const answer = await write(method, hosts[host], { type: "UserAssigned", userAssignedIdentities: map("c") });
    const shown = Object.entries(objectAt(answer.body, "identity", "userAssignedIdentities")).find(([key]) => key.endsWith("/c"))?.[1];
    const after = Object.entries(objectAt(await read(hosts[host]), "identity", "userAssignedIdentities")).find(([key]) => key.endsWith("/c"))?.[1];
    const { principalId, clientId } = objectAt(bench.azure.portal.get(uai("c")), "properties");
    expect(after).toEqual({ principalId, clientId });
    expect(shown).toEqual(details ? { principalId, clientId } : {});
  });

  it("a container group with user-assigned identities only shows tenantId and no principalId (5)", async () => {
    await fresh(hosts.group);
    await write("PUT", hosts.group, { type: "UserAssigned", userAssignedIdentities: map("a") });
    const identity = objectAt(await read(hosts.group), "identity");
    expect([identity["tenantId"], identity["principalId"]]).toEqual([bench.azure.tenantId, undefined]);
  });
});

describe("principals", () => {
  it("a system-assigned identity that is enabled again is a new principal", async () => {
    await fresh(hosts.site);
    const before = objectAt(await read(hosts.site), "identity")["principalId"];
    await write("PATCH", hosts.site, { type: "UserAssigned" });
    await write("PATCH", hosts.site, { type: BOTH });
    expect(objectAt(await read(hosts.site), "identity")["principalId"]).not.toBe(before);
  });

  it("an attachment keeps the ids of an identity that was deleted and created again, until it is detached (3.4)", async () => {
    await fresh(hosts.site);
    const idsOf = async (): Promise<unknown> => (await attachmentsOf(hosts.site))[0];
    const stale = await idsOf();
    bench.azure.portal.delete(uai("a"));
    expect(await idsOf()).toEqual(stale);
    bench.azure.portal.put(uai("a"), {});
    await write("PATCH", hosts.site, { type: BOTH, userAssignedIdentities: map("a") });
    expect(await idsOf()).toEqual(stale);
    await write("PATCH", hosts.site, { type: BOTH, userAssignedIdentities: { [uai("a")]: null } });
    await write("PATCH", hosts.site, { type: BOTH, userAssignedIdentities: map("a") });
    const clientId = textAt(objectAt(bench.azure.portal.get(uai("a")), "properties"), "clientId");
    expect(await attachmentsOf(hosts.site)).toContainEqual(expect.objectContaining({ clientId }));
  });
});

describe("blocks that are refused", () => {
  it.each([
    { name: "a type that is none", identity: () => ({ type: "Nonsense" }), code: "InvalidIdentity" },
    { name: "a block without type", identity: () => ({ userAssignedIdentities: map("a") }), code: "InvalidIdentity" },
    { name: "UserAssigned that would leave none (7)", identity: () => ({ type: "UserAssigned", userAssignedIdentities: { [uai("a")]: null, [uai("b")]: null } }), code: "InvalidIdentity" },
    { name: "SystemAssigned with identities", identity: () => ({ type: "SystemAssigned", userAssignedIdentities: map("a") }), code: "InvalidIdentity" },
    { name: "a key that is no identity", identity: () => ({ type: "UserAssigned", userAssignedIdentities: { "/subscriptions/x": {} } }), code: "LinkedInvalidPropertyId" },
    { name: "more than 150 keys (17.23)", identity: () => ({ type: "UserAssigned", userAssignedIdentities: map(...Array.from({ length: 151 }, (_, index) => `n${index}`)) }), code: "InvalidIdentity" },
  ])("$name", async ({ identity, code }) => {
    await fresh(hosts.vm);
    const answer = await write("PATCH", hosts.vm, identity());
    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
    expect(look(await read(hosts.vm))).toEqual(both("a", "b"));
  });

  it("FailedIdentityOperation for an identity that does not exist, with the escaped inner error (3.5)", async () => {
    await fresh(hosts.site);
    const answer = await write("PUT", hosts.site, { type: "UserAssigned", userAssignedIdentities: map("a", "missing") });
    expect([answer.status, codeOf(answer), answer.headers["x-ms-failure-cause"]]).toEqual([400, "FailedIdentityOperation", "gateway"]);
    const inner = /Response: '(\{.*\})'/.exec(messageOf(answer))?.[1] ?? "";
    expect(JSON.parse(inner)).toEqual({ error: { code: "BadRequest", message: `Resource '${uai("missing").replace("/resourceGroups/", "/resourcegroups/")}' was not found.` } });
    expect(look(await read(hosts.site))).toEqual(both("a", "b"));
  });

  it("a dangling key breaks a write that includes it, and none that leaves it out (3.4, 17.3)", async () => {
    await fresh(hosts.vm);
    bench.azure.portal.delete(uai("a"));
    expect(codeOf(await write("PATCH", hosts.vm, { type: BOTH, userAssignedIdentities: map("a", "c") }))).toBe("FailedIdentityOperation");
    expect((await write("PATCH", hosts.vm, { type: BOTH, userAssignedIdentities: map("c") })).status).toBe(200);
    expect(look(await read(hosts.vm))).toEqual(both("a", "b", "c"));
    expect((await write("PATCH", hosts.vm, { type: BOTH, userAssignedIdentities: { [uai("a")]: null } })).status).toBe(200);
  });
});

describe("switches for what is not confirmed (arm.md 18)", () => {
  async function under(switches: Partial<Switches>, act: (on: Bench) => Promise<void>): Promise<void> {
    const on = await startBench({ switches });
    try {
      await act(on);
    } finally {
      await on.stop();
    }
  }

  it.each([
    { webPatchIdentity: "full-map-replaces" as const, status: 200, want: both("c") },
    { webPatchIdentity: "ignored" as const, status: 200, want: both("a", "b") },
    { webPatchIdentity: "rejected" as const, status: 400, want: both("a", "b") },
  ])("webPatchIdentity $webPatchIdentity", async ({ webPatchIdentity, status, want }) => {
    await under({ webPatchIdentity }, async (on) => {
      await fresh(hosts.site, on);
      const answer = await write("PATCH", hosts.site, { type: BOTH, userAssignedIdentities: map("c") }, on);
      expect(answer.status).toBe(status);
      expect(look(await read(hosts.site, on))).toEqual(want);
    });
  });

  it.each([
    { webPatchNullKey: "rejected" as const, status: 400 },
    { webPatchNullKey: "ignored" as const, status: 200 },
  ])("webPatchNullKey $webPatchNullKey", async ({ webPatchNullKey, status }) => {
    await under({ webPatchNullKey }, async (on) => {
      await fresh(hosts.site, on);
      expect((await write("PATCH", hosts.site, { type: BOTH, userAssignedIdentities: { [uai("a")]: null } }, on)).status).toBe(status);
      expect(look(await read(hosts.site, on))).toEqual(both("a", "b"));
    });
  });

  it("PUT without identity the other way round", async () => {
    await under({ webPutWithoutIdentity: "clears", containerGroupPutWithoutIdentity: "keeps" }, async (on) => {
      await fresh(hosts.site, on);
      await fresh(hosts.group, on);
      await write("PUT", hosts.site, undefined, on);
      await write("PUT", hosts.group, undefined, on);
      expect([look(await read(hosts.site, on)), look(await read(hosts.group, on))]).toEqual(["absent", both("a", "b")]);
    });
  });

  it("a container group that shows None as an object", async () => {
    await under({ containerGroupAfterNone: "none-object" }, async (on) => {
      await fresh(hosts.group, on);
      await write("PUT", hosts.group, { type: "None" }, on);
      expect((await read(hosts.group, on))["identity"]).toEqual({ type: "None" });
    });
  });

  it("a vanished identity answered as LinkedAuthorizationFailed (3.4)", async () => {
    await under({ vanishedIdentity: "LinkedAuthorizationFailed" }, async (on) => {
      await fresh(hosts.vm, on);
      const answer = await write("PATCH", hosts.vm, { type: BOTH, userAssignedIdentities: map("missing") }, on);
      expect([answer.status, codeOf(answer)]).toEqual([403, "LinkedAuthorizationFailed"]);
      expect(messageOf(answer)).toContain(`'${uai("missing")}' or the linked scope(s) are invalid`);
    });
  });

  it("a re-attached identity that is refreshed", async () => {
    await under({ reattachedIdentity: "refreshes" }, async (on) => {
      await fresh(hosts.site, on);
      on.azure.portal.delete(uai("a", on));
      const clientId = textAt(objectAt(on.azure.portal.put(uai("a", on), {}), "properties"), "clientId");
      await write("PATCH", hosts.site, { type: BOTH, userAssignedIdentities: map("a") }, on);
      expect(await attachmentsOf(hosts.site, on)).toContainEqual(expect.objectContaining({ clientId }));
    });
  });
});
