import { createHash } from "node:crypto";
import type { ArmError } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { LatencyName } from "./latencies.ts";

/** A request as interceptors see it, before anything is decided about it. */
export interface IncomingRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** ARM resource type, or `entra`. */
  readonly type: string;
  /** The ARM action; empty for Entra. */
  readonly action: string;
  /** Object id of the token's principal; undefined when there is no valid token. */
  readonly principalId: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonValue | undefined;
}

/** What goes wrong with a request. */
export type Fault =
  /** Answered so instead of by Azure; nothing happens. `text` is sent as it is, for HTML and for empty bodies. */
  | {
      readonly do: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: JsonValue;
      readonly text?: string;
    }
  /** 429 with Retry-After, as ARM (the default; `code` in place of its code), the identity provider or Microsoft.Web says it (arm.md 2.6, 3.6, 6). */
  | { readonly do: "throttle"; readonly retryAfterSeconds: number; readonly flavour?: "arm" | "msi" | "web"; readonly code?: string }
  /** The connection is cut, before or after the request has had its effect. */
  | { readonly do: "reset"; readonly effect: "none" | "done" }
  /** An error whose body is of no use, before or after the request has had its effect. */
  | { readonly do: "break"; readonly status: 500 | 502 | 503 | 504; readonly body: "html" | "empty" | "half"; readonly effect: "none" | "done" }
  /** Handled only after so long in clock time. */
  | { readonly do: "delay"; readonly ms: number }
  /** Handled only after a time drawn from a named distribution; goes together with any other fault. */
  | { readonly do: "latency"; readonly of: LatencyName }
  /** 504 GatewayTimeout, although the request has had its effect (arm.md 2.1). */
  | { readonly do: "gateway-timeout" }
  /** Answered as if done, but nothing has changed. */
  | { readonly do: "ignore" }
  /** Done, and put back as it was by somebody else after so long in clock time, but not before its operation has ended. */
  | { readonly do: "revert"; readonly afterSeconds: number }
  /** Somebody else changes the resource, or the one named, right before or after the request is handled. */
  | { readonly do: "edit"; readonly when: "before" | "after"; readonly patch: JsonObject; readonly id?: string }
  /** A read that is answered as things were so many seconds of the clock ago; ten minutes at most. */
  | { readonly do: "stale"; readonly seconds: number }
  /** The operation that the request begins ends as failed. */
  | { readonly do: "fail-operation"; readonly error: ArmError }
  /** Each poll of the operation that the request begins hands out a new URL; the old one goes on working, or is gone. */
  | { readonly do: "move-operation"; readonly old: "works" | "gone" };

/** How often a fault is met. */
export interface Dose {
  /** How many requests meet it, of those that match; default 1. */
  readonly times?: number;
  /** How many that match are let through first; default none. */
  readonly skip?: number;
  /** The share of those that match which meet it; default 1, all of them. */
  readonly likelihood?: number;
}

/** A fault that waits for requests, and how many have met it. */
export interface WaitingFault {
  readonly id: string;
  readonly fault: Fault;
  readonly met: number;
}

interface Interceptor {
  readonly number: number;
  readonly match: (request: IncomingRequest) => boolean;
  readonly fault: Fault;
  readonly likelihood: number;
  skip: number;
  times: number;
  seen: number;
  met: number;
}

/** The faults that wait for requests. Chance is a matter of the seed: the same requests in the same order meet the same faults. */
export class Faults {
  readonly #interceptors = new Map<number, Interceptor>();
  readonly #seed: number;
  readonly #drawn = new Map<string, number>();
  #last = 0;

  constructor(seed = 0) {
    this.#seed = seed;
  }

  /** The next requests that match meet the fault, one unless said otherwise. Returns its id. */
  add(match: (request: IncomingRequest) => boolean, fault: Fault, dose: Dose = {}): string {
    this.#last += 1;
    const { times = 1, skip = 0, likelihood = 1 } = dose;
    this.#interceptors.set(this.#last, { number: this.#last, match, fault, likelihood, skip, times, seen: 0, met: 0 });
    return String(this.#last);
  }

  /** Calls a fault off; says whether it was there. */
  remove(id: string): boolean {
    return this.#interceptors.delete(Number(id));
  }

  clear(): void {
    this.#interceptors.clear();
  }

  /** Those that still wait. */
  list(): readonly WaitingFault[] {
    return [...this.#interceptors.values()].map(({ number, fault, met }) => ({ id: String(number), fault, met }));
  }

  /** What this request meets: latencies, and at most one other fault, of which the oldest wins. */
  take(request: IncomingRequest): readonly Fault[] {
    const taken: Fault[] = [];
    for (const interceptor of this.#interceptors.values()) {
      const isLatency = interceptor.fault.do === "latency";
      if (!isLatency && taken.some((fault) => fault.do !== "latency")) continue;
      if (interceptor.match(request) && this.#meets(interceptor)) taken.push(interceptor.fault);
    }
    return taken;
  }

  /** The next number in [0, 1) of a series of its own. */
  drawNext(series: string): number {
    const nth = (this.#drawn.get(series) ?? 0) + 1;
    this.#drawn.set(series, nth);
    return createHash("sha256").update(`${this.#seed}/${series}/${nth}`).digest().readUInt32BE() / 2 ** 32;
  }

  #meets(interceptor: Interceptor): boolean {
    interceptor.seen += 1;
    if (interceptor.seen <= interceptor.skip) return false;
    if (interceptor.likelihood < 1 && this.drawNext(`fault ${interceptor.number}`) >= interceptor.likelihood) return false;
    interceptor.met += 1;
    if (interceptor.met >= interceptor.times) this.#interceptors.delete(interceptor.number);
    return true;
  }
}
