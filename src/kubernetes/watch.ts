import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import type { ResourceType } from "../api/object.ts";
import { endingOf, endingOfError, refusalOf } from "./ending.ts";
import type { Ending } from "./ending.ts";
import { failureOf } from "./failure.ts";
import { linesOf } from "./lines.ts";
import type { Clock } from "./ports.ts";
import { parsedJson } from "./parsed-json.ts";
import { collectionPath, fieldsOf } from "./resource-path.ts";
import type { Transport } from "./transport.ts";

/** One watch. */
export interface WatchOptions {
  readonly transport: Transport;
  readonly type: ResourceType;
  readonly onlyName?: string;
  /** Where to begin: events after this version. */
  readonly resourceVersion: string;
  /** When the server is to end the watch. */
  readonly timeoutSeconds: number;
  /** How long nothing may come; longer than bookmarks take, about a minute. */
  readonly silenceMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Takes an event; returns false for an object that cannot be understood. Not called after the signal aborted. */
  readonly onEvent: (event: WatchEvent) => boolean;
}

/** An event of a watch, as the API server sends it. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: unknown;
}

/** Runs one watch to its end and returns how it ended; never throws. */
export async function watchOnce(options: WatchOptions): Promise<Ending> {
  const watchdog = new Watchdog(options);
  try {
    const stream = await options.transport.stream({
      method: "GET",
      path: pathOf(options),
      headers: { accept: "application/json" },
      signal: watchdog.signal,
    });
    if (stream.is === "refused") return endingOf(stream.answer);
    return await readEvents(watchdog.watched(stream.chunks), options);
  } catch (error) {
    return watchdog.bit ? { is: "silent" } : endingOfError(error, options.signal);
  } finally {
    watchdog.stop();
  }
}

async function readEvents(chunks: AsyncIterable<Buffer>, options: WatchOptions): Promise<Ending> {
  for await (const line of linesOf(chunks)) {
    if (options.signal.aborted) return { is: "stopped" };
    const ending = readEvent(line, options);
    if (ending !== undefined) return ending;
  }
  return { is: "ended" };
}

function readEvent(line: string, options: WatchOptions): Ending | undefined {
  const event = parsedJson(line);
  const object: unknown = isJsonObject(event) ? event["object"] : undefined;
  const type = stringAt(event, "type");
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
    case "BOOKMARK":
      return options.onEvent({ type, object }) ? undefined : { is: "garbled" };
    case "ERROR":
      return refusalOf(failureOf(Number(objectAt(event, "object")?.["code"] ?? 500), object));
    default:
      return { is: "garbled" };
  }
}

function pathOf(options: WatchOptions): string {
  const query = new URLSearchParams({
    ...fieldsOf(options.onlyName),
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(options.timeoutSeconds),
  });
  return `${collectionPath(options.type)}?${query.toString()}`;
}

/** Aborts a watch when nothing comes for too long, or when we are told to stop. */
class Watchdog {
  readonly #options: WatchOptions;
  readonly #controller = new AbortController();
  #cancel: () => void = () => {};
  bit = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", this.#abort);
    if (options.signal.aborted) this.#abort();
    this.#sleep();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The same chunks; each one calms the watchdog. */
  async *watched(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#cancel();
      this.#sleep();
      yield chunk;
    }
  }

  stop(): void {
    this.#cancel();
    this.#options.signal.removeEventListener("abort", this.#abort);
    this.#controller.abort();
  }

  readonly #abort = (): void => this.#controller.abort();

  #sleep(): void {
    this.#cancel = this.#options.clock.after(this.#options.silenceMs, () => {
      this.bit = true;
      this.#abort();
    });
  }
}
