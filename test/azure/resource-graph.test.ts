import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectAt, objectsAt, textAt } from "./kernel/json.ts";
import { codeOf, secretForm, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
  for (const name of ["used", "spare"]) bench.azure.portal.put(identity(name), { tags: { name } });
  for (const name of ["b", "a", "c"]) bench.azure.portal.put(site(name), name === "c" ? {} : { identity: { type: "UserAssigned", userAssignedIdentities: { [identity("used")]: {} } } });
  bench.azure.portal.put(`${bench.group}/providers/Microsoft.Compute/virtualMachines/vm`, { identity: { type: "UserAssigned", userAssignedIdentities: { [identity("used")]: {} } } });
});
afterAll(() => bench.stop());

const identity = (name: string): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const site = (name: string): string => `${bench.group}/providers/Microsoft.Web/sites/${name}`;
const rowsOf = (answer: RawAnswer): readonly JsonObject[] => objectsAt(answer.body, "data");

async function graph(query: string, more: JsonObject = {}, token?: string): Promise<RawAnswer> {
  bench.clock.advance(5000);
  const body = { subscriptions: bench.azure.subscriptionIds, query, ...more };
  return bench.send("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", { body, ...(token === undefined ? {} : { token }) });
}

describe("Resource Graph (arm.md 15.3)", () => {
  it("tells which resources have identities, with type in lower case and in the documented envelope", async () => {
    const { status, body } = await graph("Resources | where isnotnull(identity) | project id, type, identity");
    expect(status).toBe(200);
    expect(body).toMatchObject({ totalRecords: 3, count: 3, facets: [], resultTruncated: "false" });
    const rows = objectsAt(body, "data");
    expect(rows.map(({ type }) => type)).toEqual(["microsoft.compute/virtualmachines", "microsoft.web/sites", "microsoft.web/sites"]);
    expect(Object.keys(rows[0] ?? {})).toEqual(["id", "type", "identity"]);
    expect(JSON.stringify(objectAt(rows[0], "identity", "userAssignedIdentities")).toLowerCase()).toContain(identity("used").toLowerCase());
  });

  it.each([
    { query: "resources | where type =~ 'Microsoft.Web/sites' | order by name asc | project name", found: [{ name: "a" }, { name: "b" }, { name: "c" }] },
    { query: "Resources | where type == 'Microsoft.Web/sites'", found: [] },
    { query: "Resources | where type in~ ('microsoft.compute/virtualmachines', 'x') | project name", found: [{ name: "vm" }] },
    { query: "Resources | where type has 'web' and (name == 'a' or name == 'c') | sort by name | project who = toupper(name)", found: [{ who: "C" }, { who: "A" }] },
    { query: "Resources | where tags.name == 'spare' | project name, tags['name']", found: [{ name: "spare", tags_name: "spare" }] },
    { query: "Resources | where isnull(identity) | count", found: [{ Count: 3 }] },
    { query: "Resources // all of them\n| summarize count() by type | where count_ == '2' | project type", found: [{ type: "microsoft.managedidentity/userassignedidentities" }] },
    { query: "Resources | where name startswith 'v' | extend n = name | project n | take 1", found: [{ n: "vm" }] },
    { query: "ResourceContainers | where type contains 'resourcegroups' | project name", found: [{ name: "rg" }] },
    { query: "Resources | where identity contains 'userAssignedIdentities/USED' | summarize count()", found: [{ count_: 3 }] },
    { query: "Resources | where type !has 'web' and name !in~ ('SPARE', 'x') and not(type endswith 'machines') | project name", found: [{ name: "used" }] },
    { query: "Resources | where name !~ 'A' and name != 'vm' | distinct type | order by type asc", found: [{ type: "microsoft.managedidentity/userassignedidentities" }, { type: "microsoft.web/sites" }] },
    { query: "Resources | top 2 by type desc, name asc | project-away id, type, tenantId, kind, location, resourceGroup, subscriptionId, sku, properties, tags, identity", found: [{ name: "a" }, { name: "b" }] },
    { query: "Resources | summarize n = count() by type | where n > 2 | project n", found: [{ n: 3 }] },
  ])("answers $query", async ({ query, found }) => {
    expect(rowsOf(await graph(query))).toEqual(found);
  });

  it.each(["", "Nothing", "Resources | juggle", "Resources | where", "Resources | where name ~ 'x'", "Resources where name == 'x'"])("refuses '%s'", async (query) => {
    const answer = await graph(query);
    expect([answer.status, codeOf(answer)]).toEqual([400, "BadRequest"]);
  });

  it("tells how many resources use each identity, and which, however the query takes the map apart", async () => {
    const id = identity("used").replace("resourceGroups", "resourcegroups").toLowerCase();
    const counted = "| extend used = tolower(tostring(key)) | summarize uses = count() by used";
    for (const query of [
      `Resources | where isnotempty(identity.userAssignedIdentities) | mv-expand key = bag_keys(identity.userAssignedIdentities) to typeof(string) ${counted}`,
      `Resources | where array_length(bag_keys(identity.userAssignedIdentities)) > 0 | extend key = bag_keys(identity.userAssignedIdentities)[0] ${counted}`,
      `Resources | mv-expand one = identity.userAssignedIdentities | where isnotnull(one) | extend key = bag_keys(one)[0] ${counted}`,
    ]) {
      expect([query, rowsOf(await graph(query))]).toEqual([query, [{ used: id, uses: 3 }]]);
    }
  });

  it("comes in pages by a skip token", async () => {
    const query = "Resources | project name";
    const first = await graph(query, { options: { $top: 4 } });
    expect([first.body["count"], first.body["totalRecords"], first.body["resultTruncated"]]).toEqual([4, 6, "true"]);
    const rest = await graph(query, { options: { $top: 4, $skipToken: first.body["$skipToken"] } });
    expect([rest.body["count"], rest.body["$skipToken"]]).toEqual([2, undefined]);
    expect(new Set([...rowsOf(first), ...rowsOf(rest)].map(({ name }) => name)).size).toBe(6);
    expect((await graph(query, { options: { $skipToken: "forged" } })).status).toBe(400);
    expect((await graph(query, { options: { $top: 5000 } })).status).toBe(400);
  });

  it("has tables on demand, and role assignments of their own", async () => {
    const { body } = await graph("Resources | where name == 'vm' | project name", { options: { resultFormat: "table" } });
    expect(body["data"]).toEqual({ columns: [{ name: "name", type: "string" }], rows: [["vm"]] });
    const grant = `${bench.group}/providers/Microsoft.Authorization/roleAssignments/c0000000-0000-4000-8000-000000000001`;
    const principalId = textAt(objectAt(bench.azure.portal.get(identity("used")), "properties"), "principalId");
    const roleDefinitionId = `${bench.subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
    await bench.send("PUT", `${grant}?api-version=2022-04-01`, { body: { properties: { principalId, roleDefinitionId, principalType: "ServicePrincipal" } } });
    const found = await graph(`authorizationresources | where properties.principalId =~ '${principalId ?? ""}' | project id`);
    expect(rowsOf(found)).toEqual([{ id: grant }]);
  });

  it("shows each caller what that caller may read, and no other subscriptions than those asked for", async () => {
    const { clientId, principalId } = bench.azure.registerPrincipal({ name: "reader", secret: "r" });
    const token = textAt((await bench.logIn(secretForm(clientId, "r"))).body, "access_token") ?? "";
    bench.azure.grant({ principalId, actions: ["Microsoft.Web/sites/read"], scope: site("a") });
    expect(rowsOf(await graph("Resources | project name", {}, token))).toEqual([{ name: "a" }]);
    expect(rowsOf(await graph("Resources", { subscriptions: ["00000000-0000-0000-0000-00000000dead"] }))).toEqual([]);
  });

  it("allows fifteen queries in five seconds and says what is left", async () => {
    await graph("Resources | count");
    const again = (): Promise<RawAnswer> => bench.send("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", { body: { query: "Resources | count" } });
    const statuses: number[] = [];
    for (let number = 0; number < 15; number += 1) statuses.push((await again()).status);
    expect(statuses).toEqual([...Array.from({ length: 14 }, () => 200), 429]);
    const refused = await again();
    expect([codeOf(refused), refused.headers["retry-after"], refused.headers["x-ms-user-quota-remaining"], refused.headers["x-ms-user-quota-resets-after"]]).toEqual(["RateLimiting", "1", "0", "00:00:01"]);
    bench.clock.advance(1000);
    expect((await again()).status).toBe(200);
  });
});

describe("listAssociatedResources (arm.md 3.7)", () => {
  const ask = (name: string, query = "", version = "2021-09-30-preview"): Promise<RawAnswer> => bench.send("POST", `${identity(name)}/listAssociatedResources?api-version=${version}${query}`);
  const names = (answer: RawAnswer): readonly unknown[] => objectsAt(answer.body, "value").map(({ name }) => name);

  it("tells who uses an identity", async () => {
    const { body } = await ask("used");
    expect(body["totalCount"]).toBe(3);
    expect(objectsAt(body, "value")).toContainEqual({
      id: site("a"), name: "a", type: "microsoft.web/sites", resourceGroup: "rg", subscriptionId: bench.azure.subscriptionIds[0], subscriptionDisplayName: "Simulated subscription 1",
    });
    expect((await ask("spare")).body).toEqual({ totalCount: 0, value: [] });
  });

  it.each([
    { query: "&$orderby=name desc", found: ["vm", "b", "a"] },
    { query: "&$filter=contains(name,'a')", found: ["a"] },
    { query: "&$orderby=name&$skip=1&$top=1", found: ["b"] },
  ])("heeds $query", async ({ query, found }) => {
    expect(names(await ask("used", query))).toEqual(found);
  });

  it("comes in pages", async () => {
    const first = await ask("used", "&$top=2");
    const next = await bench.send("POST", textAt(first.body, "nextLink") ?? "");
    expect([names(first).length, names(next).length, next.body["nextLink"]]).toEqual([2, 1, undefined]);
  });

  it("is absent from later versions, like revokeTokens' 200 is empty (3.1)", async () => {
    expect((await ask("used", "", "2023-01-31")).status).toBe(404);
    const revoked = await bench.send("POST", `${identity("used")}/revokeTokens?api-version=2023-07-31-preview`);
    expect([revoked.status, revoked.text]).toEqual([200, ""]);
  });
});
