import type { KubeObject } from "../api/object.ts";

/** What happened to an object: added, changed, or (without `next`) gone; `previous` is how it was last known. */
export type ObjectEvent =
  | { readonly previous: undefined; readonly next: KubeObject }
  | { readonly previous: KubeObject; readonly next: KubeObject }
  | { readonly previous: KubeObject; readonly next: undefined };

/** Read access to the objects of one resource. */
export interface Store {
  /** The object of that name; the namespace is empty for cluster-scoped ones. */
  get(namespace: string, name: string): KubeObject | undefined;
  list(): Iterable<KubeObject>;
  readonly size: number;
}

/**
 * The objects of one resource as they were last seen. Each change returns the events that it means; an object that was
 * deleted and made again is told as gone and added, also when only the new one was ever seen.
 */
export class ObjectStore implements Store {
  #objects = new Map<string, KubeObject>();

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  list(): Iterable<KubeObject> {
    return this.#objects.values();
  }

  /** Takes an object that was added or changed. The same version again means nothing. */
  put(next: KubeObject): readonly ObjectEvent[] {
    const key = keyWithin(next);
    const previous = this.#objects.get(key);
    this.#objects.set(key, next);
    return changes(previous, next);
  }

  /** Takes the last state of an object that was deleted. Nothing happens when another one has its name by now. */
  remove(last: KubeObject): readonly ObjectEvent[] {
    const key = keyWithin(last);
    if (this.#objects.get(key)?.metadata.uid !== last.metadata.uid) return [];
    this.#objects.delete(key);
    return [{ previous: last, next: undefined }];
  }

  /** Takes a complete list: what is not in it is gone. */
  replace(objects: Iterable<KubeObject>): readonly ObjectEvent[] {
    const before = this.#objects;
    this.#objects = new Map();
    const events: ObjectEvent[] = [];
    for (const next of objects) {
      const key = keyWithin(next);
      events.push(...changes(before.get(key), next));
      this.#objects.set(key, next);
    }
    for (const [key, previous] of before) {
      if (!this.#objects.has(key)) events.push({ previous, next: undefined });
    }
    return events;
  }
}

function changes(previous: KubeObject | undefined, next: KubeObject): readonly ObjectEvent[] {
  if (previous === undefined) return [{ previous, next }];
  if (previous.metadata.uid !== next.metadata.uid) {
    return [
      { previous, next: undefined },
      { previous: undefined, next },
    ];
  }
  if (previous.metadata.resourceVersion === next.metadata.resourceVersion) return [];
  return [{ previous, next }];
}

function keyWithin(object: KubeObject): string {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}
