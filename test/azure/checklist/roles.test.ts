import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../azure.ts";
import { messageOf } from "../raw-client.ts";
import type { RawAnswer } from "../raw-client.ts";
import { property, propertyText, told, underEach, withScene } from "./scene.ts";
import type { Scene } from "./scene.ts";

const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

describe("17.7 role assignments (arm.md 13)", () => {
  const grant = (on: Scene, properties: JsonObject, name: string = randomUUID()): Promise<RawAnswer> => {
    const roleDefinitionId = `${on.subscription}/providers/Microsoft.Authorization/roleDefinitions/${READER}`;
    return on.ask("PUT", `${on.group}/providers/Microsoft.Authorization/roleAssignments/${name}`, { properties: { roleDefinitionId, ...properties } });
  };

  it("PrincipalNotFound for some seconds where principalType is absent, never where it is given", async () => {
    await withScene({ settings: { principalReplicationSeconds: 30 } }, async (on) => {
      const principalOf = async (name: string): Promise<string> => propertyText(await on.show(on.identity(name)), "principalId");
      const principalId = await principalOf("fresh");
      const refused = await grant(on, { principalId });
      expect([...told(refused), messageOf(refused).includes(principalId.replaceAll("-", ""))]).toEqual([400, "PrincipalNotFound", true]);
      expect((await grant(on, { principalId: await principalOf("typed"), principalType: "ServicePrincipal" })).status).toBe(201);
      on.clock.advance(30_000);
      const accepted = await grant(on, { principalId });
      expect([accepted.status, property(accepted.body, "principalType"), property(accepted.body, "createdBy")]).toEqual([201, "ServicePrincipal", null]);
    });
  });

  it("clashes, updates and orphans; PUT always 201 (18: or 200 for a repeat)", async () => {
    await underEach("roleAssignmentRepeatStatus", [201, 200], async (on, repeated) => {
      const id = on.identity("granted");
      const principalId = propertyText(await on.show(id), "principalId");
      const name = randomUUID();
      const body = { principalId, principalType: "ServicePrincipal" };
      expect([(await grant(on, body, name)).status, (await grant(on, body, name)).status]).toEqual([201, repeated]);
      expect((await grant(on, { ...body, description: "why" }, name)).status).toBe(201);
      const clash = await grant(on, body);
      expect([...told(clash), messageOf(clash).includes(name.replaceAll("-", ""))]).toEqual([409, "RoleAssignmentExists", true]);
      expect(told(await grant(on, { ...body, principalId: randomUUID() }, name))).toEqual([400, "RoleAssignmentUpdateNotPermitted"]);
      await on.ask("DELETE", id);
      const orphan = await on.ask("GET", `${on.group}/providers/Microsoft.Authorization/roleAssignments/${name}`);
      expect([orphan.status, property(orphan.body, "principalId"), property(orphan.body, "createdBy")]).toEqual([200, principalId, on.principal.principalId]);
    });
  });
});

describe("17.8 Cosmos DB (arm.md 11)", () => {
  const account = (on: Scene): string => on.at("Microsoft.DocumentDB/databaseAccounts/store");
  const open = async (on: Scene): Promise<(principalId: string, guid?: string) => Promise<RawAnswer>> => {
    await on.done("PUT", account(on), { properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] } });
    const roleDefinitionId = `${account(on)}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000001`;
    return (principalId, guid = randomUUID()) => on.ask("PUT", `${account(on)}/sqlRoleAssignments/${guid}`, { properties: { roleDefinitionId, principalId, scope: account(on) } });
  };

  it("one operation at a time per account: 412, whatever is written", async () => {
    await withScene({}, async (on) => {
      const assign = await open(on);
      const principalId = propertyText(await on.show(on.identity("app")), "principalId");
      expect((await assign(principalId)).status).toBe(202);
      const busy = [await assign(principalId), await on.ask("PATCH", account(on), { tags: {} })];
      expect(busy.map(told)).toEqual([[412, "PreconditionFailed"], [412, "PreconditionFailed"]]);
      expect(busy.map((answer) => messageOf(answer).includes("exclusive lock"))).toEqual([true, true]);
      on.clock.advance(3_600_000);
      expect((await assign(principalId)).status).toBe(202);
    });
  });

  it("a principal that is not known yet: refused, or told by the operation (18); it never changes", async () => {
    await underEach("cosmosUnknownPrincipal", ["refused", "failed-operation"], async (on, value) => {
      on.azure.adjust({ principalReplicationSeconds: 30 });
      const assign = await open(on);
      const guid = randomUUID();
      const principalId = propertyText(await on.show(on.identity("app")), "principalId");
      const early = await assign(principalId, guid);
      on.clock.advance(20_000);
      const text = value === "refused" ? early.text : (await on.send("GET", early.headers["azure-asyncoperation"] ?? "")).text;
      expect([early.status, text]).toEqual([value === "refused" ? 400 : 202, expect.stringContaining("was not found in the AAD tenant")]);
      on.clock.advance(30_000);
      expect((await assign(principalId, guid)).status).toBe(202);
      on.clock.advance(3_600_000);
      const other = propertyText(await on.show(on.identity("other")), "principalId");
      on.clock.advance(30_000);
      const changed = await assign(other, guid);
      expect([...told(changed), messageOf(changed)]).toEqual([400, "BadRequest", expect.stringContaining("Updating SQL Role Assignment Principal ID is not permitted")]);
    });
  });
});
