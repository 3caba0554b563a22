import { createHmac, randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "./clock.ts";
import type { Answer, ArmError } from "./errors.ts";
import type { JsonObject } from "./json.ts";

/** What the path of a polling URL may be made of. */
export interface OperationPlace {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
  /** Name of the resource that is written. */
  readonly name: string;
  readonly operationId: string;
}

/** How a provider lets its long-running operations be followed (arm.md 2.3). */
export interface OperationStyle {
  /** Path of the polling URLs. */
  readonly path: (place: OperationPlace) => string;
  /** Path of the Location URL, where it is another. */
  readonly resultPath?: (place: OperationPlace) => string;
  /** Query members before the signature; the api-version is the provider's choice. The result is what Location leads to. */
  readonly query: (operationId: string, apiVersion: string, form: "status" | "result") => string;
  /** What GET on the polling URL is authorized as. */
  readonly pollAction: string;
  /** The words of the status while it runs, one after the other, each for an equal part of the time. */
  readonly runningWords: readonly string[];
  /** Retry-After of the accepting answer; none when absent. */
  readonly firstRetryAfterSeconds?: number;
  /** Retry-After of polls while it runs; none when absent. */
  readonly pollRetryAfterSeconds?: number;
  /** Set where the status body has the word, and the error, and nothing else. */
  readonly statusOnly?: true;
  /** More members of the status body. */
  readonly statusMembers?: (place: OperationPlace) => JsonObject;
}

/** Which headers the accepting answer has; with none, only the resource's own state tells. */
export type OperationHeaders = "azure-asyncoperation" | "location" | "both" | "none";

/** What an operation is about; also what `failOperation` matches on. */
export interface OperationSubject {
  readonly resourceId: string;
  readonly type: string;
  readonly method: string;
}

/** What has to be known to begin an operation. */
export interface OperationPlan extends OperationSubject {
  readonly style: OperationStyle;
  readonly place: Omit<OperationPlace, "operationId">;
  readonly apiVersion: string;
  readonly seconds: number;
  readonly headers: OperationHeaders;
  /** Applied when its time has come and nothing failed it. */
  readonly finish: () => void;
  /** Applied instead of `finish` when it fails. */
  readonly fail: (error: ArmError) => void;
  /** What the Location URL answers at the end; 200 without a body by default. */
  readonly result?: () => Answer;
  /** Why it is going to fail, where that is known from the beginning. */
  readonly error?: ArmError;
}

interface Operation {
  readonly plan: OperationPlan;
  readonly operationId: string;
  readonly startedAtMs: number;
  readonly endsAtMs: number;
  readonly error: ArmError | undefined;
  /** Set where each poll hands out a new URL. */
  readonly moves: OldUrl | undefined;
  ended: boolean;
}

/** What becomes of the URL of an operation that hands out a new one at each poll. */
export type OldUrl = "works" | "gone";

interface Handle {
  readonly operation: Operation;
  readonly form: "status" | "result";
}

interface Sabotage {
  readonly match: (subject: OperationSubject) => boolean;
  readonly error?: ArmError;
  readonly moves?: OldUrl;
  times: number;
}

interface Appointment {
  readonly atMs: number;
  readonly act: () => void;
}

/** A poll that found its operation. */
export interface Poll {
  /** Answers it; that may end the life of the URL. */
  readonly answer: () => Answer;
  readonly type: string;
  readonly action: string;
}

/** The long-running operations. They end in clock time, whenever somebody looks. */
export class Operations {
  readonly #clock: Clock;
  readonly #endpoint: () => string;
  readonly #retryAfterSeconds: () => number | null;
  readonly #key = randomBytes(32);
  readonly #handles = new Map<string, Handle>();
  readonly #sabotages = new Set<Sabotage>();
  #running: readonly Operation[] = [];
  #appointments: readonly Appointment[] = [];

  /** While `retryAfterSeconds` says so, every operation is to be asked for that often, whatever its type says. */
  constructor(clock: Clock, endpoint: () => string, retryAfterSeconds: () => number | null) {
    this.#clock = clock;
    this.#endpoint = endpoint;
    this.#retryAfterSeconds = retryAfterSeconds;
  }

  /** Begins an operation and returns the headers of the accepting answer. One of no length has ended already. */
  begin(plan: OperationPlan): Readonly<Record<string, string>> {
    const startedAtMs = this.#clock.now();
    const endsAtMs = startedAtMs + plan.seconds * 1000;
    const sabotage = this.#sabotage(plan);
    const operation = { plan, operationId: randomUUID(), startedAtMs, endsAtMs, error: plan.error ?? sabotage?.error, moves: sabotage?.moves, ended: false };
    this.#running = [...this.#running, operation];
    const retryAfter = this.#retryAfterSeconds() ?? plan.style.firstRetryAfterSeconds;
    const wants = (form: OperationHeaders): boolean => plan.headers === form || plan.headers === "both";
    return {
      ...(wants("azure-asyncoperation") ? { "azure-asyncoperation": this.#handOut(operation, "status") } : {}),
      ...(wants("location") ? { location: this.#handOut(operation, "result") } : {}),
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    };
  }

  /** Ends every operation whose time has come, the earliest first. */
  settle(): void {
    const nowMs = this.#clock.now();
    const due = this.#running.filter((operation) => operation.endsAtMs <= nowMs);
    const kept = this.#appointments.filter(({ atMs }) => atMs <= nowMs);
    if (due.length + kept.length === 0) return;
    this.#running = this.#running.filter((operation) => operation.endsAtMs > nowMs);
    this.#appointments = this.#appointments.filter(({ atMs }) => atMs > nowMs);
    const ends = due.map((operation) => ({ atMs: operation.endsAtMs, act: () => end(operation) }));
    for (const { act } of [...ends, ...kept].toSorted((a, b) => a.atMs - b.atMs)) act();
  }

  /** Has something happen at that time of the clock, in epoch milliseconds, among the ends of operations. */
  at(atMs: number, act: () => void): void {
    this.#appointments = [...this.#appointments, { atMs, act }];
  }

  /** Says whether an operation runs on a resource or below it; the key is a lower-cased id. */
  isRunningWithin(key: string): boolean {
    return this.#running.some(({ plan }) => plan.resourceId === key || plan.resourceId.startsWith(`${key}/`));
  }

  /** When the last operation that runs on a resource or below it ends, in epoch milliseconds; 0 when none runs. */
  endOf(key: string): number {
    const running = this.#running.filter(({ plan }) => plan.resourceId === key || plan.resourceId.startsWith(`${key}/`));
    return Math.max(0, ...running.map(({ endsAtMs }) => endsAtMs));
  }

  /** Answers a polling URL; only a URL exactly as it was handed out is known. */
  poll(pathAndQuery: string): Poll | undefined {
    const handle = this.#handles.get(pathAndQuery);
    if (!handle) return undefined;
    const { plan } = handle.operation;
    const answer = (): Answer => (handle.form === "status" ? this.#status(handle.operation) : this.#result(handle.operation, pathAndQuery));
    return { answer: () => this.#moved(handle, pathAndQuery, answer()), type: plan.type, action: plan.style.pollAction };
  }

  /** Makes the next operations that match end as failed. Returns how to call it off. */
  failNext(match: (subject: OperationSubject) => boolean, error: ArmError, times: number): () => void {
    return this.#plan({ match, error, times });
  }

  /** Makes the next operation that matches hand out a new URL at each poll. Returns how to call it off. */
  moveNext(match: (subject: OperationSubject) => boolean, old: OldUrl): () => void {
    return this.#plan({ match, moves: old, times: 1 });
  }

  #plan(sabotage: Sabotage): () => void {
    this.#sabotages.add(sabotage);
    return () => this.#sabotages.delete(sabotage);
  }

  #sabotage(plan: OperationPlan): Sabotage | undefined {
    const sabotage = [...this.#sabotages].find((candidate) => candidate.match(plan));
    if (!sabotage) return undefined;
    sabotage.times -= 1;
    if (sabotage.times <= 0) this.#sabotages.delete(sabotage);
    return sabotage;
  }

  /** The answer of a poll with the URL of the next one, where the operation moves. */
  #moved({ operation, form }: Handle, pathAndQuery: string, answer: Answer): Answer {
    if (operation.moves === undefined || operation.ended) return answer;
    if (operation.moves === "gone") this.#handles.delete(pathAndQuery);
    const header = form === "status" ? "azure-asyncoperation" : "location";
    return { ...answer, headers: { ...answer.headers, [header]: this.#handOut(operation, form) } };
  }

  #handOut(operation: Operation, form: Handle["form"]): string {
    const { plan, operationId } = operation;
    const { path: statusPath, resultPath } = plan.style;
    const path = (form === "result" ? (resultPath ?? statusPath) : statusPath)({ ...plan.place, operationId });
    const monitor = form === "result" && plan.headers === "both" && !resultPath ? "&monitor=true" : "";
    const unsigned = `${path}?${plan.style.query(operationId, plan.apiVersion, form)}${monitor}`;
    const pathAndQuery = `${unsigned}&${this.#signature(unsigned)}`;
    this.#handles.set(pathAndQuery, { operation, form });
    return this.#endpoint() + pathAndQuery;
  }

  /** The query members t, c, s and h; together some kilobytes, as Azure's are. */
  #signature(unsigned: string): string {
    const ticks = `${621_355_968_000_000_000n + BigInt(this.#clock.now()) * 10_000n}`;
    const hash = createHmac("sha256", this.#key).update(unsigned).digest("base64url");
    return `t=${ticks}&c=${randomBytes(1400).toString("base64url")}&s=${randomBytes(256).toString("base64url")}&h=${hash}`;
  }

  #status(operation: Operation): Answer {
    const { plan, operationId, error } = operation;
    const iso = (ms: number): string => new Date(ms).toISOString();
    const known = { name: operationId, startTime: iso(operation.startedAtMs), ...plan.style.statusMembers?.({ ...plan.place, operationId }) };
    const common = plan.style.statusOnly ? {} : known;
    if (!operation.ended) return this.#runningAnswer({ ...common, status: wordAt(operation, this.#clock.now()) }, plan.style, 200);
    const endTime = plan.style.statusOnly ? {} : { endTime: iso(operation.endsAtMs) };
    const ended = { ...common, ...endTime, status: error ? "Failed" : "Succeeded" };
    return { status: 200, body: error ? { ...ended, error: { ...error } } : ended };
  }

  #result(operation: Operation, pathAndQuery: string): Answer {
    const { error, plan } = operation;
    if (!operation.ended) {
      const accepted = this.#runningAnswer(undefined, plan.style, 202);
      return { ...accepted, headers: { ...accepted.headers, location: this.#endpoint() + pathAndQuery } };
    }
    return error ? { status: 400, body: { error: { ...error } } } : (plan.result?.() ?? { status: 200 });
  }

  #runningAnswer(body: JsonObject | undefined, style: OperationStyle, status: number): Answer {
    const seconds = this.#retryAfterSeconds() ?? style.pollRetryAfterSeconds;
    return { status, body, ...(seconds === undefined ? {} : { headers: { "retry-after": String(seconds) } }) };
  }
}

function end(operation: Operation): void {
  operation.ended = true;
  if (operation.error) operation.plan.fail(operation.error);
  else operation.plan.finish();
}

function wordAt(operation: Operation, nowMs: number): string {
  const words = operation.plan.style.runningWords;
  const done = (nowMs - operation.startedAtMs) / (operation.endsAtMs - operation.startedAtMs);
  return words[Math.min(words.length - 1, Math.floor(done * words.length))] ?? "InProgress";
}
