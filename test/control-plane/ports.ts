import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the ranges from which Linux (32768) and macOS (49152) take the ports of outgoing connections: a server that is restarted finds its port free. */
const lowestPort = 20_000;
const highestPort = 32_767;

/**
 * Returns a TCP port of 127.0.0.1 on which nothing listens. Throws when a hundred random tries found none.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(lowestPort, highestPort + 1);
    if (await canListen(port)) return port;
  }
  throw new Error("cannot find a free TCP port on 127.0.0.1: 100 tries were taken; end programs that listen there");
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
