import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { bindAddressText, type BindAddress } from "./address.ts";

/** What a page answers. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Pages by their path; made anew for each request. */
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>;

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
export async function serve(address: Extract<BindAddress, { is: "listen" }>, flag: string, pages: Pages): Promise<ListeningServer> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    void answer(request, response, pages);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listening(server, address, flag);
  const bound = server.address();
  return { port: typeof bound === "object" && bound !== null ? bound.port : address.port, close: () => closed(server) };
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

async function answer(request: IncomingMessage, response: ServerResponse, pages: Pages): Promise<void> {
  const page = await pageFor(request, pages);
  response.writeHead(page.status, {
    "content-type": page.contentType,
    "content-length": Buffer.byteLength(page.body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(page.status === 405 ? { allow: "GET, HEAD" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : page.body);
}

async function pageFor(request: IncomingMessage, pages: Pages): Promise<Page> {
  const path = (request.url ?? "").replace(/[?#].*$/s, "");
  const page = pages[path];
  if (page === undefined) return plainText(404, `not found: there are ${Object.keys(pages).join(", ")}\n`);
  if (request.method !== "GET" && request.method !== "HEAD") return plainText(405, "only GET and HEAD are allowed\n");
  try {
    return await page();
  } catch {
    return plainText(500, "cannot make this page: the log says why\n");
  }
}

/** A page of plain text. */
export function plainText(status: number, body: string): Page {
  return { status, contentType: "text/plain; charset=utf-8", body };
}
