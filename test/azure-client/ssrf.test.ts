import type { RequestListener } from "node:http";
import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseAnyArmId, parseArmId, parseScope } from "../../src/api/arm-id.ts";
import { createAzure } from "../../src/azure/gateway.ts";
import { createTransport, type Transport } from "../../src/azure/transport.ts";
import { doubtfulIds, validIds } from "../api/arbitrary-ids.ts";
import { azureClientOver, ENDPOINT, IDENTITY, inTurn, MACHINE, requestOf, SITE, SUBSCRIPTION, testCredential, TestClock } from "./fake-azure.ts";
import { type LocalServer, serveHttps } from "./local-server.ts";

const OTHER = "22222222-2222-4222-8222-222222222222";
const REQUEST = requestOf("2025-01-01");

/** Azure as it would answer if somebody could write its answers, and a server that must never be asked. */
let azureServer: LocalServer;
let victim: LocalServer;
let transport: Transport;
let answers: RequestListener;
let asked: string[];

beforeAll(async () => {
  azureServer = await serveHttps((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answers(request, response);
  });
  victim = await serveHttps((_request, response) => void response.end("{}"));
  transport = createTransport({ clock: new TestClock(), caPem: `${azureServer.caPem}\n${victim.caPem}` });
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  await transport.close();
  azureServer.stop();
  victim.stop();
});

function azure() {
  const clock = new TestClock();
  const credential = testCredential(clock);
  return createAzure({ endpoint: azureServer.url, httpClient: transport.client(5000), credential: () => credential, clock, userAgent: "azid/test" });
}

/** Pointers that lead away from Azure, from its endpoint, or from the subscription that was asked for. */
function pointers(): readonly string[] {
  const [there, here] = [new URL(victim.url), new URL(azureServer.url)];
  const path = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Web/locations/here/operations/1?api-version=1&s=signed`;
  return [
    `${victim.url}${path}`,
    `//${there.host}${path}`,
    `\\\\${there.host}${path}`,
    `http://${here.host}${path}`,
    `https://${here.host}@${there.host}${path}`,
    `https://${there.host}\\@${here.host}${path}`,
    `https://${here.host}\\@${there.host}${path}`,
    `https://user:word@${here.host}${path}`,
    `https://localhost:${there.port}${path}`,
    `https://127.1:${there.port}${path}`,
    `https://[::ffff:127.0.0.1]:${there.port}${path}`,
    `https://2130706433:${there.port}${path}`,
    `https://${here.hostname}.evil.test:${there.port}${path}`,
    `http://169.254.169.254/metadata/identity/oauth2/token`,
    `file:///etc/passwd`,
    `${azureServer.url}${path.replace(SUBSCRIPTION, OTHER)}`,
    `${azureServer.url}${path.replace("/subscriptions/", `/subscriptions/${OTHER}/../`)}`,
    `${azureServer.url}${path.replace("/subscriptions/", `/subscriptions/${OTHER}/%2e%2E/`)}`,
    `${azureServer.url}/x/..${path}`,
    `${azureServer.url}/./${path.slice(1)}`,
    `${azureServer.url}\\x\\..${path}`,
    `${azureServer.url}/x\n/..${path}`,
    `${azureServer.url}${path.replace("/operations/", "/operations/../../")}`,
    `${azureServer.url}/providers/Microsoft.Management/managementGroups`,
    `${azureServer.url}/`,
    path.replace(SUBSCRIPTION, OTHER),
    `?x=1`,
    "https://",
    "",
  ];
}

/** A path of the simulator's answers that begins with the subscription; what is asked outside of it was led astray. */
const strays = () => asked.filter((line) => !line.includes(`/subscriptions/${SUBSCRIPTION}/`) || /\/\.\.?\/|%2e|x\//i.test(line));

describe("whatever Azure's answer points to", () => {
  test("a page of a list is asked of Azure only", async () => {
    for (const nextLink of pointers()) {
      answers = (_request, response) => void response.end(JSON.stringify({ value: [], nextLink }));
      const list = await azure().list(IDENTITY, "federatedIdentityCredentials", REQUEST);
      expect([nextLink, list.is]).toEqual([nextLink, nextLink === "" ? "found" : "failed"]);
    }
    expect([victim.connections, strays(), asked.length]).toEqual([0, [], pointers().length]);
  });

  test.each([
    ["azure-asyncoperation", 201],
    ["azure-asyncoperation", 202],
    ["location", 202],
  ])("an operation is followed to Azure only: %s of %i", async (header, status) => {
    const printable = pointers().filter((pointer) => !/[\n]/.test(pointer) && pointer !== "");
    for (const id of [SITE, MACHINE]) {
      for (const pointer of printable) {
        answers = (_request, response) => void response.writeHead(status, { [header]: pointer }).end("{}");
        const write = await azure().put(id, {}, { ...REQUEST, typed: id === SITE });
        expect([pointer, write]).toEqual([pointer, { is: "failed", failure: expect.objectContaining({ code: "UntrustedOperationUrl" }) }]);
      }
    }
    expect([victim.connections, strays()]).toEqual([0, []]);
  });

  test("an operation that moves on is followed to Azure only", async () => {
    const good = `${azureServer.url}/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Compute/locations/here/operations/1`;
    for (const pointer of pointers().filter((each) => !/[\n]/.test(each) && each !== "")) {
      answers = (request, response) => void response.writeHead(202, { location: request.method === "PUT" ? good : pointer }).end();
      const write = await azure().put(MACHINE, {}, REQUEST);
      if (write.is !== "running") throw new Error(JSON.stringify(write));
      expect([pointer, await write.operation.poll(new AbortController().signal)]).toEqual([pointer, { is: "failed", failure: expect.objectContaining({ code: "UntrustedOperationUrl" }) }]);
    }
    expect([victim.connections, strays()]).toEqual([0, []]);
  });

  test.each([301, 302, 303, 307, 308])("a redirect by %i is not followed, by an SDK or without one", async (status) => {
    for (const id of [IDENTITY, SITE, MACHINE]) {
      asked = [];
      answers = (_request, response) => void response.writeHead(status, { location: `${victim.url}/subscriptions/${SUBSCRIPTION}/x` }).end();
      const read = await azure().read(id, REQUEST);
      expect([read.is, asked.length, victim.connections]).toEqual(["failed", 1, 0]);
    }
  });
});

describe("whatever a spec calls an id", () => {
  const hosts = ["https://evil.test", "//evil.test", "@evil.test", "\\evil.test", "?", "#", "%2f..%2f", "\r\nHost: evil.test"];
  const crafted = fc.tuple(validIds, fc.nat(), fc.constantFrom(...hosts)).map(([id, at, text]) => id.slice(0, at % id.length) + text + id.slice(at % id.length));
  const texts = fc.oneof(doubtfulIds, crafted, fc.constantFrom(...hosts));

  test("what parses as one is asked at the endpoint, below its subscription, and says no more than its segments", async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom(parseArmId, parseScope, parseAnyArmId), async (text, parse) => {
        const parsed = parse(text);
        if (!parsed.ok) return;
        const client = inTurn({ status: 404 });
        await azureClientOver(client).read(parsed.id, REQUEST);
        const [request] = client.requests;
        const url = new URL(request?.url ?? "");
        expect([url.origin, url.search, url.hash, url.username]).toEqual([ENDPOINT, "?api-version=2025-01-01", "", ""]);
        expect(decodeURIComponent(url.pathname)).toBe(parsed.id);
        expect(url.pathname).toMatch(/^\/subscriptions\/[0-9a-f-]{36}(?:\/|$)/);
      }),
    );
  });

  test("and what does not parse is asked nowhere", () => {
    fc.assert(fc.property(crafted, (text) => [parseArmId(text), parseScope(text), parseAnyArmId(text)].every(({ ok }) => !ok)));
  });

  test("a name of a role is a text in a filter, whatever is in it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom("' or 1 eq 1 or roleName eq '", "x&$filter=", "a#b", "a/../b", "\r\nx: y")), async (name) => {
        const client = inTurn({ status: 200, body: { value: [] } });
        await azureClientOver(client).roleDefinition(IDENTITY, { name }, REQUEST);
        const url = new URL(client.requests[0]?.url ?? "");
        expect([url.origin, [...url.searchParams.keys()].toSorted(), url.hash]).toEqual([ENDPOINT, ["$filter", "api-version"], ""]);
        expect(url.searchParams.get("$filter")).toBe(`roleName eq '${name.replaceAll("'", "''")}'`);
      }),
    );
  });
});
