import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../azure.ts";
import { objectAt, objectsAt } from "../kernel/json.ts";
import { messageOf } from "../raw-client.ts";
import type { RawAnswer } from "../raw-client.ts";
import { openScene, told, underEach, users, withScene } from "./scene.ts";
import type { Scene } from "./scene.ts";

let on: Scene;
beforeAll(async () => {
  on = await openScene();
});
afterAll(() => on.stop());

const policies = (scope: string, kind: "Definitions" | "Assignments", name: string): string => `${scope}/providers/Microsoft.Authorization/policy${kind}/${name}`;

/** As JSON, because a literal with the member `then` looks like a promise. */
const denies = JSON.parse('{"then":{"effect":"deny"}}') as JsonObject;

/** Denies by a rule at a scope; answers how to call it off. */
async function deny(rule: JsonObject, assignment: { readonly scope?: string; readonly properties?: JsonObject; readonly definition?: JsonObject } = {}): Promise<() => Promise<RawAnswer>> {
  const { scope = on.group, properties = {}, definition = {} } = assignment;
  const id = policies(on.subscription, "Definitions", "rule");
  const assigned = policies(scope, "Assignments", "assigned");
  await on.ask("PUT", id, { properties: { displayName: "The rule", policyRule: { if: rule, ...denies }, ...definition } });
  expect((await on.ask("PUT", assigned, { properties: { displayName: "The assignment", policyDefinitionId: id, ...properties } })).status).toBe(201);
  return () => on.ask("DELETE", assigned);
}

describe("17.15 locks and policies (arm.md 2.5, 2.7)", () => {
  const site = (): string => on.at("Microsoft.Web/sites/guarded");
  const lock = (scope: string): string => `${scope}/providers/Microsoft.Authorization/locks/keep`;

  it.each(["subscription", "group", "resource"] as const)("ScopeLocked by a lock on the %s; ReadOnly blocks a POST that lists secrets", async (at) => {
    await on.ask("PUT", site());
    const scope = { subscription: on.subscription, group: on.group, resource: site() }[at];
    const tried = async (): Promise<readonly unknown[]> => [
      (await on.ask("PATCH", site(), { tags: {} })).status,
      (await on.ask("POST", `${site()}/config/appsettings/list`)).status,
    ];
    await on.ask("PUT", lock(scope), { properties: { level: "CanNotDelete" } });
    expect([await tried(), told(await on.ask("DELETE", site()))]).toEqual([[200, 200], [409, "ScopeLocked"]]);
    await on.ask("PUT", lock(scope), { properties: { level: "ReadOnly" } });
    const refused = await on.ask("POST", `${site()}/config/appsettings/list`);
    expect([await tried(), told(refused), messageOf(refused).includes(`'${scope}'`)]).toEqual([[409, 409], [409, "ScopeLocked"], true]);
    await on.ask("DELETE", lock(scope));
    expect((await on.ask("DELETE", site())).status).toBe(200);
  });

  let off: (() => Promise<RawAnswer>) | undefined;
  afterEach(async () => {
    await off?.();
    off = undefined;
  });

  it("RequestDisallowedByPolicy with target, identifiers in the message, and additionalInfo", async () => {
    off = await deny({ allOf: [{ field: "type", equals: "Microsoft.Web/sites" }, { field: "tags['owner']", exists: "false" }] });
    const answer = await on.ask("PUT", site(), { tags: {} });
    const error = objectAt(answer.body, "error");
    expect([...told(answer), error["target"], answer.headers["x-ms-failure-cause"]]).toEqual([403, "RequestDisallowedByPolicy", "guarded", "gateway"]);
    expect(messageOf(answer)).toContain(`"policyAssignment":{"name":"The assignment","id":"${policies(on.group, "Assignments", "assigned")}"}`);
    const [violation] = objectsAt(error, "additionalInfo");
    expect([violation?.["type"], objectAt(violation, "info")["policyDefinitionDisplayName"]]).toEqual(["PolicyViolation", "The rule"]);
    const evaluated = objectsAt(objectAt(violation, "info", "evaluationDetails"), "evaluatedExpressions");
    expect(evaluated.map((one) => [one["path"], one["operator"], one["result"]])).toEqual([["type", "equals", "True"], ["tags['owner']", "exists", "True"]]);
    expect((await on.ask("PUT", site(), { tags: { owner: "me" } })).status).toBe(200);
    expect((await on.ask("PUT", on.at("Microsoft.ManagedIdentity/userAssignedIdentities/free"))).status).toBe(201);
  });

  it("without the evaluation for who may not read policies", async () => {
    off = await deny({ field: "location", notIn: ["northeurope"] });
    const { principalId } = on.principal;
    on.azure.setPermissions([{ principalId, actions: ["Microsoft.Web/*"], scope: "/" }]);
    const answer = await on.ask("PUT", site());
    on.azure.setPermissions([{ principalId, actions: ["*"], scope: "/" }]);
    const [violation] = objectsAt(objectAt(answer.body, "error"), "additionalInfo");
    expect([told(answer)[0], "evaluationDetails" in objectAt(violation, "info")]).toEqual([403, false]);
  });

  it("looks at what a PATCH leaves behind, at parameters, patterns and aliases, and not at what is excluded", async () => {
    await on.ask("PUT", site(), { tags: { stage: "test" }, properties: { httpsOnly: true } });
    const rows: readonly { readonly name: string; readonly rule: JsonObject; readonly more?: Parameters<typeof deny>[1]; readonly body: JsonObject; readonly status: number }[] = [
      { name: "kept tag", rule: { field: "tags.stage", equals: "test" }, body: { properties: { httpsOnly: true } }, status: 403 },
      { name: "alias", rule: { field: "Microsoft.Web/sites/httpsOnly", notEquals: true }, body: { properties: { httpsOnly: false } }, status: 403 },
      { name: "not", rule: { not: { field: "name", like: "guard*" } }, body: { tags: {} }, status: 200 },
      { name: "anyOf", rule: { anyOf: [{ field: "kind", equals: "none" }, { field: "name", notLike: "x*" }] }, body: { tags: {} }, status: 403 },
      {
        name: "parameter",
        rule: { field: "identity.type", in: "[parameters('types')]" },
        more: { properties: { parameters: { types: { value: ["SystemAssigned"] } } } },
        body: { identity: { type: "SystemAssigned" } },
        status: 403,
      },
      {
        name: "default of a parameter",
        rule: { field: "name", equals: "[parameters('name')]" },
        more: { definition: { parameters: { name: { type: "String", defaultValue: "guarded" } } } },
        body: { tags: {} },
        status: 403,
      },
      { name: "not enforced", rule: { field: "name", exists: "true" }, more: { properties: { enforcementMode: "DoNotEnforce" } }, body: { tags: {} }, status: 200 },
      { name: "excluded", rule: { field: "name", exists: "true" }, more: { scope: on.subscription, properties: { notScopes: [on.group] } }, body: { tags: {} }, status: 200 },
    ];
    for (const { name, rule, more, body, status } of rows) {
      const callOff = await deny(rule, more);
      expect([name, (await on.ask("PATCH", site(), body)).status]).toEqual([name, status]);
      await callOff();
    }
  });

  it("18: before it is asked what is there, or after", async () => {
    await underEach("locksAndPolicies", ["before-existence", "after-existence"], async (world, order) => {
      const id = `${world.subscription}/resourceGroups/none/providers/Microsoft.Web/sites/a`;
      await world.ask("PUT", `${world.subscription}/providers/Microsoft.Authorization/locks/keep`, { properties: { level: "ReadOnly" } });
      expect(told(await world.ask("PUT", id))[1]).toBe(order === "before-existence" ? "ScopeLocked" : "ResourceGroupNotFound");
      expect(told(await world.ask("PUT", world.at("Microsoft.Web/sites/a")))[1]).toBe("ScopeLocked");
    });
  });
});

describe("17.16 what ARM refuses before a provider is asked (arm.md 2.5)", () => {
  const identity = (): string => on.at("Microsoft.ManagedIdentity/userAssignedIdentities/placed");

  it("InvalidResourceLocation, because a location never changes", async () => {
    await on.ask("PUT", identity());
    expect(told(await on.ask("PUT", identity(), { location: "northeurope" }))).toEqual([409, "InvalidResourceLocation"]);
  });

  it("MissingSubscriptionRegistration until the provider is registered", async () => {
    await withScene({ settings: { unregisteredProviders: ["microsoft.web"] } }, async (world) => {
      const site = world.at("Microsoft.Web/sites/app");
      const refused = await world.ask("PUT", site, { identity: users([world.identity("free")]) });
      expect([...told(refused), messageOf(refused).includes("'Microsoft.Web'")]).toEqual([409, "MissingSubscriptionRegistration", true]);
      expect((await world.send("POST", `${world.subscription}/providers/Microsoft.Web/register?api-version=2021-04-01`)).status).toBe(200);
      expect((await world.ask("PUT", site)).status).toBe(200);
    });
  });

  it.each([
    { name: "an api-version of another type", path: "Microsoft.ManagedIdentity/userAssignedIdentities/a?api-version=1999-01-01", status: 400, code: "NoRegisteredProviderFound" },
    { name: "no api-version", path: "Microsoft.ManagedIdentity/userAssignedIdentities/a", status: 400, code: "MissingApiVersionParameter" },
    { name: "a missing parent", path: "Microsoft.ManagedIdentity/userAssignedIdentities/none/federatedIdentityCredentials/a?api-version=2023-01-31", status: 404, code: "ParentResourceNotFound" },
  ])("$name: $status $code", async ({ path, status, code }) => {
    const answer = await on.send("PUT", on.at(path), { body: { location: "westeurope", properties: { issuer: "i", subject: "s", audiences: ["a"] } } });
    expect(told(answer)).toEqual([status, code]);
  });

  it.each([
    { path: "Microsoft.Web/nothings/x", code: "InvalidResourceType", name: "unknownTypeStatus" as const },
    { path: "Contoso.Nothing/things/x", code: "InvalidResourceNamespace", name: "unknownNamespaceStatus" as const },
  ])("$code, by either status (18)", async ({ path, code, name }) => {
    await underEach(name, [400, 404], async (world, status) => {
      expect(told(await world.send("GET", `${world.at(path)}?api-version=2023-01-31`))).toEqual([status, code]);
    });
  });

  it("ResourceGroupBeingDeleted for writes, while reads go on", async () => {
    const group = `${on.subscription}/resourceGroups/leaving`;
    const child = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/child`;
    await on.ask("PUT", group);
    await on.ask("PUT", child);
    expect((await on.ask("DELETE", group)).status).toBe(202);
    expect([told(await on.ask("PUT", child)), (await on.ask("GET", child)).status]).toEqual([[409, "ResourceGroupBeingDeleted"], 200]);
    on.clock.advance(60_000);
    expect(told(await on.ask("DELETE", child))).toEqual([404, "ResourceGroupNotFound"]);
  });
});
