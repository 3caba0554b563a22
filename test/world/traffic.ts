import type { Errand } from "./errand.ts";

interface Answer {
  readonly is: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a unit of one process has on its way to Azure. Two processes know nothing of each other. */
export class Traffic {
  /** What was wrong about the order or the time of requests. */
  readonly faults: string[] = [];
  readonly #now: () => number;
  readonly #writing = new Map<string, string>();
  /** Long-running operations by their polling URL. */
  readonly #operations = new Map<string, { readonly lane: string; readonly unit: string }>();
  readonly #notBefore = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A request sets out. Who was told to come later, and whom nothing woke, must not be early. */
  ask(errand: Errand | undefined, { method, url }: { readonly method: string; readonly url: string }): void {
    if (errand === undefined) return;
    const key = `${errand.process} ${errand.unit} ${method} ${url}`;
    const atMs = this.#notBefore.get(key);
    this.#notBefore.delete(key);
    if (atMs !== undefined && this.#now() < atMs && errand.priority !== "user") this.faults.push(`${method} ${tail(url)} comes ${((atMs - this.#now()) / 1000).toFixed(1)} s before Retry-After allows it`);
  }

  /** Azure told a request to come back after so long. */
  throttled(errand: Errand | undefined, { method, url, seconds }: { readonly method: string; readonly url: string; readonly seconds: number }): void {
    if (errand !== undefined && errand.unit.endsWith(targetOf(url))) this.#notBefore.set(`${errand.process} ${errand.unit} ${method} ${url}`, this.#now() + seconds * 1000);
  }

  /** Azure no longer knows an operation, or says so; then only the resource itself tells. */
  forgets(url: string): void {
    this.#operations.delete(url);
  }

  /** A write sets out; returns what is to be called when it is answered. At most one is under way in a lane (invariant 5). */
  writes(errand: Errand | undefined, url: string): () => void {
    if (errand === undefined) return () => undefined;
    const lane = `${errand.process} ${errand.lane}`;
    const other = this.#writing.get(lane);
    if (other !== undefined && other !== errand.unit) this.faults.push(`${tail(url)} is written while a write of ${tail(other)} is under way in its lane (invariant 5)`);
    const operation = [...this.#operations.values()].find((each) => each.lane === lane);
    if (operation !== undefined) this.faults.push(`${tail(url)} is written while an operation of ${tail(operation.unit)} runs in its lane (invariant 5)`);
    this.#writing.set(lane, errand.unit);
    return () => void this.#writing.delete(lane);
  }

  /** An answer reached the operator: an operation may have begun, or be over. */
  answered(errand: Errand | undefined, { url, isWrite, answer }: { readonly url: string; readonly isWrite: boolean; readonly answer: Answer }): void {
    if (errand === undefined || answer.headers === undefined) return;
    const follow = answer.headers["azure-asyncoperation"] ?? (answer.status === 202 ? answer.headers["location"] : undefined);
    if (isWrite && follow !== undefined) this.#operations.set(follow, { lane: `${errand.process} ${errand.lane}`, unit: errand.unit });
    if (!isWrite && !isRunning(answer)) this.#operations.delete(url);
  }
}

/** What a request is about. What a unit asks besides, it does without when it is not answered. */
function targetOf(url: string): string {
  return url.replace(/\?.*$/, "").toLowerCase();
}

function isRunning({ status, body }: Answer): boolean {
  return status === 202 || status === 429 || (status ?? 0) >= 500 || /"status":\s*"(?!Succeeded|Failed|Canceled)/.test(body ?? "");
}

/** The part of an id that tells it from others. */
function tail(id: string): string {
  return id.replace(/\?.*$/, "").replace(/^.*\/providers\//i, "");
}
