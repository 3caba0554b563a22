import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../azure.ts";
import { objectAt, objectsAt, textAt } from "../kernel/json.ts";
import { codeOf } from "../raw-client.ts";
import type { RawAnswer } from "../raw-client.ts";
import { openScene, property, told, underEach, users, withScene } from "./scene.ts";
import type { Scene } from "./scene.ts";

let on: Scene;
beforeAll(async () => {
  on = await openScene();
});
afterAll(() => on.stop());

/** How a write of a type runs: what the provider says meanwhile, and at which api-version it is followed. */
interface Running {
  readonly path: string;
  readonly parent?: string;
  readonly body: JsonObject | (() => JsonObject);
  readonly words: readonly string[];
  readonly headers: readonly string[];
  readonly retryAfter: string | undefined;
  readonly version?: string;
}

const pollUrl = (answer: RawAnswer): string => answer.headers["azure-asyncoperation"] ?? answer.headers["location"] ?? "";

describe("17.6 long-running operations (arm.md 2.3)", () => {
  const cosmos = { properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] } };
  const cluster = { properties: { dnsPrefix: "c", agentPoolProfiles: [{ name: "p", count: 1, mode: "System" }] } };
  const group = { properties: { osType: "Linux", containers: [{ name: "c", properties: { image: "nginx", resources: { requests: { cpu: 1, memoryInGB: 1 } } } }] } };
  const environment = "Microsoft.App/managedEnvironments/lro";
  const fabric = "Microsoft.ServiceFabric/managedClusters/lro";
  const app = (): JsonObject => ({ properties: { environmentId: on.at(environment), template: { containers: [{ name: "c", image: "i" }] } } });
  const type = (): JsonObject => ({ properties: { version: `${on.at(fabric)}/applicationTypes/t/versions/1` } });
  const rows: readonly Running[] = [
    { path: "Microsoft.Compute/virtualMachines/lro", body: {}, words: ["InProgress"], headers: ["azure-asyncoperation"], retryAfter: "10" },
    { path: "Microsoft.ContainerInstance/containerGroups/lro", body: group, words: ["Pending"], headers: ["azure-asyncoperation"], retryAfter: undefined, version: "2018-06-01" },
    { path: "Microsoft.App/containerApps/lro", parent: environment, body: app, words: ["InProgress"], headers: ["azure-asyncoperation"], retryAfter: "15", version: "2025-01-01" },
    { path: `${fabric}/applications/lro`, parent: fabric, body: type, words: ["Created"], headers: ["azure-asyncoperation", "location"], retryAfter: "10" },
    { path: "Microsoft.DocumentDB/databaseAccounts/lro", body: cosmos, words: ["Enqueued", "Dequeued"], headers: ["azure-asyncoperation", "location"], retryAfter: undefined },
    { path: "Microsoft.ContainerService/managedClusters/lro", body: cluster, words: ["ProvisioningNetworkResources", "ProvisioningControlPlane", "ReconcilingDNS"], headers: ["azure-asyncoperation"], retryAfter: undefined, version: "2025-03-01" },
    { path: "Microsoft.Storage/storageAccounts/lro", body: { sku: { name: "Standard_LRS" }, kind: "StorageV2" }, words: [], headers: ["location"], retryAfter: "17" },
  ];
  it.each(rows)("$path: its headers, its words, and only the URL that was handed out", async ({ path, parent, body, words, headers, retryAfter, version }) => {
    if (parent !== undefined) on.azure.portal.put(on.at(parent), {});
    const accepted = await on.ask("PUT", on.at(path), typeof body === "function" ? body() : body);
    expect(["azure-asyncoperation", "location"].filter((name) => accepted.headers[name] !== undefined)).toEqual(headers);
    expect([accepted.headers["retry-after"], pollUrl(accepted)]).toEqual([retryAfter, expect.stringMatching(/&t=\d+&c=.{1000,}&s=.+&h=.+$/)]);
    if (version !== undefined) expect(pollUrl(accepted)).toContain(`api-version=${version}&`);
    const seen = new Set<unknown>();
    for (let step = 0; step < 60; step += 1) {
      const poll = await on.send("GET", pollUrl(accepted));
      if (poll.status === 202) expect(poll.text).toBe("");
      else if (poll.body["status"] !== "Succeeded") seen.add(poll.body["status"]);
      on.clock.advance(10_000);
    }
    expect([...seen].filter((word) => word !== undefined)).toEqual(words);
    expect(property(await on.show(on.at(path)), "provisioningState")).toBe("Succeeded");
    const url = new URL(pollUrl(accepted));
    url.searchParams.set("api-version", "2020-01-01");
    expect(told(await on.send("GET", url.href))).toEqual([400, "InvalidOperationUrl"]);
    expect((await on.send("GET", pollUrl(accepted))).status).toBe(200);
  });

  it("an accepted write may end as failed, with the error in the status", async () => {
    on.azure.failOperation(({ method }) => method === "PUT", { code: "AllocationFailed", message: "There is no room." });
    const vm = on.at("Microsoft.Compute/virtualMachines/failing");
    const accepted = await on.done("PUT", vm);
    const { status, body } = await on.send("GET", pollUrl(accepted));
    expect([accepted.status, status, body["status"], body["error"]]).toEqual([201, 200, "Failed", { code: "AllocationFailed", message: "There is no room." }]);
    expect(property(await on.show(vm), "provisioningState")).toBe("Failed");
  });

  it("one that is followed by Location alone fails by the status of that", async () => {
    on.azure.failOperation(({ method }) => method === "PUT", { code: "AccountCreationFailed", message: "There is no room." });
    const accepted = await on.done("PUT", on.at("Microsoft.Storage/storageAccounts/failing"), { sku: { name: "Standard_LRS" }, kind: "StorageV2" });
    const answer = await on.send("GET", pollUrl(accepted));
    expect([accepted.status, answer.status < 400, codeOf(answer)]).toEqual([202, false, "AccountCreationFailed"]);
  });
});

describe("17.12 throttling and errors of no use (arm.md 2.1, 2.6, 3.6)", () => {
  const identity = (): string => on.at("Microsoft.ManagedIdentity/userAssignedIdentities/throttled");
  it.each([
    { flavour: "arm" as const, code: "SubscriptionRequestsThrottled" },
    { flavour: "msi" as const, code: "429" },
    { flavour: "web" as const, code: "429" },
  ])("429 of $flavour with Retry-After", async ({ flavour, code }) => {
    on.azure.intercept(() => true, { do: "throttle", retryAfterSeconds: 7, flavour });
    const answer = await on.ask("PUT", identity());
    expect([...told(answer), answer.headers["retry-after"], "Code" in answer.body]).toEqual([429, code, "7", flavour === "web"]);
  });

  it("18: both families of headers, by the sizes of their buckets, and how quickly they fill", async () => {
    const rows = [
      { quotaFamily: "documented", largeFamilyRefill: "in-proportion", first: ["249", "3749"], refilledInOneSecond: 25 },
      { quotaFamily: "large", largeFamilyRefill: "in-proportion", first: ["1099", "16499"], refilledInOneSecond: 110 },
      { quotaFamily: "large", largeFamilyRefill: "as-documented", first: ["1099", "16499"], refilledInOneSecond: 25 },
    ] as const;
    for (const { first, refilledInOneSecond, ...switches } of rows) {
      await withScene({ switches }, async (world) => {
        const read = async (): Promise<readonly (string | undefined)[]> => {
          const { headers } = await world.ask("GET", world.group);
          return ["reads", "global-reads"].map((kind) => headers[`x-ms-ratelimit-remaining-subscription-${kind}`]);
        };
        expect(await read()).toEqual(first);
        for (let request = 0; request < 150; request += 1) await read();
        const drained = Number((await read())[0]);
        world.clock.advance(1000);
        expect(Number((await read())[0]) - drained).toBe(refilledInOneSecond - 1);
      });
    }
  });

  it("429 of the identity provider at its documented rates: 80 made and 300 attached in 20 s (3.6)", async () => {
    await withScene({ settings: { identityRates: "documented" } }, async (world) => {
      const make = async (number: number): Promise<RawAnswer> => world.ask("PUT", world.at(`Microsoft.ManagedIdentity/userAssignedIdentities/no-${number}`));
      for (let number = 1; number <= 80; number += 1) expect((await make(number)).status).toBe(201);
      const [refused, repeated] = [await make(81), await make(80)];
      expect([...told(refused), refused.headers["retry-after"], repeated.status]).toEqual([429, "429", "1", 200]);
      world.clock.advance(1000);
      expect((await make(81)).status).toBe(201);
      const site = world.at("Microsoft.Web/sites/attached");
      const attach = (number: number): Promise<RawAnswer> => world.ask("PUT", site, { identity: users([world.at(`Microsoft.ManagedIdentity/userAssignedIdentities/no-${1 + (number % 2)}`)]) });
      for (let number = 1; number <= 300; number += 1) expect((await attach(number)).status).toBe(200);
      expect([(await attach(300)).status, told(await attach(301))]).toEqual([200, [429, "429"]]);
    });
  });

  it.each([500, 503, 504] as const)("%d with HTML or with nothing", async (status) => {
    on.azure.intercept(() => true, { do: "break", status, body: "html", effect: "none" });
    on.azure.intercept(() => true, { do: "break", status, body: "empty", effect: "none" });
    const [html, empty] = [await on.ask("PUT", identity()), await on.ask("PUT", identity())];
    expect([html.status, html.headers["content-type"], empty.status, empty.text]).toEqual([status, "text/html", status, ""]);
  });

  it("a 504 after which the write did happen", async () => {
    on.azure.intercept(() => true, { do: "gateway-timeout" });
    expect(told(await on.ask("PUT", identity()))).toEqual([504, "GatewayTimeout"]);
    expect((await on.ask("GET", identity())).status).toBe(200);
  });
});

describe("17.13 paging (arm.md 2.4)", () => {
  it("an empty page with a nextLink, an encoded skip token, pages as small as one likes", async () => {
    await underEach("emptyPages", [false, true], async (world, empty) => {
      for (const name of ["one", "two", "three"]) world.identity(name);
      const sizes: number[] = [];
      let next: string | undefined = `${world.azure.endpoint}${world.at("Microsoft.ManagedIdentity/userAssignedIdentities")}?api-version=2023-01-31&$top=2`;
      for (; next !== undefined; ) {
        const { body }: RawAnswer = await world.send("GET", next);
        sizes.push(objectsAt(body, "value").length);
        next = textAt(body, "nextLink");
        if (next !== undefined) expect(next).toMatch(/^https:.*%24skiptoken=/);
      }
      expect(sizes).toEqual(empty ? [0, 2, 1] : [2, 1]);
    });
    await withScene({ pageSize: 1 }, async (world) => {
      for (const name of ["one", "two"]) world.identity(name);
      const { body } = await world.ask("GET", `${world.group}/resources`);
      expect([objectsAt(body, "value").length, typeof body["nextLink"]]).toEqual([1, "string"]);
    });
  });
});

describe("17.19 ids of requests and systemData (arm.md 2.1, 9)", () => {
  it("every answer has its ids; the client's comes back when asked for", async () => {
    const answers = [
      await on.ask("GET", on.group, undefined, { "x-ms-client-request-id": "mine", "x-ms-return-client-request-id": "true" }),
      await on.ask("GET", on.at("Microsoft.Web/sites/none"), undefined, { "x-ms-client-request-id": "mine" }),
    ];
    const ids = ["x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id"];
    for (const { headers } of answers) expect(ids.filter((name) => headers[name] === undefined)).toEqual([]);
    expect(answers.map(({ headers }) => headers["x-ms-client-request-id"])).toEqual(["mine", undefined]);
  });

  it("systemData where the type has it, and nowhere else", async () => {
    const environment = on.at("Microsoft.App/managedEnvironments/env");
    await on.done("PUT", environment);
    const systemData = objectAt((await on.show(environment))["systemData"]);
    expect([systemData["createdBy"], systemData["createdByType"], Object.keys(systemData)]).toEqual([
      on.principal.clientId,
      "Application",
      ["createdBy", "createdByType", "createdAt", "lastModifiedBy", "lastModifiedByType", "lastModifiedAt"],
    ]);
    expect((await on.ask("PUT", on.at("Microsoft.ManagedIdentity/userAssignedIdentities/plain"))).body).not.toHaveProperty("systemData");
  });
});

describe("17.20 odd answers of API Management, SQL and Event Hubs (arm.md 2.1, 14)", () => {
  const apim = (): string => on.at("Microsoft.ApiManagement/service/gate");
  const service = { sku: { name: "Developer", capacity: 1 }, properties: { publisherEmail: "a@b.example", publisherName: "p" } };

  it("SQL: 404 without a body for a missing child", async () => {
    const server = on.at("Microsoft.Sql/servers/server");
    on.azure.portal.put(server, {});
    const rule = `${server}/firewallRules/all`;
    const missing = await on.ask("GET", rule);
    expect([missing.status, missing.text]).toEqual([404, ""]);
    const rules = { properties: { startIpAddress: "0.0.0.0", endIpAddress: "0.0.0.0" } };
    expect([(await on.ask("PUT", rule, rules)).status, (await on.ask("PUT", rule, rules)).status, (await on.ask("DELETE", rule)).status]).toEqual([201, 200, 200]);
  });

  it("18: API Management: a missing child in one envelope or the other", async () => {
    await underEach("apiManagementNotFound", ["standard", "message-only"], async (world, envelope) => {
      world.azure.portal.put(world.at("Microsoft.ApiManagement/service/gate"), service);
      const answer = await world.ask("GET", `${world.at("Microsoft.ApiManagement/service/gate")}/products/none`);
      expect([answer.status, Object.keys(answer.body), codeOf(answer)]).toEqual([404, ...(envelope === "standard" ? [["error"], "ResourceNotFound"] : [["Message"], undefined])]);
    });
  });

  it("API Management: a deleted service keeps its name until it is restored, purged, or forgotten", async () => {
    const deleted = `${on.subscription}/providers/Microsoft.ApiManagement/locations/westeurope/deletedservices/gate`;
    const made = async (more = {}): Promise<readonly unknown[]> => told(await on.done("PUT", apim(), { ...service, properties: { ...service.properties, ...more } }));
    expect([(await made())[0], (await on.done("DELETE", apim())).status]).toEqual([201, 202]);
    expect(await made()).toEqual([409, "ServiceAlreadyExistsInSoftDeletedState"]);
    expect((await on.ask("GET", deleted)).status).toBe(200);
    expect([(await made({ restore: true }))[0], (await on.ask("GET", deleted)).status]).toEqual([201, 404]);
    await on.done("DELETE", apim());
    expect([(await on.ask("DELETE", deleted)).status, (await made())[0]]).toEqual([200, 201]);
    await on.done("DELETE", apim());
    expect((await on.ask("GET", apim())).status).toBe(404);
    on.clock.advance(48 * 3_600_000);
    expect((await made())[0]).toBe(201);
  });

  it("Event Hubs: NamespaceInTransition, NamespaceNotFound, and a type in another case", async () => {
    const namespace = on.at("Microsoft.EventHub/namespaces/events");
    await on.ask("PUT", namespace);
    expect(told(await on.ask("PUT", namespace))).toEqual([429, "NamespaceInTransition"]);
    on.clock.advance(3_600_000);
    expect((await on.show(namespace))["type"]).toBe("Microsoft.EventHub/Namespaces");
    expect(told(await on.ask("GET", `${namespace}2`))).toEqual([404, "NamespaceNotFound"]);
    expect((await on.done("PATCH", namespace, { identity: users([on.identity("events")]) })).status).toBe(200);
  });
});
