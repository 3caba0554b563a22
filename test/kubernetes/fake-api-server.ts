import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** A request that waits for its answer from the test. */
export class FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, body: string) {
    this.method = request.method ?? "";
    this.url = new URL(request.url ?? "/", "http://fake");
    this.headers = request.headers;
    this.body = body;
    this.#response = response;
  }

  get path(): string {
    return this.url.pathname;
  }

  query(name: string): string | null {
    return this.url.searchParams.get(name);
  }

  json(code: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.#response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  }

  /** A body of kind Status. */
  status(code: number, reason: string, message: string, rest: { details?: object; headers?: Record<string, string> } = {}): void {
    const body = { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message, details: rest.details ?? {} };
    this.json(code, body, rest.headers);
  }

  text(code: number, body: string): void {
    this.#response.writeHead(code, { "content-type": "text/plain" }).end(body);
  }

  /** Begins the answer to a watch. */
  open(): void {
    this.#response.writeHead(200, { "content-type": "application/json" });
    this.#response.flushHeaders();
  }

  /** Sends an event of a watch. */
  event(type: string, object: unknown): void {
    this.bytes(`${JSON.stringify({ type, object })}\n`);
  }

  bytes(chunk: string | Buffer): void {
    this.#response.write(chunk);
  }

  /** Ends a watch as the server does at its timeout. */
  end(): void {
    this.#response.end();
  }

  /** Cuts the connection. */
  reset(): void {
    const { socket } = this.#response;
    if (socket instanceof TLSSocket) socket.destroy();
    else socket?.resetAndDestroy();
  }

  /** Resolves when the other side has closed the connection. */
  closed(): Promise<void> {
    const { socket } = this.#response;
    if (socket === null || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once("close", () => resolve());
    });
  }
}

/** An HTTP server whose answers a test gives by hand, one request after the other. */
export class FakeApiServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting: FakeRequest[] = [];
  #takers: ((request: FakeRequest) => void)[] = [];
  #port = 0;
  #handshakes = 0;
  readonly #isTls: boolean;

  constructor(tls?: { readonly key: string; readonly cert: string }) {
    const listener: RequestListener = (request, response) => void this.#receive(request, response);
    this.#isTls = tls !== undefined;
    this.#server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
    this.#server.keepAliveTimeout = 0;
    this.#server.on(this.#isTls ? "secureConnection" : "connection", (socket: Socket) => {
      this.#handshakes += 1;
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  get origin(): string {
    return `${this.#isTls ? "https" : "http"}://127.0.0.1:${this.#port}`;
  }

  /** Connections that were opened, with TLS the handshakes. */
  get handshakes(): number {
    return this.#handshakes;
  }

  /** Requests that nobody has taken yet. */
  get untaken(): readonly FakeRequest[] {
    return this.#waiting;
  }

  /** Listens, the second time at the same port. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection and refuses new ones. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** The next request, in the order of arrival. */
  next(): Promise<FakeRequest> {
    const request = this.#waiting.shift();
    if (request !== undefined) return Promise.resolve(request);
    return new Promise((resolve) => {
      this.#takers.push(resolve);
    });
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received = new FakeRequest(request, response, Buffer.concat(chunks).toString());
    const taker = this.#takers.shift();
    if (taker === undefined) this.#waiting.push(received);
    else taker(received);
  }
}
