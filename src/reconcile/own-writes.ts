import { FINALIZER } from "../api/group.ts";
import { isOlderVersion, keyOf, type KubeObject, type ObjectKey } from "../api/object.ts";
import type { Change } from "./change.ts";
import type { KubePort, KubeWrite } from "./ports.ts";

/** What our last write to an object led to. */
interface Written {
  readonly uid: string;
  readonly resourceVersion: string;
  /** The unit whose pass wrote it. */
  readonly by: string;
}

/**
 * Knows the writes of this process, so that their echoes in the watch wake nobody, so that no unit runs on an object older
 * than our own last write to it (DESIGN 2), and so that the next write of the same pass carries the version of the one before,
 * which the cache learns of only by the watch. A watch can be faster than the answer to the write: what arrives while a write
 * of the object is under way is judged when the answer is there.
 */
export class OwnWrites {
  readonly #kube: KubePort;
  readonly #judge: (change: Change) => void;
  readonly #lastWritten = new Map<ObjectKey, Written>();
  /** How many writes of an object are under way, and of which unit the last of them is. */
  readonly #inFlight = new Map<ObjectKey, { readonly count: number; readonly by: string }>();
  readonly #deferred = new Map<ObjectKey, Change>();
  /** Uids of objects that left our finalizer behind while they were deleted, until the watch says so. */
  readonly #released = new Map<ObjectKey, string>();

  constructor(kube: KubePort, judge: (change: Change) => void) {
    this.#kube = kube;
    this.#judge = judge;
  }

  /**
   * The writes of a unit's passes. An edit can bring an object from one unit into another while a pass of the first is under way:
   * who does not know what the pass of another unit has just stored, such as what is held, must neither replace it nor let it go.
   */
  of(unit: string): KubePort {
    const kube = this.#kube;
    const write = (object: KubeObject, make: () => Promise<KubeWrite>): Promise<KubeWrite> =>
      this.#isOvertaken(unit, object) ? Promise.resolve(OVERTAKEN) : this.#tracked(unit, object, make);
    return {
      addFinalizer: (type, object) => write(object, () => kube.addFinalizer(type, object)),
      removeFinalizer: (type, object) => write(object, async () => this.#noteReleased(object, await kube.removeFinalizer(type, object))),
      applyStatus: (type, object, status) => write(object, () => kube.applyStatus(type, this.#newest(object), status)),
      readDocument: (kind, namespace, name) => kube.readDocument(kind, namespace, name),
      exportConfigMap: (object, name, data) => kube.exportConfigMap(object, name, data),
      exportServiceAccount: (object, name, annotations) => kube.exportServiceAccount(object, name, annotations),
      withdrawExport: (object, kind, name) => kube.withdrawExport(object, kind, name),
      record: (object, event) => kube.record(object, event),
    };
  }

  /** Objects that are remembered. */
  get size(): number {
    return this.#lastWritten.size + this.#inFlight.size + this.#deferred.size + this.#released.size;
  }

  /** Whether a cached object is older than our last write to it, or still shows the finalizer that it has lost by us. */
  isBehind(object: KubeObject): boolean {
    if (this.#released.get(keyOf(object)) === object.metadata.uid && object.metadata.finalizers?.includes(FINALIZER) === true) return true;
    const last = this.#last(object);
    return last !== undefined && isOlderVersion(object.metadata.resourceVersion, last);
  }

  /** Whether a write of an object is under way, or led to a version that is newer than this one. */
  isAhead(object: KubeObject): boolean {
    return this.#inFlight.has(keyOf(object)) || this.isBehind(object);
  }

  /** Whether a version of an object is one that we wrote, or an older one. */
  isOwn(object: KubeObject): boolean {
    const last = this.#last(object);
    return last !== undefined && !isOlderVersion(last, object.metadata.resourceVersion);
  }

  /** Takes a change for later when a write of the object is under way; the first `previous` stays the one to compare with. */
  defers(key: ObjectKey, change: Change): boolean {
    if (!this.#inFlight.has(key)) return false;
    const earlier = this.#deferred.get(key);
    this.#deferred.set(key, earlier === undefined ? change : { previous: earlier.previous, next: change.next });
    return true;
  }

  /** Forgets an object that is gone. */
  forget(key: ObjectKey): void {
    this.#lastWritten.delete(key);
    this.#released.delete(key);
  }

  async #tracked(by: string, object: KubeObject, write: () => Promise<KubeWrite>): Promise<KubeWrite> {
    const key = keyOf(object);
    const { uid } = object.metadata;
    this.#inFlight.set(key, { count: (this.#inFlight.get(key)?.count ?? 0) + 1, by });
    try {
      const answer = await write();
      if (answer.is === "written") this.#note(key, { uid, resourceVersion: answer.resourceVersion, by });
      return answer;
    } finally {
      this.#land(key);
    }
  }

  #isOvertaken(unit: string, object: KubeObject): boolean {
    const key = keyOf(object);
    const flight = this.#inFlight.get(key);
    if (flight !== undefined && flight.by !== unit) return true;
    return this.isBehind(object) && this.#lastWritten.get(key)?.by !== unit;
  }

  /** The answer to such a removal need not have a version of its own, and the object may be gone with it. */
  #noteReleased(object: KubeObject, answer: KubeWrite): KubeWrite {
    if (object.metadata.deletionTimestamp !== undefined && answer.is !== "failed") this.#released.set(keyOf(object), object.metadata.uid);
    return answer;
  }

  #note(key: ObjectKey, write: Written): void {
    const last = this.#lastWritten.get(key);
    if (last === undefined || isOlderVersion(last.resourceVersion, write.resourceVersion)) this.#lastWritten.set(key, write);
  }

  /** The version that our last write gave to this very object; a later object of its name has none of ours yet. */
  #last(object: KubeObject): string | undefined {
    const last = this.#lastWritten.get(keyOf(object));
    return last?.uid === object.metadata.uid ? last.resourceVersion : undefined;
  }

  #newest(object: KubeObject): KubeObject {
    const last = this.#last(object);
    if (last === undefined || !this.isBehind(object)) return object;
    return { ...object, metadata: { ...object.metadata, resourceVersion: last } };
  }

  #land(key: ObjectKey): void {
    const flight = this.#inFlight.get(key);
    if (flight !== undefined && flight.count > 1) {
      this.#inFlight.set(key, { ...flight, count: flight.count - 1 });
      return;
    }
    this.#inFlight.delete(key);
    const change = this.#deferred.get(key);
    this.#deferred.delete(key);
    if (change !== undefined) this.#judge(change);
  }
}

const OVERTAKEN: KubeWrite = { is: "failed", message: "another unit of this operator has written it meanwhile", afterSeconds: 1 };
