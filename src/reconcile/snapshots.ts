import { type ArmId, armIdKey } from "../api/arm-id.ts";
import { type JsonObject, stringAt } from "../api/json.ts";
import type { Collection } from "../kinds/kind.ts";
import type { AzureFailure, AzureList, AzurePort, AzureRead, AzureRequest, Clock } from "./ports.ts";

interface Listed {
  readonly atMs: number;
  /** How many were read before it. */
  readonly order: number;
  readonly items: ReadonlyMap<string, JsonObject>;
}

/** A collection of one life of its parent: what an earlier parent of that name had says nothing about this one. */
export interface Listing extends Collection {
  readonly incarnation: string | undefined;
}

/** What a collection shows, and how old that is. */
export type Snapshot =
  | { readonly is: "found"; readonly items: readonly JsonObject[]; readonly ageMs: number }
  | Exclude<AzureList, { readonly is: "found" }>;

/**
 * Lists that siblings share for a short time, so that twenty credentials of one identity are observed by one LIST (arm.md 4). What
 * this process writes meanwhile is entered. Two passes that want the same list ask once.
 */
export class Snapshots {
  readonly #azure: AzurePort;
  readonly #clock: Clock;
  #count = 0;
  readonly #listed = new Map<string, Listed>();
  readonly #asking = new Map<string, Promise<AzureList>>();
  /** Lists that Azure does not want to be asked for before some time. */
  readonly #throttled = new Map<string, { readonly untilMs: number; readonly failure: AzureFailure }>();

  constructor(azure: AzurePort, clock: Clock) {
    this.#azure = azure;
    this.#clock = clock;
  }

  /** How many lists were read so far. */
  get count(): number {
    return this.#count;
  }

  /** The items of a collection, not older than it says; or, with `after`, read only after so many others. */
  async items(collection: Listing, after: number | undefined, request: AzureRequest): Promise<Snapshot> {
    const key = keyOf(collection, request.credential);
    const known = this.#listed.get(key);
    const ageMs = known === undefined ? Infinity : this.#clock.now() - known.atMs;
    const isFresh = known !== undefined && (after === undefined ? ageMs < collection.maxAgeSeconds * 1000 : known.order >= after);
    if (isFresh) return { is: "found", items: [...known.items.values()], ageMs };
    const answer = this.#throttledFor(key) ?? (await this.#ask(key, collection, request));
    return answer.is === "found" ? { ...answer, ageMs: 0 } : answer;
  }

  /** Whoever wants a list that was just refused for its rate would be refused as well. */
  #throttledFor(key: string): Extract<AzureList, { is: "failed" }> | undefined {
    const throttled = this.#throttled.get(key);
    const leftMs = throttled === undefined ? 0 : throttled.untilMs - this.#clock.now();
    if (throttled === undefined || leftMs <= 0) return undefined;
    return { is: "failed", failure: { ...throttled.failure, afterSeconds: leftMs / 1000 } };
  }

  /** Collections that are remembered. */
  get size(): number {
    return this.#listed.size + this.#asking.size + this.#throttled.size;
  }

  /** Enters what a write of ours made of a resource. */
  note(collection: Listing, credential: string, written: { readonly id: ArmId; readonly body: JsonObject }): void {
    const key = keyOf(collection, credential);
    const known = this.#listed.get(key);
    if (known === undefined) return;
    const items = new Map(known.items).set(armIdKey(written.id), { id: written.id, ...written.body });
    this.#listed.set(key, { ...known, items });
  }

  /** Takes out a resource that we deleted, wherever it is listed: who deletes it need not know where that is. */
  drop(id: ArmId): void {
    for (const [key, known] of this.#listed) {
      if (!known.items.has(armIdKey(id))) continue;
      const items = new Map(known.items);
      items.delete(armIdKey(id));
      this.#listed.set(key, { ...known, items });
    }
  }

  /** Forgets a collection of which a write had an unexpected end. */
  forget(collection: Listing, credential: string): void {
    this.#listed.delete(keyOf(collection, credential));
  }

  #ask(key: string, collection: Listing, request: AzureRequest): Promise<AzureList> {
    const asking = this.#asking.get(key) ?? this.#list(key, collection, request).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  async #list(key: string, { parent, path, filter, maxAgeSeconds }: Listing, request: AzureRequest): Promise<AzureList> {
    const answer = await this.#azure.list(parent, path, filter === undefined ? request : { ...request, filter });
    this.#prune();
    if (answer.is === "found" && maxAgeSeconds > 0) {
      const items = new Map(answer.items.map((item) => [(stringAt(item, "id") ?? "").toLowerCase(), item]));
      this.#listed.set(key, { atMs: this.#clock.now(), order: this.#count, items });
      this.#count += 1;
    }
    if (answer.is === "failed" && answer.failure.class === "throttled" && answer.failure.isUnsent !== true) {
      this.#throttled.set(key, { untilMs: this.#clock.now() + (answer.failure.afterSeconds ?? 1) * 1000, failure: answer.failure });
    }
    return answer;
  }

  /** What is older than any collection may be is of no use any more. */
  #prune(): void {
    const oldestMs = this.#clock.now() - MAX_AGE_MS;
    for (const [key, { atMs }] of this.#listed) if (atMs < oldestMs) this.#listed.delete(key);
    for (const key of this.#throttled.keys()) if (this.#throttledFor(key) === undefined) this.#throttled.delete(key);
  }
}

const MAX_AGE_MS = 10 * 60_000;

function keyOf({ parent, path, filter, incarnation }: Listing, credential: string): string {
  return [credential, armIdKey(parent), incarnation ?? "", path, filter ?? ""].join("|");
}

/** The item of a list that is a resource. */
export function itemOf(items: readonly JsonObject[], id: ArmId): JsonObject | undefined {
  return items.find((item) => stringAt(item, "id")?.toLowerCase() === armIdKey(id));
}

/** A read of one resource in the form of an item. */
export function bodyOfRead(read: AzureRead): JsonObject | undefined {
  return read.is === "found" ? read.body : undefined;
}
