import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** A gate on the way to a server: connections pass while it is open and are cut when it closes. */
export class Gate {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isOpen = true;

  constructor(target: URL) {
    this.#server = createServer((outside) => {
      if (!this.#isOpen) {
        outside.destroy();
        return;
      }
      const inside = connect(Number(target.port), target.hostname);
      this.#join(outside, inside);
      this.#join(inside, outside);
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, "127.0.0.1", resolve);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  open(): void {
    this.#isOpen = true;
  }

  /** Cuts every connection; new ones are cut as they come. */
  close(): void {
    this.#isOpen = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.once("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
