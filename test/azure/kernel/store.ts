import { keyOf, textOf, typeOf } from "./arm-id.ts";
import type { ResourceId } from "./arm-id.ts";
import type { JsonObject } from "./json.ts";

/** The system-assigned identity of a host. */
export interface SystemAssigned {
  readonly principalId: string;
  readonly clientId: string;
}

/** One attachment. The ids are those of the moment of attachment: a re-created identity leaves them stale (arm.md 3.4). */
export interface Attachment {
  readonly id: ResourceId;
  /** The key as it was first sent. */
  readonly key: string;
  readonly principalId: string;
  readonly clientId: string;
  /** False until the operation that attaches it has finished. */
  readonly settled: boolean;
}

/** What identities a host has. The map's keys are lower-cased resource ids. */
export interface HostIdentity {
  readonly system: SystemAssigned | undefined;
  readonly user: ReadonlyMap<string, Attachment>;
}

interface Touch {
  readonly by: string;
  readonly atMs: number;
}

/** When a resource was made and last written, in epoch milliseconds. */
export interface Times {
  readonly createdMs: number;
  readonly changedMs: number;
}

/** A stored resource. Values are replaced, never changed in place. */
export interface Resource {
  readonly id: ResourceId;
  readonly location: string | undefined;
  readonly tags: JsonObject | undefined;
  /** Top-level members beside id, name, type, location, tags, identity and properties: sku, kind, zones, … */
  readonly members: JsonObject;
  readonly properties: JsonObject;
  /** What no GET shows. */
  readonly hidden: JsonObject;
  /** Undefined for a host that has never been given an identity block. */
  readonly identity: HostIdentity | undefined;
  /** The provisioning state of a write that is not finished, or of one that failed. */
  readonly provisioning: string | undefined;
  /** Counts writes; etags are made of it. */
  readonly version: number;
  /** Who made and last changed it, and when in epoch milliseconds; for types that show it. */
  readonly history?: { readonly created: Touch; readonly modified: Touch };
  readonly times?: Times;
  readonly restarts: number;
  readonly recycles: number;
}

/** A resource with nothing in it but its id and location. */
export function blankResource(id: ResourceId, location: string | undefined): Resource {
  return {
    id,
    location,
    tags: undefined,
    members: {},
    properties: {},
    hidden: {},
    identity: undefined,
    provisioning: undefined,
    version: 0,
    restarts: 0,
    recycles: 0,
  };
}

/** One change of what is stored: what was there before, under the lower-cased type and id. */
export interface Change {
  readonly type: string;
  readonly key: string;
  readonly before: Resource | undefined;
}

/** All resources, by lower-cased id, and per type. */
export class Store {
  readonly #byType = new Map<string, Map<string, Resource>>();
  readonly #now: () => number;
  #watcher: (change: Change) => void = () => undefined;

  /** `now` is the time of a write, in epoch milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Tells one watcher of every change from now on. */
  watch(watcher: (change: Change) => void): void {
    this.#watcher = watcher;
  }

  get(id: ResourceId): Resource | undefined {
    return this.#byType.get(typeOf(id).toLowerCase())?.get(keyOf(id));
  }

  /** Stores a new or changed resource and counts the write. */
  set(resource: Resource): Resource {
    const nowMs = this.#now();
    const stored = { ...resource, version: resource.version + 1, times: { createdMs: resource.times?.createdMs ?? nowMs, changedMs: nowMs } };
    this.restore(stored);
    return stored;
  }

  /** Puts a resource back exactly as it was. */
  restore(resource: Resource): void {
    const type = typeOf(resource.id).toLowerCase();
    this.#put({ type, key: keyOf(resource.id), before: resource });
  }

  delete(id: ResourceId): boolean {
    const type = typeOf(id).toLowerCase();
    return this.#put({ type, key: keyOf(id), before: undefined }) !== undefined;
  }

  /** A copy in which these changes, the newest first, have not happened. */
  without(changes: readonly Change[]): Store {
    const copy = new Store(this.#now);
    for (const [type, ofType] of this.#byType) copy.#byType.set(type, new Map(ofType));
    for (const change of changes) copy.#put(change);
    return copy;
  }

  /** Puts something, or nothing, under a key and returns what was there. */
  #put({ type, key, before: now }: Change): Resource | undefined {
    const ofType = this.#byType.get(type) ?? new Map<string, Resource>();
    const before = ofType.get(key);
    if (now) this.#byType.set(type, ofType.set(key, now));
    else ofType.delete(key);
    this.#watcher({ type, key, before });
    return before;
  }

  /** The resources of a type at or below a scope, ordered by id. */
  list(type: string, scope: string): readonly Resource[] {
    const ofType = this.#byType.get(type.toLowerCase()) ?? new Map<string, Resource>();
    const prefix = scope === "/" ? "/" : `${scope.toLowerCase()}/`;
    return [...ofType.entries()]
      .filter(([key]) => key.startsWith(prefix))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, resource]) => resource);
  }

  /** The resources of a type wherever they are, in no order. */
  ofType(type: string): readonly Resource[] {
    return [...(this.#byType.get(type.toLowerCase())?.values() ?? [])];
  }

  /** Everything below a resource: its children, its extension resources, and what is in it when it is a group. */
  below(id: ResourceId): readonly Resource[] {
    return [...this.#byType.keys()].flatMap((type) => this.list(type, textOf(id)));
  }
}
