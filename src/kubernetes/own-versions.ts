import { isOlderVersion } from "../api/object.ts";

const MAX_OBJECTS = 5000;

/**
 * The versions that our own writes gave to objects. The cache learns of a write only by the watch, so the next write of
 * the same pass would carry the version before it.
 */
export class OwnVersions {
  readonly #versions = new Map<string, string>();

  /** Remembers what a write answered; the oldest are forgotten. */
  wrote(uid: string, resourceVersion: string): void {
    this.#versions.delete(uid);
    this.#versions.set(uid, resourceVersion);
    const [oldest] = this.#versions.keys();
    if (this.#versions.size > MAX_OBJECTS && oldest !== undefined) this.#versions.delete(oldest);
  }

  /** Forgets an object that is gone. */
  forget(uid: string): void {
    this.#versions.delete(uid);
  }

  /** The newer one of the version that the cache has and the one of our last write. */
  newest(uid: string, cached: string): string {
    const own = this.#versions.get(uid);
    return own !== undefined && isOlderVersion(cached, own) ? own : cached;
  }
}
