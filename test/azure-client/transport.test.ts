import type { RequestListener } from "node:http";
import type { HttpMethods, PipelineResponse } from "@azure/core-rest-pipeline";
import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import { afterEach, describe, expect, test } from "vitest";
import { resourceTypeOf } from "../../src/azure/resource-type.ts";
import type { RequestObservation, TransportOptions } from "../../src/azure/transport.ts";
import { TransportError, createTransport, proxyFromEnvironment } from "../../src/azure/transport.ts";
import { TestClock } from "./fake-azure.ts";
import type { LocalServer } from "./local-server.ts";
import { serveHttps, serveProxy } from "./local-server.ts";

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

interface Sent {
  readonly path?: string;
  readonly method?: HttpMethods;
  readonly body?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

async function setUp(handle: RequestListener, options: Partial<TransportOptions> = {}) {
  const server = await serveHttps(handle);
  cleanUps.push(() => server.stop());
  return { server, ...transportTo(server, options) };
}

function transportTo(server: LocalServer, options: Partial<TransportOptions>) {
  const seen: RequestObservation[] = [];
  const transport = createTransport({ clock: new TestClock(), caPem: server.caPem, onRequest: (observation) => seen.push(observation), ...options });
  cleanUps.push(() => transport.close());
  const send = ({ path = "/", method = "GET", body, signal, timeoutMs = 5000 }: Sent = {}): Promise<PipelineResponse> => {
    const headers = createHttpHeaders({ "x-sent": "1" });
    const request = createPipelineRequest({ url: server.url + path, method, headers, ...(body === undefined ? {} : { body }), ...(signal === undefined ? {} : { abortSignal: signal }) });
    return transport.client(timeoutMs).sendRequest(request);
  };
  return { send, seen };
}

async function failure(answer: Promise<unknown>): Promise<{ reason: string; code: string; message: string }> {
  const error: unknown = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TransportError)) throw new Error(`not a TransportError: ${String(error)}`);
  return { reason: error.reason, code: error.code, message: error.message };
}

describe("a request", () => {
  test("goes out and comes back whole", async () => {
    const { send } = await setUp((request, response) => {
      request.setEncoding("utf8");
      let text = "";
      request.on("data", (chunk: string) => (text += chunk));
      request.on("end", () => {
        response.writeHead(201, { "x-many": ["a", "b"] });
        response.end(`${request.method} ${request.url} ${String(request.headers["x-sent"])} ${text}`);
      });
    });
    const answer = await send({ path: "/a%20b?c='d'&s=x%2Fy", method: "PUT", body: "äöü" });
    expect(answer.status).toBe(201);
    expect(answer.bodyAsText).toBe("PUT /a%20b?c='d'&s=x%2Fy 1 äöü");
  });

  test("keeps its connection for the next one, also across clients", async () => {
    const { send, server } = await setUp((_, response) => response.end("{}"));
    for (let count = 0; count < 20; count += 1) await send({ timeoutMs: 5000 + count });
    // A second one can be opened while the first is being handed back.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test("is not redirected", async () => {
    const { send, seen } = await setUp((_, response) => response.writeHead(302, { location: "https://127.0.0.1:1/" }).end());
    expect((await send()).status).toBe(302);
    expect(seen).toHaveLength(1);
  });

  test("needs https unless it says otherwise", async () => {
    const transport = createTransport({ clock: new TestClock() });
    cleanUps.push(() => transport.close());
    await expect(transport.client(5000).sendRequest(createPipelineRequest({ url: "http://127.0.0.1:1/" }))).rejects.toThrow("must use https");
  });
});

describe("no answer", () => {
  test("in time", async () => {
    const { send } = await setUp(() => undefined);
    expect(await failure(send({ timeoutMs: 20 }))).toEqual({ reason: "timeout", code: "RequestTimeout", message: "no answer within 0.02 s" });
  });

  test("that ends in time", async () => {
    const { send } = await setUp((_, response) => response.writeHead(200).write("{"));
    expect(await failure(send({ timeoutMs: 50 }))).toMatchObject({ reason: "timeout" });
  });

  test("because the caller gave up, before or after sending", async () => {
    const { send, server } = await setUp(() => undefined);
    expect(await failure(send({ signal: AbortSignal.abort() }))).toMatchObject({ reason: "aborted", code: "RequestAborted" });
    expect(server.connections).toBe(0);
    const aborting = new AbortController();
    const answer = failure(send({ signal: aborting.signal }));
    aborting.abort();
    expect(await answer).toMatchObject({ reason: "aborted" });
  });

  test("because the connection was cut", async () => {
    const { send } = await setUp((request) => request.socket.destroy());
    expect(await failure(send())).toMatchObject({ reason: "connection", message: expect.stringMatching(/^the connection failed \(\w+\); check the network/) as string });
  });

  test("because nobody listens", async () => {
    const { send, server } = await setUp(() => undefined);
    server.stop();
    expect(await failure(send())).toMatchObject({ reason: "connection", code: "ECONNREFUSED" });
  });

  test("because the certificate is not trusted", async () => {
    const { server } = await setUp((_, response) => response.end());
    const other = await serveHttps(() => undefined);
    cleanUps.push(() => other.stop());
    const { send } = transportTo(server, { caPem: other.caPem });
    expect(await failure(send())).toMatchObject({ reason: "connection", message: expect.stringContaining("add the authority that signed it") as string });
  });

  test("that is small enough", async () => {
    const { send } = await setUp((_, response) => response.end("x".repeat(1001)), { maxResponseBytes: 1000 });
    expect(await failure(send())).toMatchObject({ reason: "too-large", code: "ResponseTooLarge" });
  });

  test("with headers of more than 16 KiB is given up", async () => {
    const { send } = await setUp((_, response) => void response.writeHead(200, { "x-long": "x".repeat(17_000) }).end());
    expect(await failure(send())).toMatchObject({ reason: "too-large", code: "ResponseTooLarge", message: expect.stringContaining("headers") });
  });

  test("with a signed address of several thousand characters is taken", async () => {
    const { send } = await setUp((_, response) => void response.writeHead(200, { location: `https://arm.test/${"x".repeat(8000)}` }).end());
    expect((await send()).headers.get("location")).toHaveLength(8017);
  });

  test("one that just fits is taken", async () => {
    const { send } = await setUp((_, response) => response.end("x".repeat(1000)), { maxResponseBytes: 1000 });
    expect((await send()).bodyAsText).toHaveLength(1000);
  });
});

describe("observation", () => {
  const path = "/subscriptions/s/resourceGroups/secret-name/providers/Microsoft.Web/sites/shop";

  test("tells method, type, code, time and Retry-After, and no name", async () => {
    const clock = new TestClock();
    const { send, seen } = await setUp((_, response) => {
      clock.advance(250);
      response.writeHead(429, { "retry-after": "17" }).end();
    }, { clock });
    await send({ path, method: "PATCH" });
    expect(seen).toEqual([{ method: "PATCH", resourceType: "microsoft.web/sites", code: "429", durationMs: 250, retryAfterSeconds: 17 }]);
  });

  test("tells why there was no answer", async () => {
    const { send, seen } = await setUp((request) => request.socket.destroy());
    await failure(send({ path }));
    await failure(send({ path, signal: AbortSignal.abort() }));
    expect(seen.map((observation) => observation.code)).toEqual(["connection", "aborted"]);
  });

  test.each([
    [`https://arm.test${path}?api-version=1`, "microsoft.web/sites"],
    ["https://arm.test/subscriptions/s/resourcegroups/g/providers/Microsoft.Web/sites/a/slots/b", "microsoft.web/sites/slots"],
    ["https://arm.test/subscriptions/s/providers/Microsoft.Compute/locations/we/operations/o?t=1", "microsoft.compute/locations/operations"],
    ["https://arm.test/subscriptions/s/resourceGroups/g?api-version=1", "microsoft.resources/resourcegroups"],
    ["https://arm.test/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/a/providers/Microsoft.Authorization/roleAssignments/r", "microsoft.authorization/roleassignments"],
    ["https://login.test/tenant/oauth2/v2.0/token", "token"],
    ["https://login.test/tenant/v2.0/.well-known/openid-configuration", "token"],
    ["http://169.254.169.254/metadata/identity/oauth2/token?resource=x", "token"],
    ["https://arm.test/", "other"],
    ["nonsense", "other"],
  ])("the type of %s", (url, expected) => {
    expect(resourceTypeOf(url)).toBe(expected);
  });
});

describe("a proxy", () => {
  async function through(noProxy: string) {
    const targets: string[] = [];
    const { server } = await setUp((_, response) => response.end("{}"));
    const proxy = await serveProxy(targets, server);
    cleanUps.push(() => proxy.stop());
    const transport = createTransport({ clock: new TestClock(), caPem: server.caPem, proxy: { httpsProxy: proxy.url, noProxy } });
    cleanUps.push(() => transport.close());
    const get = (url: string) => transport.client(5000).sendRequest(createPipelineRequest({ url }));
    return { targets, get, server };
  }

  test("is used for https, with the same trust as without it", async () => {
    const { targets, get } = await through("");
    // The certificate of the other end is trusted, but made out to another name: TLS went through the tunnel.
    expect(await failure(get("https://arm.invalid/"))).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    expect(targets).toEqual(["arm.invalid:443"]);
  });

  test("is never used for the machine itself", async () => {
    const { targets, get, server } = await through("");
    expect((await get(server.url)).status).toBe(200);
    expect(targets).toEqual([]);
  });

  test("is not used for hosts that are excepted", async () => {
    const { targets, get } = await through("other.invalid,.invalid");
    expect(await failure(get("https://arm.invalid/"))).toMatchObject({ reason: "connection" });
    expect(targets).toEqual([]);
  });

  test.each([
    [{}, undefined],
    [{ HTTPS_PROXY: "" }, undefined],
    [{ HTTPS_PROXY: "http://p:1" }, { httpsProxy: "http://p:1", noProxy: "" }],
    [{ https_proxy: "http://p:1", no_proxy: "a,b" }, { httpsProxy: "http://p:1", noProxy: "a,b" }],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "c" }, { httpsProxy: "http://p:1", noProxy: "c" }],
  ])("as the environment %j says", (environment, expected) => {
    expect(proxyFromEnvironment(environment)).toEqual(expected);
  });
});
