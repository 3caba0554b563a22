import { createSecureContext, getCACertificates } from "node:tls";
import type { HttpClient, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import { createHttpHeaders } from "@azure/core-rest-pipeline";
import type { Dispatcher } from "undici";
import { Agent, EnvHttpProxyAgent } from "undici";
import type { Clock } from "./contract.ts";
import { resourceTypeOf } from "./resource-type.ts";
import { retryAfterSeconds } from "./retry-after.ts";

/** The largest request and answer of ARM, in bytes (arm.md 2.1). */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** The largest headers of an answer, in bytes: signed URLs take several thousand (arm.md 2.3). */
const MAX_HEADER_BYTES = 16 * 1024;

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
const CONNECTIONS = 64;

/** Hosts that are never reached through a proxy: the machine itself and the instance metadata service. */
const NEVER_PROXIED = "localhost,127.0.0.1,::1,169.254.169.254";

/** What became of one HTTP request, for metrics. */
export interface RequestObservation {
  readonly method: string;
  /** Lower-case resource type, `token` for a request to the authority, `other` when the path tells nothing. */
  readonly resourceType: string;
  /** The HTTP status, or why there was none: `timeout`, `aborted`, `connection`, `too-large`. */
  readonly code: string;
  readonly durationMs: number;
  readonly retryAfterSeconds?: number;
}

/** Where HTTPS requests go through. undici reads no environment by itself here, so this is the only way to a proxy. */
export interface ProxySettings {
  readonly httpsProxy: string;
  /** Comma-separated hosts that are reached directly. */
  readonly noProxy: string;
}

/** What {@link createTransport} needs. */
export interface TransportOptions {
  readonly clock: Clock;
  /** PEM text of certificate authorities that are trusted in addition to the usual ones. */
  readonly caPem?: string;
  readonly proxy?: ProxySettings;
  readonly maxResponseBytes?: number;
  readonly onRequest?: (observation: RequestObservation) => void;
}

/** The connections that all clients share. */
export interface Transport {
  /** A client of these connections that gives each request at most so long, answer included. */
  client(timeoutMs: number): HttpClient;
  /** Ends all connections at once. */
  close(): Promise<void>;
}

/** Why a request has no answer. */
export type TransportReason = "timeout" | "aborted" | "connection" | "too-large";

/** A request that got no answer. Its texts name no URL. */
export class TransportError extends Error {
  readonly reason: TransportReason;
  readonly code: string;

  constructor(reason: TransportReason, code: string, message: string) {
    super(message);
    this.name = "TransportError";
    this.reason = reason;
    this.code = code;
  }
}

/** The proxy that the environment names (HTTPS_PROXY, NO_PROXY, in either case), or undefined. */
export function proxyFromEnvironment(environment: Readonly<Record<string, string | undefined>>): ProxySettings | undefined {
  const httpsProxy = environment["HTTPS_PROXY"] ?? environment["https_proxy"];
  if (httpsProxy === undefined || httpsProxy === "") return undefined;
  return { httpsProxy, noProxy: environment["NO_PROXY"] ?? environment["no_proxy"] ?? "" };
}

/** Opens the keep-alive connections that every client of Azure shares. Throws when the proxy's address is no URL. */
export function createTransport(options: TransportOptions): Transport {
  const dispatcher = createDispatcher(options);
  return {
    client: (timeoutMs) => ({ sendRequest: (request) => observed(options, request, () => exchange(dispatcher, request, timeoutMs)) }),
    close: () => dispatcher.destroy(),
  };
}

function createDispatcher(options: TransportOptions): Dispatcher {
  // One context for all connections: with `ca` alone each of them would parse and keep the whole list of authorities. Without
  // any of ours the list is the one that Node has parsed already.
  const authorities = options.caPem === undefined ? {} : { ca: [...getCACertificates("default"), options.caPem] };
  const tls = { secureContext: createSecureContext(authorities) };
  const shared = {
    connections: CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // One deadline covers the whole request, see exchange().
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    maxResponseSize: options.maxResponseBytes ?? MAX_BODY_BYTES,
    connect: { ...tls, timeout: CONNECT_TIMEOUT_MS },
  };
  if (options.proxy === undefined) return new Agent(shared);
  const noProxy = `${NEVER_PROXIED},${options.proxy.noProxy}`;
  return new EnvHttpProxyAgent({ ...shared, requestTls: tls, httpProxy: "", httpsProxy: options.proxy.httpsProxy, noProxy });
}

async function observed(
  options: TransportOptions,
  request: PipelineRequest,
  send: () => Promise<PipelineResponse>,
): Promise<PipelineResponse> {
  const startedAt = options.clock.now();
  const seen = (code: string, after?: number) =>
    options.onRequest?.({
      method: request.method,
      resourceType: resourceTypeOf(request.url),
      code,
      durationMs: options.clock.now() - startedAt,
      ...(after === undefined ? {} : { retryAfterSeconds: after }),
    });
  try {
    const response = await send();
    seen(String(response.status), retryAfterSeconds(response.headers, options.clock.now()));
    return response;
  } catch (error) {
    seen(error instanceof TransportError ? error.reason : "error");
    throw error;
  }
}

async function exchange(dispatcher: Dispatcher, request: PipelineRequest, timeoutMs: number): Promise<PipelineResponse> {
  const url = new URL(request.url);
  if (url.protocol !== "https:" && request.allowInsecureConnection !== true) {
    throw new TypeError("a request to Azure must use https");
  }
  const deadline = startDeadline(request, request.timeout > 0 ? request.timeout : timeoutMs);
  try {
    // Else a connection would be opened for a request that is never sent.
    deadline.signal.throwIfAborted();
    const answer = await dispatcher.request({
      origin: url.origin,
      path: verbatimPath(request.url),
      method: request.method,
      headers: request.headers.toJSON(),
      body: bodyOf(request),
      signal: deadline.signal,
    });
    const bodyAsText = await answer.body.text();
    return { request, status: answer.statusCode, headers: headersOf(answer.headers), bodyAsText };
  } catch (error) {
    throw deadline.failure() ?? transportError(error);
  } finally {
    deadline.end();
  }
}

/** Path and query as they were given: a signed query must not be encoded once more (arm.md 2.3). */
function verbatimPath(url: string): string {
  const start = url.indexOf("/", "https://".length);
  return start < 0 ? "/" : (url.slice(start).split("#")[0] ?? "/");
}

function bodyOf(request: PipelineRequest): string | null {
  if (request.body === undefined || request.body === null) return null;
  if (typeof request.body !== "string") throw new TypeError("a request to Azure must have a text body");
  return request.body;
}

function headersOf(raw: Record<string, string | string[] | undefined>): PipelineResponse["headers"] {
  const headers = createHttpHeaders();
  for (const [name, value] of Object.entries(raw)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) headers.set(name, first);
  }
  return headers;
}

interface Deadline {
  readonly signal: AbortSignal;
  /** Why the signal fired, or undefined when it did not. */
  failure(): TransportError | undefined;
  end(): void;
}

/** A signal that fires after the time-out or with the caller's own, and tells which of them it was. */
function startDeadline(request: PipelineRequest, timeoutMs: number): Deadline {
  const controller = new AbortController();
  let failure: TransportError | undefined;
  const fire = (reason: TransportError) => {
    failure ??= reason;
    controller.abort();
  };
  const onAbort = () => fire(new TransportError("aborted", "RequestAborted", "the request was given up before an answer came"));
  const timer = setTimeout(() => {
    fire(new TransportError("timeout", "RequestTimeout", `no answer within ${timeoutMs / 1000} s`));
  }, timeoutMs);
  if (request.abortSignal?.aborted === true) onAbort();
  else request.abortSignal?.addEventListener("abort", onAbort);
  return {
    signal: controller.signal,
    failure: () => failure,
    end: () => {
      clearTimeout(timer);
      request.abortSignal?.removeEventListener("abort", onAbort);
    },
  };
}

const UNTRUSTED = /^(?:UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO_SELF_SIGNED|CERT_|ERR_TLS_CERT)/;

function transportError(error: unknown): TransportError {
  const code = errorCode(error);
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return new TransportError("too-large", "ResponseTooLarge", "the answer is larger than 8 MiB");
  if (code === "UND_ERR_HEADERS_OVERFLOW") return new TransportError("too-large", "ResponseTooLarge", "the headers of the answer are larger than 16 KiB");
  if (UNTRUSTED.test(code)) {
    return new TransportError("connection", code, `the server's certificate is not trusted (${code}); add the authority that signed it to the trusted ones`);
  }
  return new TransportError("connection", code, `the connection failed (${code}); check the network, the proxy and the endpoint`);
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "UNKNOWN";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.name : errorCode(error.cause);
}
