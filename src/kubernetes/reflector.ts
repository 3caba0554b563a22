import { objectAt, stringAt } from "../api/json.ts";
import type { KubeObject, ResourceType } from "../api/object.ts";
import { Backoff } from "./backoff.ts";
import { createCacheForm } from "./cached-object.ts";
import { delay } from "./clock.ts";
import type { Connection } from "./connection.ts";
import type { Ending } from "./ending.ts";
import { listAll } from "./list.ts";
import type { Clock, Log, Random } from "./ports.ts";
import { resourceName } from "./resource-path.ts";
import { ObjectStore } from "./store.ts";
import type { ObjectEvent, Store } from "./store.ts";
import { watchOnce } from "./watch.ts";
import type { WatchEvent } from "./watch.ts";

/** Why a reflector has no current view of its resource. It keeps trying. */
export type ReflectorProblem =
  /** The API server does not serve the resource: its CustomResourceDefinition is not installed. */
  | { readonly is: "missing"; readonly message: string }
  | { readonly is: "refused"; readonly code: number; readonly message: string }
  | { readonly is: "away"; readonly message: string };

/** What to reflect, and to whom. */
export interface ReflectorOptions {
  readonly connection: Pick<Connection, "transport" | "probe">;
  readonly type: ResourceType;
  /** Only objects of this name, whatever their namespace: RBAC can limit such a list and watch by resourceNames. */
  readonly onlyName?: string;
  /** Called for each change, in order and never after the stop. What it throws is logged. */
  readonly onEvent: (event: ObjectEvent) => void;
  readonly onProblem?: (problem: ReflectorProblem) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Objects per page of a list. */
  readonly pageSize?: number;
}

const PAGE_SIZE = 500;
const SILENCE_MS = 100_000;
const MIN_WATCH_SECONDS = 300;
const WATCH_SPREAD_SECONDS = 300;

/** A watch that lasted this long is progress, even if nothing happened in it. */
const PROGRESS_MS = 5000;

/**
 * Keeps a store equal to what the API server has of one resource: a paged list, then watches from where it ended.
 * Broken watches continue where they were; only an expired version or lost events make it list again, and what
 * changed meanwhile, deletions included, is told as events.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #store = new ObjectStore();
  readonly #form: (raw: unknown) => KubeObject | undefined;
  readonly #backoff: Backoff;
  readonly #resource: string;
  readonly #synced = Promise.withResolvers<void>();
  /** Where the next watch begins; undefined when a list is due. */
  #resourceVersion: string | undefined;
  /** How lists and watches ended since there was progress. */
  readonly #seen = new Set<Ending["is"]>();
  #hasSynced = false;
  /** The problem that was logged last. */
  #logged: string | undefined;
  #started = false;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#form = createCacheForm(options.type);
    this.#backoff = new Backoff(options.random);
    this.#resource = resourceName(options.type);
  }

  get store(): Store {
    return this.#store;
  }

  /** Resolves once the first list is in the store and was told; never when stopped before. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Lists and watches until the signal aborts; resolves when every request has ended, never rejects for an answer. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#started) throw new Error(`the reflector of ${this.#resource} runs already`);
    this.#started = true;
    while (!signal.aborted) {
      const version = this.#resourceVersion;
      const ending = version === undefined ? await this.#list(signal) : await this.#watch(version, signal);
      if (ending !== undefined) await this.#recover(ending, signal);
    }
  }

  async #list(signal: AbortSignal): Promise<Ending | undefined> {
    const { connection, type, onlyName, pageSize } = this.#options;
    const listing = await listAll({
      transport: connection.transport,
      type,
      ...(onlyName === undefined ? {} : { onlyName }),
      form: this.#form,
      pageSize: pageSize ?? PAGE_SIZE,
      signal,
    });
    if (listing.is !== "listed") return listing;
    this.#resourceVersion = listing.resourceVersion;
    this.#tell(this.#store.replace(listing.objects), signal);
    if (signal.aborted) return { is: "stopped" };
    this.#hasSynced = true;
    this.#synced.resolve();
    return undefined;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<Ending> {
    const { connection, type, onlyName, clock, random } = this.#options;
    const startMs = clock.now();
    const ending = await watchOnce({
      transport: connection.transport,
      type,
      ...(onlyName === undefined ? {} : { onlyName }),
      resourceVersion,
      timeoutSeconds: MIN_WATCH_SECONDS + Math.floor(random() * (WATCH_SPREAD_SECONDS + 1)),
      silenceMs: SILENCE_MS,
      clock,
      signal,
      onEvent: (event) => this.#take(event, signal),
    });
    if (ending.is === "ended" && clock.now() - startMs >= PROGRESS_MS) this.#progress();
    return ending;
  }

  #take(event: WatchEvent, signal: AbortSignal): boolean {
    const version = stringAt(objectAt(event.object, "metadata"), "resourceVersion");
    if (version === undefined) return false;
    if (event.type !== "BOOKMARK") {
      const object = this.#form(event.object);
      if (object === undefined) return false;
      this.#tell(event.type === "DELETED" ? this.#store.remove(object) : this.#store.put(object), signal);
    }
    this.#resourceVersion = version;
    this.#progress();
    return true;
  }

  #tell(events: readonly ObjectEvent[], signal: AbortSignal): void {
    for (const event of events) {
      if (signal.aborted) return;
      const { name, namespace } = (event.next ?? event.previous).metadata;
      this.#call(() => this.#options.onEvent(event), { namespace, name });
    }
  }

  #call(handler: () => void, fields: Readonly<Record<string, unknown>>): void {
    try {
      handler();
    } catch (error) {
      this.#options.log.error({ resource: this.#resource, ...fields, error }, "A handler threw");
    }
  }

  /** Waits until the next attempt makes sense. */
  async #recover(ending: Ending, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ending.is === "stopped") return;
    const waitMs = this.#waitAfter(ending);
    this.#options.log.debug({ resource: this.#resource, ending, waitMs }, "A list or watch ended");
    this.#report(ending);
    if (needsList(ending)) this.#resourceVersion = undefined;
    if (ending.is === "away") await this.#options.connection.probe.returned(signal);
    if (waitMs > 0) await delay(this.#options.clock, waitMs, signal);
  }

  /** Milliseconds to wait; none for what is no fault, unless it happened before and there was no progress since. */
  #waitAfter(ending: Ending): number {
    const isNew = !this.#seen.has(ending.is);
    this.#seen.add(ending.is);
    if (isNew && isNoFault(ending)) return 0;
    return this.#backoff.failed(ending.is === "refused" ? ending.failure.afterSeconds : undefined);
  }

  /**
   * A problem is logged once until there was progress, and only when it comes again: a server that has just started
   * refuses for a second (429, storage is initializing). The probe speaks for a server that is away.
   */
  #report(ending: Ending): void {
    const problem = problemOf(ending, this.#resource);
    if (problem === undefined) return;
    if (problem.is !== "away" && this.#backoff.failures > 1 && problem.message !== this.#logged) {
      this.#logged = problem.message;
      this.#options.log.warn({ resource: this.#resource, problem: problem.message }, "A resource cannot be watched");
    }
    this.#call(() => this.#options.onProblem?.(problem), {});
  }

  #progress(): void {
    this.#backoff.reset();
    this.#seen.clear();
    this.#logged = undefined;
  }
}

/** What happens to a healthy watch, too. */
function isNoFault(ending: Ending): boolean {
  return ending.is === "ended" || ending.is === "expired" || ending.is === "silent" || ending.is === "away";
}

/** Whether events may have been lost: a server that is away or busy still has them. */
function needsList(ending: Ending): boolean {
  switch (ending.is) {
    case "expired":
    case "garbled":
    case "missing":
      return true;
    case "refused":
      return ending.failure.code < 500 && ending.failure.code !== 429 && ending.failure.code !== 401 && ending.failure.code !== 403;
    case "ended":
    case "silent":
    case "away":
    case "stopped":
      return false;
  }
}

function problemOf(ending: Ending, resource: string): ReflectorProblem | undefined {
  switch (ending.is) {
    case "missing":
      return { is: "missing", message: `cannot list ${resource}: the API server does not serve it: ${ending.message}` };
    case "refused": {
      const { code, message } = ending.failure;
      return { is: "refused", code, message: `cannot list or watch ${resource}: ${message}` };
    }
    case "away":
      return { is: "away", message: `cannot list or watch ${resource}: ${ending.message}` };
    case "ended":
    case "expired":
    case "silent":
    case "garbled":
    case "stopped":
      return undefined;
  }
}
