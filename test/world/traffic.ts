import type { Errand } from "./errand.ts";

interface Answer {
  readonly is: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** No unit has reason to ask the same thing so often; a few edits of people and retries come to far less. */
const MAX_TIMES_A_MINUTE = 30;

/** Longer than any list of a world lags, in milliseconds, and than a pass takes that has read it. */
const LIST_LAG_MS = 30_000;

/** What a unit of one process has on its way to Azure. Two processes know nothing of each other. */
export class Traffic {
  /** What was wrong about the order or the time of requests. */
  readonly faults: string[] = [];
  readonly #now: () => number;
  readonly #writing = new Map<string, string>();
  /** Long-running operations by their polling URL. */
  readonly #operations = new Map<string, { readonly lane: string; readonly unit: string }>();
  readonly #notBefore = new Map<string, number>();
  /** How often each request was made in the minute that it was last made in. */
  readonly #thisMinute = new Map<string, { readonly minute: number; readonly times: number }>();
  /** Bodies that Azure took last, by path in lower case, and which process knows. */
  readonly #landed = new Map<string, { readonly body: string; readonly process: number | undefined; readonly atMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A request sets out. Who was told to come later, and whom nothing woke, must not be early. */
  ask(errand: Errand | undefined, { method, url }: { readonly method: string; readonly url: string }): void {
    if (errand === undefined) return;
    const key = `${errand.process} ${errand.unit} ${method} ${url}`;
    this.#count(key);
    const atMs = this.#notBefore.get(key);
    this.#notBefore.delete(key);
    // Whom a person wakes need not wait, nor what becomes of that.
    if (errand.priority === "user") this.#excuse(`${errand.process} ${errand.unit} `);
    else if (atMs !== undefined && this.#now() < atMs) this.faults.push(`${method} ${tail(url)} comes ${((atMs - this.#now()) / 1000).toFixed(1)} s before Retry-After allows it`);
  }

  #excuse(unit: string): void {
    for (const key of this.#notBefore.keys()) if (key.startsWith(unit)) this.#notBefore.delete(key);
  }

  #count(key: string): void {
    const minute = Math.floor(this.#now() / 60_000);
    const last = this.#thisMinute.get(key);
    const times = last?.minute === minute ? last.times + 1 : 1;
    this.#thisMinute.set(key, { minute, times });
    if (times === MAX_TIMES_A_MINUTE) this.faults.push(`${tail(key)} is asked ${times} times in a minute`);
  }

  /** Whether Azure took this very body last, and a process knows: from the answer, or from a list that does not lag any more. */
  hasTaken(errand: Errand | undefined, { path, body }: { readonly path: string; readonly body: unknown }): boolean {
    const last = this.#landed.get(path.toLowerCase());
    const isKnown = last?.process === errand?.process || this.#now() - (last?.atMs ?? 0) > LIST_LAG_MS;
    return isKnown && last?.body === JSON.stringify(body);
  }

  /** Azure took a body, and said so. */
  took(errand: Errand | undefined, { path, body }: { readonly path: string; readonly body: unknown }): void {
    this.#landed.set(path.toLowerCase(), { body: JSON.stringify(body), process: errand?.process, atMs: this.#now() });
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
    const lane = laneOf(errand);
    const other = this.#writing.get(lane);
    if (other !== undefined && other !== errand.unit) this.faults.push(`${tail(url)} is written while a write of ${tail(other)} is under way in its lane (invariant 5)`);
    // A unit that lost sight of its own operation is held back by the state of the resource; other units of the lane are not.
    const operation = [...this.#operations.values()].find((each) => each.lane === lane && each.unit !== errand.unit);
    if (operation !== undefined) this.faults.push(`${tail(url)} is written while an operation of ${tail(operation.unit)} runs in its lane (invariant 5)`);
    this.#writing.set(lane, errand.unit);
    return () => void this.#writing.delete(lane);
  }

  /** An answer reached the operator: an operation may have begun, or be over. */
  answered(errand: Errand | undefined, { url, isWrite, answer }: { readonly url: string; readonly isWrite: boolean; readonly answer: Answer }): void {
    if (errand === undefined || answer.headers === undefined) return;
    const follow = answer.headers["azure-asyncoperation"] ?? (answer.status === 202 ? answer.headers["location"] : undefined);
    if (!isWrite && follow !== undefined && isRunning(answer)) this.#moves(url, follow);
    if (isWrite && follow !== undefined) this.#operations.set(follow, { lane: laneOf(errand), unit: errand.unit });
    if (!isWrite && !isRunning(answer)) this.#operations.delete(url);
    // Of an operation whose unit is no more the resource itself says that it is over.
    if (!isWrite && isSettled(answer)) for (const [each, { lane }] of this.#operations) if (lane.startsWith(`${errand.process} `) && targetOf(url).endsWith(lane.slice(lane.indexOf(" ") + 1))) this.#operations.delete(each);
  }

  /** An operation is known by the URL that it was given last. */
  #moves(from: string, to: string): void {
    const operation = this.#operations.get(from);
    this.#operations.delete(from);
    if (operation !== undefined) this.#operations.set(to, operation);
  }
}

/** Whom Azure serialises, whoever asks: a resource, and all federated credentials of an identity and data roles of an account (arm.md 4, 11). */
function laneOf({ process, unit }: Errand): string {
  return `${process} ${unit.slice(unit.indexOf("|") + 1).replace(/\/(?:sqlroleassignments|federatedidentitycredentials)\/[^/]+$/, "")}`;
}

/** What a request is about. What a unit asks besides, it does without when it is not answered. */
function targetOf(url: string): string {
  return url.replace(/\?.*$/, "").toLowerCase();
}

function isRunning({ status, body }: Answer): boolean {
  return status === 202 || status === 429 || (status ?? 0) >= 500 || /"status":\s*"(?!Succeeded|Failed|Canceled)/.test(body ?? "");
}

function isSettled({ status, body }: Answer): boolean {
  return status === 200 && /"provisioningState":\s*"(?:Succeeded|Failed|Canceled)"/.test(body ?? "");
}

/** The part of an id that tells it from others. */
function tail(id: string): string {
  return id.replace(/\?.*$/, "").replace(/^.*\/providers\//i, "");
}
