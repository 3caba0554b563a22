import { delay } from "./clock.ts";
import type { Clock, Log, Random } from "./ports.ts";
import type { Transport } from "./transport.ts";

const INTERVAL_MS = 1000;
const ASK_TIMEOUT_MS = 5000;
const RELEASE_JITTER_MS = 1000;

/** A server that answers this often without ever calling itself ready is taken as alive. */
const MAX_NOT_READY = 15;

/** What a probe is made of. */
export interface ProbeOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Asks an API server that went away, once a second and for everybody who waits, whether it is back (DESIGN 4).
 * While nobody waits, nothing is asked.
 */
export class ServerProbe {
  readonly #options: ProbeOptions;
  #asking: Promise<void> | undefined;
  #waiting = 0;
  #idle = new AbortController();

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** Resolves within a second of jitter after the server answered, or when the signal aborts; never rejects. */
  async returned(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#waiting += 1;
    this.#asking ??= this.#ask();
    await Promise.race([this.#asking, aborted(signal)]);
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#rest();
    await delay(this.#options.clock, this.#options.random() * RELEASE_JITTER_MS, signal);
  }

  #rest(): void {
    this.#idle.abort();
    this.#asking = undefined;
  }

  async #ask(): Promise<void> {
    const { clock, log } = this.#options;
    this.#idle = new AbortController();
    const idle = this.#idle.signal;
    const sinceMs = clock.now();
    log.warn({}, "The API server is away");
    let notReady = 0;
    while (!idle.aborted) {
      const answer = await this.#readiness(idle);
      if (answer === "unready") notReady += 1;
      if (answer === "ready" || notReady >= MAX_NOT_READY) break;
      await delay(clock, INTERVAL_MS, idle);
    }
    if (idle.aborted) return;
    this.#asking = undefined;
    log.info({ awaySeconds: Math.round((clock.now() - sinceMs) / 1000) }, "The API server is back");
  }

  /** A server that refuses to say how it is (401, 403, 404) is alive. */
  async #readiness(idle: AbortSignal): Promise<"ready" | "unready" | "away"> {
    const asking = new AbortController();
    const abort = (): void => asking.abort();
    const cancel = this.#options.clock.after(ASK_TIMEOUT_MS, abort);
    idle.addEventListener("abort", abort);
    try {
      const answer = await this.#options.transport.request({ method: "GET", path: "/readyz", signal: asking.signal });
      return answer.code >= 500 || answer.code === 429 ? "unready" : "ready";
    } catch {
      return "away";
    } finally {
      cancel();
      idle.removeEventListener("abort", abort);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
