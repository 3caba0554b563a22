import { isOlderVersion, keyOf, type KubeObject, type ObjectKey, type ResourceType } from "../api/object.ts";
import type { Change } from "./change.ts";
import type { ExportWrite, KubeDocument, KubeEvent, KubePort, KubeWrite } from "./ports.ts";

/** What our last write to an object led to. */
interface Written {
  readonly uid: string;
  readonly resourceVersion: string;
}

/**
 * Knows the writes of this process, so that their echoes in the watch wake nobody, so that no unit runs on an object older
 * than our own last write to it (DESIGN 2), and so that the next write of the same pass carries the version of the one before,
 * which the cache learns of only by the watch. A watch can be faster than the answer to the write: what arrives while a write
 * of the object is under way is judged when the answer is there.
 */
export class OwnWrites implements KubePort {
  readonly #kube: KubePort;
  readonly #judge: (change: Change) => void;
  readonly #lastWritten = new Map<ObjectKey, Written>();
  readonly #inFlight = new Map<ObjectKey, number>();
  readonly #deferred = new Map<ObjectKey, Change>();

  constructor(kube: KubePort, judge: (change: Change) => void) {
    this.#kube = kube;
    this.#judge = judge;
  }

  addFinalizer(type: ResourceType, object: KubeObject): Promise<KubeWrite> {
    return this.#tracked(object, () => this.#kube.addFinalizer(type, object));
  }

  removeFinalizer(type: ResourceType, object: KubeObject): Promise<KubeWrite> {
    return this.#tracked(object, () => this.#kube.removeFinalizer(type, object));
  }

  applyStatus(type: ResourceType, object: KubeObject, status: object): Promise<KubeWrite> {
    return this.#tracked(object, () => this.#kube.applyStatus(type, this.#newest(object), status));
  }

  readDocument(kind: "Secret" | "ConfigMap", namespace: string, name: string): Promise<KubeDocument> {
    return this.#kube.readDocument(kind, namespace, name);
  }

  exportConfigMap(object: KubeObject, name: string, data: Readonly<Record<string, string>>): Promise<ExportWrite> {
    return this.#kube.exportConfigMap(object, name, data);
  }

  exportServiceAccount(object: KubeObject, name: string, annotations: Readonly<Record<string, string>>): Promise<ExportWrite> {
    return this.#kube.exportServiceAccount(object, name, annotations);
  }

  withdrawExport(object: KubeObject, kind: "ConfigMap" | "ServiceAccount", name: string): Promise<ExportWrite> {
    return this.#kube.withdrawExport(object, kind, name);
  }

  record(object: KubeObject, event: KubeEvent): Promise<void> {
    return this.#kube.record(object, event);
  }

  /** Whether a cached object is older than our last write to it. */
  isBehind(object: KubeObject): boolean {
    const last = this.#last(object);
    return last !== undefined && isOlderVersion(object.metadata.resourceVersion, last);
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
  }

  async #tracked(object: KubeObject, write: () => Promise<KubeWrite>): Promise<KubeWrite> {
    const key = keyOf(object);
    const { uid } = object.metadata;
    this.#inFlight.set(key, (this.#inFlight.get(key) ?? 0) + 1);
    try {
      const answer = await write();
      if (answer.is === "written") this.#note(key, { uid, resourceVersion: answer.resourceVersion });
      return answer;
    } finally {
      this.#land(key);
    }
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
    const left = (this.#inFlight.get(key) ?? 1) - 1;
    if (left > 0) {
      this.#inFlight.set(key, left);
      return;
    }
    this.#inFlight.delete(key);
    const change = this.#deferred.get(key);
    this.#deferred.delete(key);
    if (change !== undefined) this.#judge(change);
  }
}
