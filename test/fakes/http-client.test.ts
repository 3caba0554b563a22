import type { IncomingMessage, ServerResponse } from "node:http";
import { createPipelineRequest, type HttpClient, type PipelineRequest } from "@azure/core-rest-pipeline";
import { afterEach, describe, expect, test } from "vitest";
import { createTransport, TransportError } from "../../src/azure/transport.ts";
import { ENDPOINT, FakeHttpClient, type Scripted } from "../azure-client/fake-azure.ts";
import { serveHttps } from "../azure-client/local-server.ts";

/** What becomes of a request: answered, cut off, never answered. */
type Fate = Scripted | "cut" | "silence";

/** A request as the other side saw it. */
interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** A client whose requests meet their fates in turn. */
interface ClientUnderTest {
  readonly client: HttpClient;
  readonly endpoint: string;
  readonly seen: () => readonly Seen[];
  close(): Promise<void>;
}

const TIMEOUT_MS = 400;

const clients: readonly (readonly [string, (fates: readonly Fate[]) => Promise<ClientUnderTest>])[] = [
  ["the scripted one of the gateway's tests", async (fates) => scripted(fates)],
  ["the real transport, before a server", overTls],
];

/** As the tests write their scripts: an answer, or the error that the transport throws. */
function scripted(fates: readonly Fate[]): ClientUnderTest {
  const errors = { cut: new TransportError("connection", "ECONNRESET", "the connection failed (ECONNRESET)"), silence: new TransportError("timeout", "RequestTimeout", "no answer within 0.4 s") };
  const client = new FakeHttpClient((_request, index) => {
    const fate = fates[index] ?? "cut";
    return typeof fate === "string" ? errors[fate] : fate;
  });
  return {
    client,
    endpoint: ENDPOINT,
    seen: () => client.requests.map(({ method, url, body }) => ({ method, path: url.slice(ENDPOINT.length), body: typeof body === "string" ? body : "" })),
    close: async () => undefined,
  };
}

async function overTls(fates: readonly Fate[]): Promise<ClientUnderTest> {
  const seen: Seen[] = [];
  const server = await serveHttps((request, response) => void serve({ request, response, fate: fates[seen.length] ?? "cut" }, seen));
  const transport = createTransport({ clock: { now: () => 0 }, caPem: server.caPem });
  return {
    client: transport.client(TIMEOUT_MS),
    endpoint: server.url,
    seen: () => seen,
    close: async () => {
      await transport.close();
      server.stop();
    },
  };
}

async function serve({ request, response, fate }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly fate: Fate }, seen: Seen[]): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  seen.push({ method: request.method ?? "", path: request.url ?? "", body: Buffer.concat(chunks).toString() });
  if (fate === "cut") response.destroy();
  else if (fate !== "silence") response.writeHead(fate.status, { ...fate.headers }).end(typeof fate.body === "string" ? fate.body : JSON.stringify(fate.body));
}

const open: ClientUnderTest[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

describe.each(clients)("%s", (_name, start) => {
  async function opened(...fates: readonly Fate[]): Promise<ClientUnderTest & { readonly ask: (more?: Partial<PipelineRequest> & { readonly path?: string }) => ReturnType<HttpClient["sendRequest"]> }> {
    const under = await start(fates);
    open.push(under);
    const ask = ({ path = "/", ...more }: Partial<PipelineRequest> & { readonly path?: string } = {}) => under.client.sendRequest(Object.assign(createPipelineRequest({ url: under.endpoint + path }), more));
    return { ...under, ask };
  }

  /** Why there is no answer. */
  async function why(asked: Promise<unknown>): Promise<string> {
    const error: unknown = await asked.then(() => "answered", (thrown: unknown) => thrown);
    return error instanceof TransportError ? error.reason : String(error);
  }

  test.each<[string, Scripted, string]>([
    ["JSON", { status: 200, body: { größe: "ß 𝄞", none: null } }, '{"größe":"ß 𝄞","none":null}'],
    ["text", { status: 503, headers: { "content-type": "text/html" }, body: "<html>" }, "<html>"],
    ["nothing", { status: 404 }, ""],
    ["nothing, by its status", { status: 204 }, ""],
  ])("hands on %s as text, whatever the status", async (_what, scripted, text) => {
    const { ask } = await opened(scripted);
    const { status, bodyAsText } = await ask();
    expect([status, bodyAsText]).toEqual([scripted.status, text]);
  });

  test("hands on headers, to be asked for in any case", async () => {
    const signed = "https://arm.test/operations/1?t=1&c=%2B&s=a%3D";
    const { ask } = await opened({ status: 202, headers: { "Retry-After": "17", "azure-asyncoperation": signed } });
    const { headers } = await ask();
    expect([headers.get("retry-after"), headers.get("Azure-AsyncOperation"), headers.get("location")]).toEqual(["17", signed, undefined]);
  });

  test("sends method, path, query and body as they are", async () => {
    const { ask, seen } = await opened({ status: 200 });
    const request = { method: "PATCH", path: "/subscriptions/a/x%2Fy?api-version=1&%24filter=name%20eq%20'b'&t=%2B", body: '{"größe":1}' } as const;
    await ask(request);
    expect(seen()).toEqual([request]);
  });

  test("sends nothing of a request that was given up before, and says that it was given up", async () => {
    const { ask, seen } = await opened({ status: 200 });
    expect([await why(ask({ abortSignal: AbortSignal.abort() })), seen()]).toEqual(["aborted", []]);
  });

  test("tells a cut connection from an answer that does not come", async () => {
    const { ask } = await opened("cut", "silence");
    expect([await why(ask()), await why(ask())]).toEqual(["connection", "timeout"]);
  });
});
