import type { Json } from "../../src/api/json.ts";
import { keyOf, type KubeObject, type ObjectMeta } from "../../src/api/object.ts";

const FINALIZER = "azureidentity.dev/azure-resource";
const API_VERSION = "azureidentity.dev/v1alpha1";
/** The status that our CRDs give to what is new. */
const NEVER_SEEN = { observedGeneration: -1 };

/** One change of an object, as a watch tells it. */
export interface Told {
  readonly type: "put" | "remove";
  readonly object: KubeObject;
}

const TRIMMED: Told = { type: "remove", object: { apiVersion: "", kind: "", metadata: { name: "", namespace: "", uid: "", resourceVersion: "0", generation: 0, creationTimestamp: "" } } };

/** A write that the API server refuses or makes. */
export type Stored = { readonly is: "stored"; readonly object: KubeObject } | { readonly is: "conflict" } | { readonly is: "absent" };

/** The API server of a world: what is stored, and a log of changes that watches read. It survives every operator process. */
export class ApiServer {
  readonly log: Told[] = [];
  /** Told that the log has grown. */
  readonly watchers = new Set<() => void>();
  /** When somebody last changed a spec, an annotation or the being of an object, by its key. */
  readonly editedAtMs = new Map<string, number>();
  /** Until when nobody reaches it, in milliseconds since the epoch. */
  awayUntilMs = 0;
  /** Told of each status before it is stored. */
  beforeStatus: (object: KubeObject, status: unknown) => void = () => undefined;
  readonly #objects = new Map<string, KubeObject>();
  readonly #now: () => number;
  readonly #made = new Map<string, number>();
  #trimmed = 0;
  #version = 0;
  /** Namespaces and ServiceAccounts, which only administrators change. */
  readonly #places = new Map<string, KubeObject>();

  constructor(now: () => number) {
    this.#now = now;
    this.place("Namespace", "", "default");
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  /** How often an object of that key was created: what one before it left behind is not its own. */
  made(key: string): number {
    return this.#made.get(key) ?? 0;
  }

  /** Objects of our kinds. */
  list(kind?: string): readonly KubeObject[] {
    return [...this.#objects.values()].filter((object) => kind === undefined || object.kind === kind);
  }

  /** What a watch of a kind lists: objects of ours, Namespaces or ServiceAccounts. */
  listed(kind: string): readonly KubeObject[] {
    return [...this.#places.values(), ...this.#objects.values()].filter((object) => object.kind === kind);
  }

  /** The Namespace of that name. */
  namespace(name: string): KubeObject | undefined {
    return this.#places.get(`Namespace//${name}`);
  }

  /** The ServiceAccount by which the objects of a namespace reach Azure. */
  account(namespace: string): KubeObject | undefined {
    return this.#places.get(`ServiceAccount/${namespace}/azure-identity`);
  }

  /** Makes a Namespace or a ServiceAccount, or gives it labels or annotations. */
  place(kind: "Namespace" | "ServiceAccount", namespace: string, name: string, marks: Pick<ObjectMeta, "labels" | "annotations"> = {}): void {
    const key = `${kind}/${namespace}/${name}`;
    const old = this.#places.get(key);
    const metadata = old?.metadata ?? this.#metadata(key, name, namespace);
    this.editedAtMs.set(key, this.#now());
    this.#put(this.#places, { apiVersion: "v1", kind, metadata: { ...metadata, ...marks } });
  }

  /** Removes a Namespace or a ServiceAccount at once. */
  displace(key: string): void {
    const old = this.#places.get(key);
    this.editedAtMs.set(key, this.#now());
    if (old !== undefined) this.#drop(this.#places, old);
  }

  /** What kubectl apply does: creates an object, or changes its spec. Nothing can be changed once deletion began but by finalizers. */
  apply(kind: string, name: string, spec: Json, namespace = "default"): void {
    if (!this.#isOpen(namespace)) return;
    const key = `${kind}/${namespace}/${name}`;
    const old = this.get(key);
    if (old !== undefined && JSON.stringify(old.spec) === JSON.stringify(spec)) return;
    const metadata = old?.metadata ?? this.#metadata(key, name, namespace);
    this.editedAtMs.set(key, this.#now());
    this.#store({ apiVersion: API_VERSION, kind, status: NEVER_SEEN, ...old, metadata: { ...metadata, generation: metadata.generation + 1 }, spec });
  }

  annotate(key: string, annotations: Readonly<Record<string, string>>): void {
    const old = this.get(key);
    this.editedAtMs.set(key, this.#now());
    if (old !== undefined) this.#store({ ...old, metadata: { ...old.metadata, annotations } });
  }

  delete(key: string): void {
    const old = this.get(key);
    if (old === undefined || old.metadata.deletionTimestamp !== undefined) return;
    this.editedAtMs.set(key, this.#now());
    if ((old.metadata.finalizers ?? []).length === 0) this.#remove(old);
    else this.#store({ ...old, metadata: { ...old.metadata, generation: old.metadata.generation + 1, deletionTimestamp: this.#iso() } });
  }

  /** Deletes a namespace: all its objects at once, and nothing new is taken before they are gone. */
  vanish(name: string): void {
    const namespace = this.namespace(name);
    if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
    this.#put(this.#places, { ...namespace, metadata: { ...namespace.metadata, deletionTimestamp: this.#iso() } });
    this.displace(`ServiceAccount/${name}/azure-identity`);
    for (const { kind, metadata } of this.list()) if (metadata.namespace === name) this.delete(`${kind}/${name}/${metadata.name}`);
  }

  /** Whether a namespace takes new objects; one that has vanished to its last object is made anew by who needs it. */
  #isOpen(name: string): boolean {
    const isEnding = this.namespace(name)?.metadata.deletionTimestamp !== undefined;
    if (isEnding && this.list().some(({ metadata }) => metadata.namespace === name)) return false;
    if (isEnding) this.displace(`Namespace//${name}`);
    if (this.namespace(name) === undefined) this.place("Namespace", "", name);
    return true;
  }

  /** Lets go of what every watch has read. */
  trim(upTo: number): void {
    for (; this.#trimmed < upTo; this.#trimmed += 1) this.log[this.#trimmed] = TRIMMED;
  }

  addFinalizer(object: KubeObject): Stored {
    const current = this.#same(object);
    if (current === undefined || current.metadata.deletionTimestamp !== undefined) return { is: "absent" };
    return { is: "stored", object: this.#store({ ...current, metadata: { ...current.metadata, finalizers: [FINALIZER] } }) };
  }

  removeFinalizer(object: KubeObject): Stored {
    const current = this.#same(object);
    if (current === undefined) return { is: "absent" };
    const next = { ...current, metadata: { ...current.metadata, finalizers: [] } };
    if (current.metadata.deletionTimestamp === undefined) return { is: "stored", object: this.#store(next) };
    this.#remove(next);
    return { is: "absent" };
  }

  /** A status is bound to the version that its writer knows, as our writer does it. */
  applyStatus(object: KubeObject, status: object): Stored {
    const current = this.#same(object);
    if (current === undefined) return { is: "absent" };
    const stored = JSON.parse(JSON.stringify(status)) as unknown;
    if (JSON.stringify(current.status) === JSON.stringify(stored)) return { is: "stored", object: current };
    this.beforeStatus(current, stored);
    return { is: "stored", object: this.#store({ ...current, status: stored }) };
  }

  #same(object: KubeObject): KubeObject | undefined {
    const current = this.#objects.get(keyOf(object));
    return current?.metadata.uid === object.metadata.uid ? current : undefined;
  }

  #metadata(key: string, name: string, namespace: string): ObjectMeta {
    this.#version += 1;
    this.#made.set(key, this.made(key) + 1);
    return { name, namespace, uid: `uid-${this.#version}`, resourceVersion: String(this.#version), generation: 0, creationTimestamp: this.#iso() };
  }

  #store(object: KubeObject): KubeObject {
    return this.#put(this.#objects, object);
  }

  #remove(object: KubeObject): void {
    this.#drop(this.#objects, object);
  }

  #put(objects: Map<string, KubeObject>, object: KubeObject): KubeObject {
    this.#version += 1;
    const next = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    objects.set(keyOf(next), next);
    this.log.push({ type: "put", object: next });
    this.#tell();
    return next;
  }

  #drop(objects: Map<string, KubeObject>, object: KubeObject): void {
    this.#version += 1;
    objects.delete(keyOf(object));
    this.log.push({ type: "remove", object: { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } } });
    this.#tell();
  }

  #tell(): void {
    for (const watcher of this.watchers) watcher();
  }

  #iso(): string {
    return `${new Date(this.#now()).toISOString().slice(0, 19)}Z`;
  }
}
