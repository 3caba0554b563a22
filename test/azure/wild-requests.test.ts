import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { azureInProcess, ManualClock } from "./azure.ts";
import type { JsonObject, JsonValue } from "./azure.ts";
import { hostFacts } from "./host-table.ts";
import { isObject } from "./kernel/json.ts";

// Azure never says that it has failed because somebody asked for nonsense: 500 here is a mistake of the simulator, and no client should be
// tested against that. Requests are valid ones with some of their parts replaced.
const SUBSCRIPTION = "b0000000-0000-4000-8000-000000000001";
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg`;
const provider = (path: string): string => `${GROUP}/providers/${path}`;
const IDENTITY = provider("Microsoft.ManagedIdentity/userAssignedIdentities/one");
const PRINCIPAL = "d0000000-0000-4000-8000-000000000001";
const READER = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
const ACCOUNT = provider("Microsoft.DocumentDB/databaseAccounts/host");

/** Longer than any operation of the simulator. */
const LONGEST_MS = 3_600_000;

interface Valid {
  readonly id: string;
  readonly version: string;
  readonly body: JsonObject;
}

const identity: JsonObject = { type: "SystemAssigned, UserAssigned", userAssignedIdentities: { [IDENTITY]: {} } };
const container: JsonObject = {
  name: "c",
  properties: { image: "nginx", resources: { requests: { cpu: 1, memoryInGB: 1 } }, environmentVariables: [{ name: "A", secureValue: "b" }], ports: [{ port: 80 }], volumeMounts: [{ name: "v", mountPath: "/v" }] },
};
const groupBody: JsonObject = {
  osType: "Linux",
  containers: [container],
  imageRegistryCredentials: [{ server: "r.example", username: "u", password: "p" }],
  volumes: [{ name: "v", secret: { a: "Yg==" } }],
  ipAddress: { type: "Public", ports: [{ port: 80, protocol: "TCP" }], dnsNameLabel: "azid-wild" },
};
const siteBody: JsonObject = {
  serverFarmId: provider("Microsoft.Web/serverfarms/plan"),
  siteConfig: { appSettings: [{ name: "A", value: "b" }], connectionStrings: [{ name: "C", connectionString: "d", type: "SQLAzure" }], linuxFxVersion: "NODE|22-lts" },
};

const valid: readonly Valid[] = [
  { id: GROUP, version: "2021-04-01", body: { location: "westeurope", tags: { a: "b" } } },
  { id: IDENTITY, version: "2024-11-30", body: { location: "westeurope", tags: { a: "b" }, properties: { isolationScope: "None" } } },
  { id: `${IDENTITY}/federatedIdentityCredentials/fic`, version: "2023-01-31", body: { properties: { issuer: "https://i.example", subject: "s", audiences: ["api://AzureADTokenExchange"] } } },
  { id: `${GROUP}/providers/Microsoft.Authorization/roleAssignments/c0000000-0000-4000-8000-000000000001`, version: "2022-04-01", body: { properties: { roleDefinitionId: READER, principalId: PRINCIPAL, principalType: "ServicePrincipal", condition: "x", conditionVersion: "2.0" } } },
  { id: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/c0000000-0000-4000-8000-000000000002`, version: "2022-04-01", body: { properties: { roleName: "mine", type: "CustomRole", permissions: [{ actions: ["*/read"], notActions: [] }], assignableScopes: [GROUP] } } },
  { id: `${IDENTITY}/providers/Microsoft.Authorization/locks/lock`, version: "2020-05-01", body: { properties: { level: "CanNotDelete", notes: "n" } } },
  { id: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/policyDefinitions/rule`, version: "2023-04-01", body: JSON.parse('{"properties":{"displayName":"d","parameters":{"p":{"type":"String","defaultValue":"x"}},"policyRule":{"if":{"allOf":[{"field":"name","equals":"[parameters(\'p\')]"},{"not":{"field":"tags.a","like":"x*"}}]},"then":{"effect":"deny"}}}}') as JsonObject },
  { id: `${GROUP}/providers/Microsoft.Authorization/policyAssignments/rule`, version: "2023-04-01", body: { properties: { displayName: "d", policyDefinitionId: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/policyDefinitions/rule`, parameters: { p: { value: "y" } }, notScopes: [] } } },
  { id: provider("Microsoft.Web/serverfarms/plan"), version: "2023-12-01", body: { location: "westeurope", sku: { name: "B1", capacity: 1 }, properties: { reserved: true } } },
  { id: provider("Microsoft.Web/sites/azid-wild"), version: "2023-12-01", body: { location: "westeurope", identity, properties: siteBody } },
  { id: provider("Microsoft.Web/sites/azid-wild/slots/staging"), version: "2023-12-01", body: { location: "westeurope", identity, properties: siteBody } },
  { id: provider("Microsoft.Web/sites/azid-wild/config/appsettings"), version: "2023-12-01", body: { properties: { A: "b" } } },
  { id: provider("Microsoft.Web/sites/azid-wild/config/web"), version: "2023-12-01", body: { properties: { alwaysOn: true, ftpsState: "Disabled" } } },
  { id: provider("Microsoft.ContainerInstance/containerGroups/group"), version: "2023-05-01", body: { location: "westeurope", identity, properties: groupBody } },
  { id: provider("Microsoft.Compute/virtualMachines/vm"), version: "2024-07-01", body: { location: "westeurope", identity, properties: { hardwareProfile: { vmSize: "Standard_B1s" } } } },
  { id: provider("Microsoft.Compute/virtualMachineScaleSets/set"), version: "2024-07-01", body: { location: "westeurope", identity, sku: { name: "Standard_B1s", capacity: 2 }, properties: { upgradePolicy: { mode: "Manual" } } } },
  { id: `${ACCOUNT}/sqlRoleAssignments/c0000000-0000-4000-8000-000000000003`, version: "2024-08-15", body: { properties: { roleDefinitionId: `${ACCOUNT}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000001`, principalId: PRINCIPAL, scope: ACCOUNT } } },
  { id: `${ACCOUNT}/sqlRoleDefinitions/c0000000-0000-4000-8000-000000000004`, version: "2024-08-15", body: { properties: { roleName: "r", type: "CustomRole", assignableScopes: [ACCOUNT], permissions: [{ dataActions: ["a"], notDataActions: [] }] } } },
  ...hostFacts.map(({ type, path, version, body }) => ({ id: provider(`${type.split("/")[0] ?? ""}/${path}`), version, body: { location: "westeurope", identity: type.endsWith("managedClusters") ? { type: "SystemAssigned" } : identity, ...body } })),
];

const actions = ["listAssociatedResources", "revokeTokens", "list", "listSecrets", "listKeys", "stop", "start", "restart", "manualupgrade", "config/appsettings/list", "publishxml", "juggle"];
const queries = ["$top=x", "$top=2", "$skiptoken=abc", "$filter=name eq", "$filter=atScope()", "$filter=principalId eq 'x'", "$filter=resourceType eq 'a' and (", "$expand=createdTime", "$orderby=name", "$skip=-1", "deleteEmptyServerFarm=maybe", "%24filter=%"];

const wild: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>(null, "", 0, -1, true, [], {}, "x".repeat(700), "/subscriptions/", "[parameters('", "ß 𝄞", [null], { type: null }, [[]], 1e308, "/", IDENTITY, [{}], { "": {} }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>,
);

/** A body of which one part, found by where a number leads, is another value. */
function mutated(body: JsonValue, path: readonly number[], value: JsonValue): JsonValue {
  const [step, ...rest] = path;
  const names = Array.isArray(body) ? [...body.keys()].map(String) : isObject(body) ? Object.keys(body) : [];
  const name = step === undefined ? undefined : names[step % Math.max(1, names.length)];
  if (name === undefined) return value;
  if (Array.isArray(body)) return body.map((item: JsonValue, index) => (String(index) === name ? mutated(item, rest, value) : item));
  return isObject(body) ? { ...body, [name]: mutated(body[name] ?? null, rest, value) } : value;
}

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

const request: fc.Arbitrary<Asked> = fc
  .record({
    of: fc.nat(valid.length - 1),
    method: fc.constantFrom("PUT", "PUT", "PATCH", "PATCH", "GET", "DELETE", "POST", "HEAD"),
    path: fc.array(fc.nat(12), { maxLength: 6 }),
    value: wild,
    changes: fc.boolean(),
    drop: fc.nat(8),
    action: fc.constantFrom(...actions),
    query: fc.option(fc.constantFrom(...queries), { nil: undefined, freq: 3 }),
  })
  .map(({ of, method, path, value, changes, drop, action, query }) => {
    const { id, version, body } = valid[of] ?? { id: GROUP, version: "2021-04-01", body: {} };
    // Sometimes the list that it is in, sometimes what is above it.
    const at = drop > 2 || method === "PUT" ? id : id.split("/").slice(0, -drop || undefined).join("/");
    const url = `${at}${method === "POST" ? `/${action}` : ""}?api-version=${version}${query === undefined ? "" : `&${query}`}`;
    return { method, url, body: method === "GET" || method === "HEAD" || method === "DELETE" ? "" : JSON.stringify(changes ? mutated(body, path, value) : body) };
  });

interface Wild {
  readonly clock: ManualClock;
  /** Sends a request; what it says when it has failed, else nothing. */
  readonly send: (request: Asked) => Promise<string>;
}

/** An Azure in which there is one of everything, in the order in which one needs the other. */
async function opened(): Promise<Wild> {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const azure = azureInProcess({ endpoint: "https://arm.wild.test", clock });
  azure.trust("token", { clientId: "client", principalId: PRINCIPAL });
  azure.grant({ principalId: "*", actions: ["*"], scope: "/" });
  azure.portal.createResourceGroup(SUBSCRIPTION, "rg", "westeurope");
  for (const facts of hostFacts) for (const [path, body] of Object.entries(facts.parents ?? {})) azure.portal.put(provider(`${facts.type.split("/")[0] ?? ""}/${path}`), body);
  const send: Wild["send"] = async ({ method, url, body }) => {
    const answer = await azure.answer({ method, url, headers: { authorization: "Bearer token" }, body: Buffer.from(body) });
    return answer.is === "answer" && answer.status === 500 ? answer.body : "";
  };
  // What guards the group comes last, or nothing else could be made.
  const guards = /\/(?:locks|policyAssignments)\//;
  for (const { id, version, body } of valid.toSorted((a, b) => Number(guards.test(a.id)) - Number(guards.test(b.id)))) {
    await send({ method: "PUT", url: `${id}?api-version=${version}`, body: JSON.stringify(body) });
    clock.advance(LONGEST_MS);
  }
  return { clock, send };
}

it("no request makes the simulator fail", async () => {
  const steps = fc.array(fc.tuple(request, fc.constantFrom(0, 0, 1000, 600_000)), { minLength: 30, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(steps, async (asked) => {
      const { clock, send } = await opened();
      for (const [one, waitMs] of asked) {
        expect([one, await send(one)]).toEqual([one, ""]);
        clock.advance(waitMs);
      }
    }),
    { numRuns: 40 },
  );
});
