import type { IncomingRequest } from "./faults.ts";

/** One request that came, in the order of arrival. */
export type RecordedRequest = IncomingRequest & {
  /** The status answered; 0 while it is not answered and for a connection that was cut. */
  readonly status: number;
  /** Epoch milliseconds of the clock at arrival. */
  readonly at: number;
};

const SECRET_HEADERS = ["authorization", "cookie"];
const SIGNATURE = ["t", "c", "s", "h"];

/** Every request, without tokens, secrets and signatures. */
export class RequestLog {
  #requests: readonly RecordedRequest[] = [];
  readonly #onAnswered: ((request: RecordedRequest) => void) | undefined;

  constructor(onAnswered: ((request: RecordedRequest) => void) | undefined) {
    this.#onAnswered = onAnswered;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  clear(): void {
    this.#requests = [];
  }

  /** Notes an arrival and returns how to note its answer. */
  arrived(request: IncomingRequest, at: number): (status: number) => void {
    const entry = { ...request, headers: safeHeaders(request), query: safeQuery(request), status: 0, at };
    (this.#requests as RecordedRequest[]).push(entry);
    return (status) => {
      entry.status = status;
      this.#onAnswered?.(entry);
    };
  }
}

function safeHeaders(request: IncomingRequest): IncomingRequest["headers"] {
  return Object.fromEntries(Object.entries(request.headers).filter(([name]) => !SECRET_HEADERS.includes(name)));
}

function safeQuery(request: IncomingRequest): IncomingRequest["query"] {
  if (request.query["c"] === undefined) return request.query;
  return Object.fromEntries(Object.entries(request.query).map(([name, value]) => [name, SIGNATURE.includes(name) ? "REDACTED" : value]));
}
