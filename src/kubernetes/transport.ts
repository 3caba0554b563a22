import { ServerConfiguration, createConfiguration, wrapHttpLibrary, ResponseContext } from "@kubernetes/client-node";
import type { Configuration, RequestContext } from "@kubernetes/client-node";
import { Pool } from "undici";
import type { Dispatcher } from "undici";
import type { Authorization } from "./authorization.ts";
import { oneLine } from "./failure.ts";
import { pathTemplate } from "./resource-path.ts";

/** A request to the API server. */
export interface ApiRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with query, from the root of the server. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** What the API server answered, whatever the status; the body was read to its end. */
export interface ApiAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** The answer to a watch: a stream of chunks when it was granted, else what the server said instead. */
export type ApiStream =
  | { readonly is: "open"; readonly chunks: AsyncIterable<Buffer> }
  | { readonly is: "refused"; readonly answer: ApiAnswer };

/** A request that was made; `path` is a template without names, so that both can be labels of a metric. */
export interface RequestObservation {
  readonly method: string;
  readonly path: string;
  /** HTTP status, or `<error>` when no answer came, as client-go counts it. */
  readonly code: string;
  /** Until the answer's body was read; of a watch until its headers. */
  readonly durationMs: number;
}

/** No answer came from the API server: refused, reset, or silent. Whether a write happened is not known. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
}

/** How requests reach the API server. */
export interface Transport {
  /** One request. Rejects with {@link NoAnswerError} when no answer came, with the signal's reason when aborted. */
  request(request: ApiRequest): Promise<ApiAnswer>;
  /** A watch, on a connection of its own. Reading its chunks fails when the connection breaks. */
  stream(request: ApiRequest): Promise<ApiStream>;
  /** Ends every request and closes every connection. */
  close(): Promise<void>;
}

/** What a transport is made of. */
export interface TransportOptions {
  /** Origin of the API server, with the path of a proxy in front of it if there is one. */
  readonly server: string;
  readonly tls: TlsSettings;
  readonly authorization: Authorization;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly onRequest?: (observation: RequestObservation) => void;
}

/** TLS settings of connections, read once from the kubeconfig. */
export interface TlsSettings {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** More than 32 connections bring nothing (stack.md 1.2). */
const CONNECTIONS = 32;
const ANSWER_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 55_000;

/**
 * Two undici pools with keep-alive: one for requests and one for watches, so that watches never take the places of
 * requests. A 401 makes the authorization read its token again and repeats the request once.
 */
export function createTransport(options: TransportOptions): Transport {
  const base = new URL(options.server);
  const prefix = base.pathname.replace(/\/$/, "");
  const requests = createPool(options, { connections: CONNECTIONS, bodyTimeout: ANSWER_TIMEOUT_MS });
  const watches = createPool(options, { connections: null, bodyTimeout: 0 });

  const send = async (pool: Pool, request: ApiRequest): Promise<Dispatcher.ResponseData> => {
    const dispatch = (authorization: string | undefined): Promise<Dispatcher.ResponseData> =>
      pool.request({
        method: request.method,
        path: prefix + request.path,
        headers: { ...options.headers, ...request.headers, ...(authorization === undefined ? {} : { authorization }) },
        body: request.body ?? null,
        signal: request.signal ?? null,
      });
    const used = await options.authorization.value();
    const answer = await dispatch(used);
    if (answer.statusCode !== 401) return answer;
    const renewed = await options.authorization.renewed(used);
    if (renewed === used) return answer;
    await answer.body.dump();
    return dispatch(renewed);
  };

  const observed = async <T>(request: ApiRequest, work: () => Promise<T>, codeOf: (result: T) => number): Promise<T> => {
    const startMs = performance.now();
    const observe = (code: string): void =>
      options.onRequest?.({
        method: request.method,
        path: pathTemplate(request.path),
        code,
        durationMs: performance.now() - startMs,
      });
    try {
      const result = await work();
      observe(String(codeOf(result)));
      return result;
    } catch (error) {
      observe("<error>");
      throw request.signal?.aborted === true ? error : noAnswer(error);
    }
  };

  return {
    request: (request) => observed(request, async () => wholeAnswer(await send(requests, request)), (answer) => answer.code),
    stream: (request) => observed(request, async () => opened(await send(watches, request)), codeOfStream),
    close: async () => {
      await Promise.all([requests.destroy(), watches.destroy()]);
    },
  };
}

/** What client-node's API classes need to send their requests through a transport (stack.md 1.2). */
export function configurationFor(server: string, transport: Transport): Configuration {
  const send = async (context: RequestContext): Promise<ResponseContext> => {
    const url = context.getUrl();
    const body = context.getBody();
    const signal = context.getSignal();
    const answer = await transport.request({
      method: context.getHttpMethod() as ApiRequest["method"],
      path: url.slice(server.length),
      headers: context.getHeaders(),
      ...(typeof body === "string" ? { body } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
    return new ResponseContext(answer.code, { ...answer.headers }, bodyOf(answer.text));
  };
  return createConfiguration({ baseServer: new ServerConfiguration(server, {}), httpApi: wrapHttpLibrary({ send }) });
}

function createPool(options: TransportOptions, limits: { connections: number | null; bodyTimeout: number }): Pool {
  return new Pool(new URL(options.server).origin, {
    ...limits,
    pipelining: 1,
    allowH2: false,
    headersTimeout: ANSWER_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    connect: { ...options.tls, timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: 30_000 },
  });
}

async function wholeAnswer(response: Dispatcher.ResponseData): Promise<ApiAnswer> {
  const text = await response.body.text();
  return { code: response.statusCode, headers: flat(response.headers), text };
}

async function opened(response: Dispatcher.ResponseData): Promise<ApiStream> {
  if (response.statusCode === 200) return { is: "open", chunks: response.body as AsyncIterable<Buffer> };
  return { is: "refused", answer: await wholeAnswer(response) };
}

function codeOfStream(stream: ApiStream): number {
  return stream.is === "open" ? 200 : stream.answer.code;
}

function flat(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function bodyOf(text: string): ConstructorParameters<typeof ResponseContext>[2] {
  const binary = (): Promise<Buffer> => Promise.resolve(Buffer.from(text));
  return { text: () => Promise.resolve(text), binary, stream: () => null };
}

function noAnswer(error: unknown): NoAnswerError {
  if (error instanceof NoAnswerError) return error;
  return new NoAnswerError(`the API server does not answer: ${causeOf(error)}`, { cause: error });
}

/** The code of a network error where there is one: its text holds addresses and ports, which vary. */
function causeOf(error: unknown): string {
  if (error instanceof AggregateError) return causeOf(error.errors[0]);
  if (!(error instanceof Error)) return "unknown error";
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return oneLine(code ?? error.message);
}
