import { createServer as createPlainServer } from "node:http";
import type { IncomingMessage, RequestListener } from "node:http";
import { createServer } from "node:https";
import type { Duplex } from "node:stream";
import { connect } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { servingCertificate } from "../azure/kernel/certificates.ts";

/** A server on loopback. */
export interface LocalServer {
  readonly url: string;
  /** The authority that signed its certificate. */
  readonly caPem: string;
  /** Connections that were made to it so far. */
  readonly connections: number;
  stop(): void;
}

/** Serves HTTPS with a certificate of its own authority. */
export async function serveHttps(handle: RequestListener): Promise<LocalServer> {
  const certificate = servingCertificate(Date.now());
  const server = createServer({ key: certificate.keyPem, cert: certificate.certificatePem }, handle);
  return started(server, "https", certificate.caPem, () => server.closeAllConnections());
}

/** Serves a plain proxy that notes the hosts it is asked for in `targets`, and leads each to the same server. */
export async function serveProxy(targets: string[], destination: LocalServer): Promise<LocalServer> {
  const server = createPlainServer();
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    targets.push(request.url ?? "");
    const { hostname, port } = new URL(destination.url);
    const upstream = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  return started(server, "http", "", () => server.closeAllConnections());
}

async function started(server: Server, scheme: string, caPem: string, cut: () => void): Promise<LocalServer> {
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caPem,
    get connections() {
      return connections;
    },
    stop: () => {
      cut();
      server.close();
    },
  };
}
