import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectAt, objectsAt, textAt } from "./kernel/json.ts";
import { codeOf, messageOf, secretForm, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const SECOND = "b0000000-0000-4000-8000-000000000002";
const FIRST = "b0000000-0000-4000-8000-000000000001";

let bench: Bench;
let nobody: { readonly principalId: string; readonly token: string };

beforeAll(async () => {
  bench = await startBench({ subscriptionIds: [FIRST, SECOND], pageSize: 50 });
  const registered = bench.azure.registerPrincipal({ name: "nobody", secret: "n" });
  const { body } = await bench.logIn(secretForm(registered.clientId, "n"));
  nobody = { ...registered, token: textAt(body, "access_token") ?? "" };
  const site = (name: string, more: JsonObject): JsonObject => bench.azure.portal.put(`${bench.group}/providers/Microsoft.Web/sites/${name}`, more);
  site("alpha", { location: "westeurope", tags: { team: "blue", stage: "test" }, identity: { type: "SystemAssigned" } });
  site("beta", { location: "northeurope", tags: { team: "red", stage: "live" } });
  bench.azure.portal.put(`${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/gamma`, { tags: { team: "blue" } });
  bench.azure.portal.createResourceGroup(FIRST, "other", "northeurope");
});
afterAll(() => bench.stop());

const get = (path: string, raw = {}): Promise<RawAnswer> => bench.send("GET", path, raw);
const names = (answer: RawAnswer, member = "name"): readonly unknown[] => objectsAt(answer.body, "value").map((item) => item[member]);
const query = (parameters: Readonly<Record<string, string>>): string => new URLSearchParams({ "api-version": "2021-04-01", ...parameters }).toString();

describe("ARM's own routes", () => {
  it("list the tenant and the subscriptions, to whom the caller holds anything there", async () => {
    expect(names(await get("/tenants?api-version=2022-12-01"), "tenantId")).toEqual([bench.azure.tenantId]);
    expect(names(await get("/subscriptions?api-version=2022-12-01"), "subscriptionId")).toEqual([FIRST, SECOND]);
    const asNobody = (): Promise<RawAnswer> => get("/subscriptions?api-version=2022-12-01", { token: nobody.token });
    expect([(await asNobody()).status, names(await asNobody())]).toEqual([200, []]);
    bench.azure.grant({ principalId: nobody.principalId, actions: ["Microsoft.Web/sites/read"], scope: `/subscriptions/${SECOND}/resourceGroups/any` });
    expect(names(await asNobody(), "subscriptionId")).toEqual([SECOND]);
    bench.azure.revoke(({ principalId }) => principalId === nobody.principalId);
  });

  it("show one subscription in its own casing, and its regions", async () => {
    expect((await get(`/subscriptions/${FIRST.toUpperCase()}?api-version=2019-06-01`)).body).toMatchObject({ id: `/subscriptions/${FIRST}`, state: "Enabled" });
    const locations = await get(`/subscriptions/${FIRST}/locations?api-version=2022-12-01`);
    expect(objectsAt(locations.body, "value")).toContainEqual(expect.objectContaining({ name: "westus2", displayName: "West US 2" }));
  });

  it.each(["2023-13-01", "1999-01-01", "latest"])("refuse api-version %s and name what they have (arm.md 2.5)", async (version) => {
    for (const path of ["/subscriptions", "/tenants", "/providers", `/subscriptions/${FIRST}/resources`, `/subscriptions/${FIRST}/providers/Microsoft.Web`]) {
      const answer = await get(`${path}?api-version=${version}`);
      expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidApiVersionParameter"]);
      expect(messageOf(answer)).toContain("2021-04-01");
    }
  });

  it("need a token and an api-version like all others", async () => {
    expect((await get("/providers?api-version=2021-04-01", { token: null })).status).toBe(401);
    expect(codeOf(await get("/tenants"))).toBe("MissingApiVersionParameter");
  });

  it("know one method only", async () => {
    expect((await bench.send("PUT", "/subscriptions?api-version=2022-12-01", { body: {} })).status).toBe(405);
  });

  it.each(["providers", "locations", "resources"])("let nobody see a subscription's %s unasked", async (what) => {
    expect(codeOf(await get(`/subscriptions/${FIRST}/${what}?api-version=2021-04-01`, { token: nobody.token }))).toBe("AuthorizationFailed");
  });
});

describe("resource providers", () => {
  it("of a subscription are registered, and list types with regions and api-versions, newest first", async () => {
    const { body } = await get(`/subscriptions/${FIRST}/providers/microsoft.web?api-version=2021-04-01`);
    expect(body).toMatchObject({ id: `/subscriptions/${FIRST}/providers/Microsoft.Web`, namespace: "Microsoft.Web", registrationState: "Registered" });
    const sites = objectsAt(body, "resourceTypes").find(({ resourceType }) => resourceType === "sites");
    expect(sites).toMatchObject({ locations: expect.arrayContaining(["West US 2"]) as unknown, apiVersions: expect.arrayContaining(["2023-12-01"]) as unknown });
    const versions = sites?.["apiVersions"] as readonly string[];
    expect(versions).toEqual(versions.toSorted().toReversed());
  });

  it("of the tenant say nothing of a registration", async () => {
    const { body } = await get("/providers/Microsoft.ManagedIdentity?api-version=2021-04-01");
    expect([body["namespace"], body["registrationState"], body["id"]]).toEqual(["Microsoft.ManagedIdentity", undefined, undefined]);
  });

  it("are all listed, with ARM's own types among them, and every listed version is taken", async () => {
    const all = objectsAt((await get(`/subscriptions/${FIRST}/providers?api-version=2021-04-01`)).body, "value");
    const own = all.find(({ namespace }) => namespace === "Microsoft.Resources") ?? {};
    expect(objectsAt(own, "resourceTypes").map((type) => type["resourceType"])).toEqual(expect.arrayContaining(["tenants", "subscriptions", "resourceGroups", "subscriptions/providers"]));
    const versions = objectsAt(own, "resourceTypes").find(({ resourceType }) => resourceType === "subscriptions")?.["apiVersions"] as readonly string[];
    for (const version of versions) expect((await get(`/subscriptions?api-version=${version}`)).status).toBe(200);
    expect(versions.length).toBeGreaterThan(5);
  });

  it("can be registered again", async () => {
    const answer = await bench.send("POST", `/subscriptions/${FIRST}/providers/Microsoft.Web/register?api-version=2021-04-01`);
    expect([answer.status, answer.body["registrationState"]]).toEqual([200, "Registered"]);
    const refused = await bench.send("POST", `/subscriptions/${FIRST}/providers/Microsoft.Web/register?api-version=2021-04-01`, { token: nobody.token });
    expect(messageOf(refused)).toContain("Microsoft.Web/register/action");
  });
});

describe("lists over all types (arm.md 2.4)", () => {
  it.each([
    { filter: "resourceType eq 'microsoft.web/SITES'", found: ["alpha", "beta"] },
    { filter: "resourceType eq 'Microsoft.Web/sites' and location eq 'northeurope'", found: ["beta"] },
    { filter: "name eq 'alpha' or name eq 'gamma'", found: ["gamma", "alpha"] },
    { filter: "(name eq 'alpha' or name eq 'gamma') and resourceType ne 'Microsoft.Web/sites'", found: ["gamma"] },
    { filter: "substringof('et', name)", found: ["beta"] },
    { filter: "startswith(tagName, 'sta')", found: ["alpha", "beta"] },
    { filter: "tagName eq 'team' and tagValue eq 'blue'", found: ["gamma", "alpha"] },
    { filter: "tagName eq 'team' and tagValue eq 'test'", found: [] },
    { filter: "resourceGroup eq 'RG'", found: ["gamma", "alpha", "beta"] },
    { filter: "name eq 'it''s'", found: [] },
  ])("meet $filter", async ({ filter, found }) => {
    expect(names(await get(`/subscriptions/${FIRST}/resources?${query({ $filter: filter })}`))).toEqual(found);
  });

  it("find by the principal of a system-assigned identity", async () => {
    const [alpha] = objectsAt((await get(`${bench.group}/resources?${query({ $filter: "name eq 'alpha'" })}`)).body, "value");
    const principalId = textAt(objectAt(alpha, "identity"), "principalId") ?? "none";
    expect(names(await get(`${bench.group}/resources?${query({ $filter: `identity/principalId eq '${principalId}'` })}`))).toEqual(["alpha"]);
  });

  it.each(["size eq '3'", "name eq", "name like 'x'", "name eq 'x", "name eq 'x')", "tagName eq 'a' xor name eq 'b'", "length(name, 'x')"])("refuse %s", async (filter) => {
    const answer = await get(`/subscriptions/${FIRST}/resources?${query({ $filter: filter })}`);
    expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidFilterInQueryString"]);
  });

  it("show times and state with $expand only", async () => {
    const made = new Date(bench.clock.now()).toISOString();
    bench.clock.advance(60_000);
    bench.azure.portal.patch(`${bench.group}/providers/Microsoft.Web/sites/beta`, { tags: { team: "red", stage: "live" } });
    const list = async (more: Readonly<Record<string, string>>): Promise<JsonObject | undefined> =>
      objectsAt((await get(`${bench.group}/resources?${query({ $filter: "name eq 'beta'", ...more })}`)).body, "value")[0];
    const times = { createdTime: made, changedTime: new Date(bench.clock.now()).toISOString(), provisioningState: "Succeeded" };
    expect(await list({ $expand: "createdTime,changedTime,provisioningState" })).toMatchObject(times);
    expect(Object.keys((await list({ $expand: "changedTime" })) ?? {})).not.toContain("createdTime");
    expect(Object.keys((await list({})) ?? {}).filter((member) => member in times)).toEqual([]);
  });

  it("of a resource group that is missing are not found", async () => {
    expect(codeOf(await get(`/subscriptions/${FIRST}/resourceGroups/gone/resources?api-version=2021-04-01`))).toBe("ResourceGroupNotFound");
  });

  it("come in pages whose nextLink keeps the filter", async () => {
    const first = await get(`/subscriptions/${FIRST}/resources?${query({ $filter: "resourceType eq 'Microsoft.Web/sites'", $top: "1" })}`);
    expect(names(first)).toEqual(["alpha"]);
    const next = await get(textAt(first.body, "nextLink") ?? "");
    expect([names(next), next.body["nextLink"]]).toEqual([["beta"], undefined]);
  });
});

describe("resource groups (arm.md 2.7)", () => {
  it("are listed, by tag too, in any spelling of the path", async () => {
    expect(names(await get(`/subscriptions/${FIRST}/resourcegroups?api-version=2021-04-01`))).toEqual(["other", "rg"]);
    await bench.send("PATCH", `/subscriptions/${FIRST}/resourcegroups/other?api-version=2021-04-01`, { body: { tags: { team: "red" } } });
    expect(names(await get(`/subscriptions/${FIRST}/resourceGroups?${query({ $filter: "tagName eq 'team' and tagValue eq 'red'" })}`))).toEqual(["other"]);
  });

  it.each([["rg", 204], ["gone", 404]] as const)("answer HEAD of %s with %i and no body", async (name, status) => {
    const answer = await bench.send("HEAD", `/subscriptions/${FIRST}/resourcegroups/${name}?api-version=2021-04-01`);
    expect([answer.status, answer.text]).toEqual([status, ""]);
  });
});

describe("what App Service answers beside its resources", () => {
  const check = (name: string): Promise<RawAnswer> =>
    bench.send("POST", `/subscriptions/${SECOND}/providers/Microsoft.Web/checknameavailability?api-version=2023-12-01`, { body: { name, type: "Site" } });

  it.each([
    { name: "ALPHA", available: false, reason: "AlreadyExists" },
    { name: "-x-", available: false, reason: "Invalid" },
    { name: "free-name", available: true, reason: "" },
  ])("whether the name $name is free in the whole world (arm.md 6)", async ({ name, available, reason }) => {
    expect((await check(name)).body).toMatchObject({ nameAvailable: available, reason });
  });

  it("which stacks there are, of one system or of all", async () => {
    const settings = async (suffix: string): Promise<readonly string[]> => {
      const { body } = await get(`/providers/Microsoft.Web/webAppStacks?api-version=2025-05-01${suffix}`);
      const node = objectsAt(body, "value").find(({ name }) => name === "node") ?? {};
      const [major] = objectsAt(objectAt(node, "properties"), "majorVersions");
      const [minor] = objectsAt(major ?? {}, "minorVersions");
      return Object.keys(objectAt(minor, "stackSettings"));
    };
    expect(await settings("")).toEqual(["linuxRuntimeSettings", "windowsRuntimeSettings"]);
    expect(await settings("&stackOsType=Linux")).toEqual(["linuxRuntimeSettings"]);
  });

  it("the publishing profiles of a site, as XML and without a password", async () => {
    const { status, headers, text } = await bench.send("POST", `${bench.group}/providers/Microsoft.Web/sites/alpha/publishxml?api-version=2023-12-01`, { body: { format: "WebDeploy" } });
    expect([status, headers["content-type"]]).toEqual([200, "application/xml"]);
    expect(text).toMatch(/^<publishData>.*publishMethod="FTP".*userPWD="".*<\/publishData>$/);
  });
});

describe("the cloud's description", () => {
  it.each(["2022-09-01", "2019-05-01"])("is there without a token at %s, as a document or a list of one", async (version) => {
    const { status, text } = await get(`/metadata/endpoints?api-version=${version}`, { token: null });
    const document = ([JSON.parse(text)] as readonly JsonObject[]).flat()[0];
    const { endpoint } = bench.azure;
    expect(status).toBe(200);
    expect(document).toMatchObject({ name: "AzureSimulator", resourceManager: endpoint, authentication: { loginEndpoint: endpoint, audiences: expect.arrayContaining([endpoint]) as unknown } });
    expect(Array.isArray(JSON.parse(text))).toBe(version < "2022");
  });

  it.each([["", "MissingApiVersionParameter"], ["?api-version=2001-01-01", "InvalidApiVersionParameter"]])("refuses '%s' with %s", async (suffix, code) => {
    expect(codeOf(await get(`/metadata/endpoints${suffix}`, { token: null }))).toBe(code);
  });
});
