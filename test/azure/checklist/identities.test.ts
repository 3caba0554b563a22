import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../azure.ts";
import { messageOf } from "../raw-client.ts";
import type { RawAnswer } from "../raw-client.ts";
import { attachedTo, openScene, property, propertyText, told, underEach, users, withScene } from "./scene.ts";
import type { Scene } from "./scene.ts";

let on: Scene;
beforeAll(async () => {
  on = await openScene();
});
afterAll(() => on.stop());

const uai = (name: string): string => on.at(`Microsoft.ManagedIdentity/userAssignedIdentities/${name}`);

describe("17.1 identities: statuses, ids, deletion (arm.md 3.1, 3.2, 3.4)", () => {
  it("PUT 201, then 200, with lower-case resourcegroups in the id, tags {} and three ids", async () => {
    const [created, repeated] = [await on.ask("PUT", uai("first")), await on.ask("PUT", uai("first"))];
    expect([created.status, repeated.status]).toEqual([201, 200]);
    expect([created.headers["location"], repeated.headers["location"]]).toEqual([uai("first").replace("resourceGroups", "resourcegroups"), undefined]);
    expect(created.body).toMatchObject({ id: uai("first").replace("resourceGroups", "resourcegroups"), tags: {} });
    expect(Object.keys(created.body["properties"] as JsonObject)).toEqual(["tenantId", "principalId", "clientId"]);
    expect(repeated.body).toEqual(created.body);
  });

  it("a deleted one that is created again has another principal", async () => {
    const idsOf = ({ body }: RawAnswer): readonly string[] => ["principalId", "clientId"].map((name) => propertyText(body, name));
    const before = idsOf(await on.ask("PUT", uai("again")));
    expect((await on.ask("DELETE", uai("again"))).status).toBe(200);
    expect((await on.ask("DELETE", uai("again"))).status).toBe(204);
    const after = idsOf(await on.ask("PUT", uai("again")));
    expect([before, after, new Set([...before, ...after]).size]).toEqual([expect.not.arrayContaining([""]), expect.not.arrayContaining([""]), 4]);
  });

  it("DELETE is not blocked by use", async () => {
    const site = on.at("Microsoft.Web/sites/user");
    await on.ask("PUT", site, { identity: users([on.identity("used")]) });
    expect((await on.ask("DELETE", uai("used"))).status).toBe(200);
    expect(attachedTo(await on.show(site))).toEqual(["used"]);
  });
});

describe("17.2 federated credentials: the rules (arm.md 4)", () => {
  const fields = (subject: string): JsonObject => ({ issuer: "https://issuer.example", subject, audiences: ["api://AzureADTokenExchange"] });
  const put = (parent: string, name: string, properties: JsonObject): Promise<RawAnswer> =>
    on.ask("PUT", `${uai(parent)}/federatedIdentityCredentials/${name}`, { properties });

  it("the serial write, the clash, the limit", async () => {
    await withScene({ durations: { "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials": 2 } }, async (slow) => {
      const credential = (name: string): string => `${slow.identity("busy")}/federatedIdentityCredentials/${name}`;
      const first = slow.ask("PUT", credential("one"), { properties: fields("1") });
      await slow.clock.awaited();
      for (const [method, body] of [["PUT", { properties: fields("2") }], ["DELETE", undefined]] as const) {
        const refused = await slow.ask(method, credential("two"), body);
        expect(told(refused)).toEqual([409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"]);
        expect(messageOf(refused)).toContain(slow.identity("busy").toLowerCase());
      }
      slow.clock.advance(2000);
      expect((await first).status).toBe(201);
    });
    on.identity("many");
    expect((await put("many", "one", fields("1"))).status).toBe(201);
    expect(messageOf(await put("many", "two", fields("1")))).toContain("Issuer and subject combination already exists");
    for (let number = 2; number <= 20; number += 1) expect((await put("many", `no-${number}`, fields(String(number)))).status).toBe(201);
    expect((await put("many", "no-21", fields("21"))).status).toBe(400);
  });

  it.each([
    { name: "two audiences", credential: "name", change: { audiences: ["a", "b"] }, status: 400 },
    { name: "no audience", credential: "name", change: { audiences: [] }, status: 400 },
    { name: "a name of 120 characters", credential: "n".repeat(120), change: {}, status: 201 },
    { name: "a name of 121 characters", credential: "n".repeat(121), change: {}, status: 400 },
    { name: "a subject of 600 characters", credential: "longest", change: { subject: "s".repeat(600) }, status: 201 },
    { name: "a subject of 601 characters", credential: "longer", change: { subject: "s".repeat(601) }, status: 400 },
    { name: "an audience of 600 characters", credential: "audience", change: { audiences: ["a".repeat(600)] }, status: 201 },
    { name: "an audience of 601 characters", credential: "longer", change: { audiences: ["a".repeat(601)] }, status: 400 },
    { name: "an issuer of 600 characters", credential: "issuer", change: { issuer: `https://${"i".repeat(592)}` }, status: 201 },
    { name: "an issuer of 601 characters", credential: "longer", change: { issuer: `https://${"i".repeat(593)}` }, status: 400 },
  ])("$name: $status", async ({ credential, change, status }) => {
    on.identity("rules");
    await on.ask("DELETE", `${uai("rules")}/federatedIdentityCredentials/${credential}`);
    expect((await put("rules", credential, { ...fields(credential), ...change })).status).toBe(status);
  });

  it("18: the statuses of a clash and of the 21st", async () => {
    const write = (world: Scene, name: string, subject: string): Promise<RawAnswer> =>
      world.ask("PUT", `${world.identity("many")}/federatedIdentityCredentials/${name}`, { properties: fields(subject) });
    await underEach("federatedDuplicateStatus", [409, 400], async (world, status) => {
      await write(world, "one", "same");
      expect((await write(world, "two", "same")).status).toBe(status);
    });
    await underEach("federatedLimitStatus", [400, 409], async (world, status) => {
      for (let number = 1; number <= 20; number += 1) await write(world, `no-${number}`, String(number));
      expect((await write(world, "no-21", "21")).status).toBe(status);
    });
  });

  it("one write in 4 s per identity, as an option", async () => {
    await withScene({ settings: { federatedCredentialRates: "documented" } }, async (strict) => {
      const write = (name: string): Promise<RawAnswer> => strict.ask("PUT", `${strict.identity("slow")}/federatedIdentityCredentials/${name}`, { properties: fields(name) });
      expect([(await write("one")).status, ...told(await write("two"))]).toEqual([201, 429, "429"]);
      strict.clock.advance(4000);
      expect((await write("two")).status).toBe(201);
    });
  });
});

describe("17.3 identities in host bodies: unknown, forbidden, dangling (arm.md 2.5, 3.4, 3.5)", () => {
  const site = (): string => on.at("Microsoft.Web/sites/host");

  it("an unknown one: FailedIdentityOperation with the escaped inner error", async () => {
    const answer = await on.ask("PUT", site(), { identity: users([uai("nobody")]) });
    expect([...told(answer), answer.headers["x-ms-failure-cause"]]).toEqual([400, "FailedIdentityOperation", "gateway"]);
    expect(messageOf(answer)).toMatch(/Status: 'BadRequest'\. Response: '\{"error":.*\/resourcegroups\/.*was not found/);
  });

  it("one that the caller may not assign: LinkedAuthorizationFailed", async () => {
    const { principalId } = on.principal;
    on.azure.setPermissions([{ principalId, actions: ["Microsoft.Web/*"], scope: "/" }]);
    const answer = await on.ask("PUT", site(), { identity: users([on.identity("locked-away")]) });
    on.azure.setPermissions([{ principalId, actions: ["*"], scope: "/" }]);
    expect(told(answer)).toEqual([403, "LinkedAuthorizationFailed"]);
    expect(messageOf(answer)).toContain("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action");
  });

  it("a dangling key stays in GET, and breaks the next write that has it (18: by either code)", async () => {
    await underEach("vanishedIdentity", ["FailedIdentityOperation", "LinkedAuthorizationFailed"], async (world, code) => {
      const vm = world.at("Microsoft.Compute/virtualMachines/vm");
      const [kept, gone] = [world.identity("kept"), world.identity("gone")];
      await world.done("PUT", vm, { identity: users([kept, gone]) });
      await world.ask("DELETE", gone);
      expect(attachedTo(await world.show(vm))).toEqual(["kept", "gone"]);
      expect(told(await world.ask("PATCH", vm, { identity: users([kept, gone]) }))[1]).toBe(code);
      const mended = await world.done("PATCH", vm, { identity: { type: "UserAssigned", userAssignedIdentities: { [gone.toLowerCase()]: null } } });
      expect([mended.status, attachedTo(await world.show(vm))]).toEqual([200, ["kept"]]);
    });
  });

  it("18: one that is isolated or restricted away from the host, by either code (3.3)", async () => {
    await underEach("restrictedIdentity", ["FailedIdentityOperation", "LinkedAuthorizationFailed"], async (world, code) => {
      for (const [name, properties] of Object.entries({ far: { isolationScope: "Regional" }, other: { assignmentRestrictions: { providers: ["Microsoft.Compute"] } } })) {
        const id = world.identity(name);
        world.azure.portal.put(id, { properties });
        const answer = await world.ask("PUT", world.at("Microsoft.Web/sites/host"), { location: "northeurope", identity: users([id]) });
        expect([name, told(answer)[1]]).toEqual([name, code]);
      }
    });
  });

  it("18: taking one away needs the permission to assign it, or does not", async () => {
    await underEach("removedIdentityAssign", ["unchecked", "checked"], async (world, value) => {
      const host = world.at("Microsoft.Web/sites/host");
      const [kept, gone] = [world.identity("kept"), world.identity("gone")];
      await world.ask("PUT", host, { identity: users([kept, gone]) });
      const { principalId } = world.principal;
      world.azure.setPermissions([
        { principalId, actions: ["Microsoft.Web/*"], scope: "/" },
        { principalId, actions: ["*"], scope: kept },
      ]);
      const answers = [
        await world.ask("PATCH", host, { tags: {} }),
        await world.ask("PATCH", host, { identity: { type: "UserAssigned", userAssignedIdentities: { [gone]: null } } }),
        await world.ask("PUT", host, { identity: users([kept]) }),
        await world.ask("PUT", host, { identity: { type: "None" } }),
      ];
      const want = value === "unchecked" ? [200, 200, 200, 200] : [200, 403, 403, 403];
      expect(answers.map(({ status }) => status)).toEqual(want);
    });
  });

  it("an attachment keeps the ids of a deleted identity until it is renewed (18: reattachedIdentity)", async () => {
    await underEach("reattachedIdentity", ["stays-stale", "refreshes"], async (world, value) => {
      const vm = world.at("Microsoft.Compute/virtualMachines/vm");
      const id = world.identity("renewed");
      await world.done("PUT", vm, { identity: users([id]) });
      world.azure.portal.delete(id);
      const fresh = property(await world.show(world.identity("renewed")), "principalId");
      await world.done("PATCH", vm, { identity: users([id]) });
      expect(JSON.stringify(await world.show(vm)).includes(String(fresh))).toBe(value === "refreshes");
    });
  });
});
