import type { JsonValue } from "./json.ts";

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
  /** 429 with Retry-After; the code is that of ARM's own limit unless another is given (arm.md 2.6). */
  | { readonly do: "throttle"; readonly retryAfterSeconds: number; readonly code?: string }
  /** The connection is cut, before or after the request has had its effect. */
  | { readonly do: "reset"; readonly effect: "none" | "done" }
  /** Handled only after so long in clock time. */
  | { readonly do: "delay"; readonly ms: number }
  /** 504 GatewayTimeout, although the request has had its effect (arm.md 2.1). */
  | { readonly do: "gateway-timeout" }
  /** Answered as if done, but nothing has changed. */
  | { readonly do: "ignore" };

interface Interceptor {
  readonly match: (request: IncomingRequest) => boolean;
  readonly fault: Fault;
  times: number;
}

/** The faults that wait for requests. */
export class Faults {
  readonly #interceptors = new Set<Interceptor>();

  /** The next `times` requests that match meet the fault. Returns how to call it off. */
  add(match: (request: IncomingRequest) => boolean, fault: Fault, times: number): () => void {
    const interceptor = { match, fault, times };
    this.#interceptors.add(interceptor);
    return () => this.#interceptors.delete(interceptor);
  }

  /** The fault that this request meets, if any; the oldest interceptor wins. */
  take(request: IncomingRequest): Fault | undefined {
    for (const interceptor of this.#interceptors) {
      if (!interceptor.match(request)) continue;
      interceptor.times -= 1;
      if (interceptor.times <= 0) this.#interceptors.delete(interceptor);
      return interceptor.fault;
    }
    return undefined;
  }
}
