import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { valuesAt, withValue } from "../../src/reconcile/body-paths.ts";
import { barrierOf, hiddenIn, usesOf } from "../../src/reconcile/host-body.ts";
import { idOf, rowOf } from "./hosts.ts";

describe("the values at a path", () => {
  const body: JsonObject = {
    properties: { list: [{ name: "a", id: "1" }, null, { name: "b" }], map: { x: { id: "2" }, y: null, z: { id: "3" } }, text: "t", deep: [{ here: { id: "4", deep: { id: "5" } } }] },
  };

  test.each<[string, readonly (readonly [string, unknown])[]]>([
    ["properties.text", [["properties.text", "t"]]],
    ["properties.list[].id", [["properties.list[0].id", "1"]]],
    ["properties.list[].name", [["properties.list[0].name", "a"], ["properties.list[2].name", "b"]]],
    ["properties.map.*.id", [["properties.map.x.id", "2"], ["properties.map.z.id", "3"]]],
    ["properties.deep[].**.id", [["properties.deep[0].here.id", "4"], ["properties.deep[0].here.deep.id", "5"]]],
    ["properties.map.y", []],
    ["properties.text.more", []],
    ["properties.text[]", []],
    ["properties.map[]", []],
    ["properties.constructor", []],
    ["toString", []],
  ])("%s", (pattern, wanted) => expect(valuesAt(body, pattern).map(({ path, value }) => [path, value])).toEqual(wanted));

  test("a value is put in its place, and nothing else changes", () => {
    expect(withValue({ a: { b: 1, c: 2 }, d: 3 }, "a.b", "new")).toEqual({ a: { b: "new", c: 2 }, d: 3 });
    expect(withValue({ a: null }, "a.b.c", [])).toEqual({ a: { b: { c: [] } } });
  });
});

describe("the identities that a host itself uses", () => {
  const identity = idOf("x");
  test.each<[string, JsonObject, readonly string[]]>([
    ["Microsoft.Web/sites", { keyVaultReferenceIdentity: identity, siteConfig: { acrUserManagedIdentityID: "client" } }, ["properties.keyVaultReferenceIdentity", "properties.siteConfig.acrUserManagedIdentityID"]],
    ["Microsoft.Web/sites", { functionAppConfig: { deployment: { storage: { authentication: { userAssignedIdentityResourceId: identity } } } } }, ["properties.functionAppConfig.deployment.storage.authentication.userAssignedIdentityResourceId"]],
    ["Microsoft.Web/sites", { keyVaultReferenceIdentity: "" }, []],
    ["Microsoft.App/containerApps", { configuration: { registries: [{ server: "s", identity }], secrets: [{ name: "n", identity, keyVaultUrl: "u" }] } }, ["properties.configuration.registries[0].identity", "properties.configuration.secrets[0].identity"]],
    ["Microsoft.ContainerService/managedClusters", { identityProfile: { kubeletidentity: { resourceId: identity, clientId: "c" } } }, ["properties.identityProfile.kubeletidentity.resourceId"]],
    ["Microsoft.DocumentDB/databaseAccounts", { defaultIdentity: `UserAssignedIdentity=${identity}` }, ["properties.defaultIdentity"]],
    ["Microsoft.DocumentDB/databaseAccounts", { defaultIdentity: `UserAssignedIdentity=${identity}&FederatedClientId=f` }, ["properties.defaultIdentity"]],
    ["Microsoft.Storage/storageAccounts", { encryption: { identity: { userAssignedIdentity: identity } } }, ["properties.encryption.identity.userAssignedIdentity"]],
    ["Microsoft.Sql/servers", { primaryUserAssignedIdentityId: identity }, ["properties.primaryUserAssignedIdentityId"]],
    ["Microsoft.EventHub/namespaces", { encryption: { keyVaultProperties: [{ identity: { userAssignedIdentity: identity } }] } }, ["properties.encryption.keyVaultProperties[0].identity.userAssignedIdentity"]],
    ["Microsoft.Logic/workflows", { definition: { actions: { call: { actions: { inner: { inputs: { authentication: { type: "ManagedServiceIdentity", identity } } } } } } } }, ["properties.definition.actions.call.actions.inner.inputs.authentication.identity"]],
    ["Microsoft.ApiManagement/service", { hostnameConfigurations: [{ identityClientId: "client" }] }, ["properties.hostnameConfigurations[0].identityClientId"]],
  ])("%s %j", (type, properties, paths) => {
    const uses = usesOf(rowOf(type), { properties });
    expect(uses.map(({ path }) => path)).toEqual(paths);
    for (const use of uses) expect([identity, "client"]).toContain(use.identity);
  });
});

describe("what GET hides", () => {
  test.each<[string, JsonObject, readonly string[]]>([
    ["Microsoft.App/containerApps", { configuration: { secrets: [{ name: "a" }, { name: "b", keyVaultUrl: "u" }] } }, ["properties.configuration.secrets[0].value"]],
    ["Microsoft.Logic/workflows", { definition: { parameters: { key: { type: "SecureString" }, size: { type: "Int" } } } }, ["properties.definition.parameters.key"]],
    ["Microsoft.ApiManagement/service", { hostnameConfigurations: [{ certificateSource: "Custom" }, { certificateSource: "BuiltIn" }] }, ["properties.hostnameConfigurations[0].encodedCertificate"]],
    ["Microsoft.ContainerService/managedClusters", { windowsProfile: { adminUsername: "u" } }, []],
  ])("%s %j", (type, properties, paths) => expect(hiddenIn(rowOf(type), { properties })).toEqual(paths));
});

test.each<[string, JsonObject, boolean]>([
  ["a cluster with a managed identity", { servicePrincipalProfile: { clientId: "msi" } }, false],
  ["a cluster that says nothing of it", {}, false],
  ["a cluster with a service principal", { servicePrincipalProfile: { clientId: "00001111-aaaa-2222-bbbb-3333cccc4444" } }, true],
])("%s has a barrier: %j %s", (_name, properties, has) => {
  expect(barrierOf(rowOf("Microsoft.ContainerService/managedClusters"), { properties }) !== undefined).toBe(has);
});
