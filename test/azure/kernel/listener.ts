import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServingCertificate } from "./certificates.ts";

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, undecoded. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined when it was over the limit. */
  readonly body: Buffer | undefined;
}

/** What goes back: an answer, one that ends in the middle of its body, or a connection that is cut. */
export type WireAnswer =
  | { readonly is: "answer" | "half"; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  | { readonly is: "reset" };

/** The running HTTPS server. */
export interface Listener {
  readonly port: number;
  /** Ends open connections and stops listening. */
  close(): Promise<void>;
}

/** ARM's cap on the size of a request (arm.md 2.1). */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** Serves HTTPS with keep-alive on 127.0.0.1. */
export async function listen(
  port: number,
  certificate: ServingCertificate,
  handle: (request: WireRequest) => Promise<WireAnswer>,
): Promise<Listener> {
  const server = createServer({ key: certificate.keyPem, cert: certificate.certificatePem, keepAlive: true, keepAliveTimeout: 120_000 });
  server.on("request", (message, response) => {
    serve(message, response, handle).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  handle: (request: WireRequest) => Promise<WireAnswer>,
): Promise<void> {
  const body = await bodyOf(message);
  const answer = await handle({ method: message.method ?? "GET", url: message.url ?? "/", headers: headersOf(message), body });
  if (answer.is === "reset") {
    message.socket.resetAndDestroy();
    return;
  }
  const length = { "content-length": String(Buffer.byteLength(answer.body)) };
  response.writeHead(answer.status, { ...answer.headers, ...(answer.status === 204 ? {} : length) });
  if (answer.is === "half") response.write(answer.body.slice(0, answer.body.length / 2), () => message.socket.destroy());
  else response.end(answer.body);
}

async function bodyOf(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  return bytes <= BODY_LIMIT_BYTES ? Buffer.concat(chunks) : undefined;
}

function headersOf(message: IncomingMessage): Readonly<Record<string, string>> {
  const entries = Object.entries(message.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : (value ?? "")]);
  return Object.fromEntries(entries) as Record<string, string>;
}
