import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { bindAddressText, type BindAddress } from "./address.ts";
import { type CertificateSource, followCertificate, type FollowOptions } from "./certificates.ts";
import type { Gate } from "./gate.ts";
import { type Page, plainText } from "./page.ts";
import type { Certificate } from "./self-signed.ts";

/** Pages by their path; made anew for each request. */
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>;

/** TLS, and who gets through it. */
export interface Security extends FollowOptions {
  readonly certificate: CertificateSource;
  readonly gate: Gate;
}

/** What a server serves. */
export interface Site {
  readonly pages: Pages;
  /** Absent: plain HTTP, to everybody. */
  readonly security?: Security;
}

/** A server that listens. */
export interface ListeningServer {
  /** The port, also when any free one was asked for. */
  readonly port: number;
  /** Stops listening and ends open connections. */
  close(): Promise<void>;
}

/** The longest time that a client may take to send its request. */
const REQUEST_TIMEOUT_MS = 5000;
const MAX_CONNECTIONS = 100;

/**
 * Serves pages to GET and HEAD. `flag` is the flag that chose the address, for the message when it cannot be had.
 * Rejects with one sentence that says what to do.
 */
export async function serve(address: Extract<BindAddress, { is: "listen" }>, flag: string, site: Site): Promise<ListeningServer> {
  const { server, end } = await serverOf(site);
  server.maxConnections = MAX_CONNECTIONS;
  await listening(server, address, flag).catch((error: unknown) => {
    end();
    throw error;
  });
  const bound = server.address();
  const close = () => {
    end();
    return closed(server);
  };
  return { port: typeof bound === "object" && bound !== null ? bound.port : address.port, close };
}

async function serverOf({ pages, security }: Site): Promise<{ readonly server: Server; readonly end: () => void }> {
  const limits = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
  const onRequest: RequestListener = (request, response) => void answer(request, response, { pages, gate: security?.gate });
  if (security === undefined) return { server: createServer(limits, onRequest), end: () => {} };
  const { present, server } = await tlsServerOf(security, (present) => createTlsServer({ ...limits, ...present, handshakeTimeout: REQUEST_TIMEOUT_MS }, onRequest));
  const end = followCertificate(security.certificate, { present, setSecureContext: (next) => server.setSecureContext(next) }, security);
  return { server, end };
}

function listening(server: Server, address: Extract<BindAddress, { is: "listen" }>, flag: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const what = `cannot listen on ${bindAddressText(address)}: ${error.code ?? error.message}`;
      reject(new Error(`${what}: choose another address with ${flag}, or 0 for none`, { cause: error }));
    });
    server.listen({ port: address.port, ...(address.host === undefined ? {} : { host: address.host }) }, resolve);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function tlsServerOf<Made>({ certificate }: Security, make: (present: Certificate) => Made): Promise<{ readonly present: Certificate; readonly server: Made }> {
  try {
    const present = await certificate();
    return { present, server: make(present) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot use the certificate for metrics: ${detail}: give --metrics-cert-path a folder with tls.crt and tls.key that belong together`, { cause: error });
  }
}

interface Answering {
  readonly pages: Pages;
  readonly gate: Gate | undefined;
}

async function answer(request: IncomingMessage, response: ServerResponse, { pages, gate }: Answering): Promise<void> {
  const refusal = await refusalOf(request, gate);
  const page = refusal ?? (await pageFor(request, pages));
  response.writeHead(page.status, {
    "content-type": page.contentType,
    "content-length": Buffer.byteLength(page.body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(page.status === 405 ? { allow: "GET, HEAD" } : {}),
    ...(page.status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : page.body);
}

async function refusalOf(request: IncomingMessage, gate: Gate | undefined): Promise<Page | undefined> {
  try {
    return await gate?.({ path: pathOf(request), authorization: request.headers.authorization });
  } catch {
    return plainText(403, "forbidden: this request could not be judged\n");
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").replace(/[?#].*$/s, "");
}

async function pageFor(request: IncomingMessage, pages: Pages): Promise<Page> {
  const path = pathOf(request);
  const page = pages[path];
  if (page === undefined) return plainText(404, `not found: there are ${Object.keys(pages).join(", ")}\n`);
  if (request.method !== "GET" && request.method !== "HEAD") return plainText(405, "only GET and HEAD are allowed\n");
  try {
    return await page();
  } catch {
    return plainText(500, "cannot make this page: the log says why\n");
  }
}
