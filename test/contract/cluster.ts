import type { JsonObject } from "../../src/api/json.ts";
import { keyOf, type KubeObject, type ObjectMeta, objectKey, type ResourceType } from "../../src/api/object.ts";
import type { Change } from "../../src/reconcile/change.ts";
import type { Cache, ExportWrite, KubeDocument, KubeEvent, KubePort, KubeWrite } from "../../src/reconcile/ports.ts";
import { Exports } from "./exported.ts";

const FINALIZER = "azureidentity.dev/azure-resource";
const API_VERSION = "azureidentity.dev/v1alpha1";
/** The status that our CRDs give to what is new. */
const NEVER_SEEN = { observedGeneration: -1 };

/**
 * The API server as far as the engine needs it: objects of any kind with versions and generations, a watch that tells of each
 * change at once, Secrets and ConfigMaps, and ServiceAccounts that can be annotated.
 */
export class Cluster implements KubePort, Cache {
  readonly events: { readonly object: string; readonly event: KubeEvent }[] = [];
  /** What the operator wrote to its log. */
  readonly logged: string[] = [];
  readonly documents = new Map<string, Readonly<Record<string, string>>>();
  readonly exported = new Exports();
  /** Secrets and ConfigMaps that no Role lets the operator read, as `<kind>/<name>`. */
  readonly forbidden = new Set<string>();
  /** Names of ServiceAccounts that exist. */
  readonly serviceAccounts = new Set<string>();
  /** Writes of objects since the start. */
  writes = 0;
  watch: (change: Change) => void = () => undefined;
  watchNamespaces: (change: Change) => void = () => undefined;
  readonly #objects = new Map<string, KubeObject>();
  readonly #namespaces = new Map<string, KubeObject>();
  #version = 0;

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  namespace(name: string): KubeObject | undefined {
    return this.#namespaces.get(name);
  }

  objects(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  /** Puts an object there as it is; nobody is told. */
  load(object: KubeObject): void {
    this.#objects.set(keyOf(object), object);
  }

  /** Forgets every object, as if they had never been there. */
  clear(): void {
    this.#objects.clear();
    this.exported.clear();
  }

  /** Gives a Namespace annotations. */
  annotateNamespace(name: string, annotations: Readonly<Record<string, string>>): void {
    this.#namespaces.set(name, { apiVersion: "v1", kind: "Namespace", metadata: { ...this.#metadata(name), namespace: "", annotations } });
  }

  /** Gives a Namespace labels, of which the watch tells. */
  labelNamespace(name: string, labels: Readonly<Record<string, string>>): void {
    const previous = this.#namespaces.get(name);
    const next = { apiVersion: "v1", kind: "Namespace", metadata: { ...this.#metadata(name), namespace: "", labels } };
    this.#namespaces.set(name, next);
    this.watchNamespaces({ previous, next });
  }

  /** Creates an object, or changes its spec: what a person does with kubectl apply. */
  apply(kind: string, name: string, spec: JsonObject, namespace = "default"): void {
    const old = this.get(objectKey(kind, namespace, name));
    const metadata = old?.metadata ?? this.#metadata(name, namespace);
    this.#store({ apiVersion: API_VERSION, kind, status: NEVER_SEEN, ...old, metadata: { ...metadata, generation: metadata.generation + 1 }, spec });
  }

  /** Sets or removes annotations. */
  annotate(kind: string, name: string, annotations: Readonly<Record<string, string>>, namespace = "default"): void {
    const old = this.#existing(kind, name, namespace);
    this.#store({ ...old, metadata: { ...old.metadata, annotations } });
  }

  /** Deletes an object: it goes at once, or when its finalizers are gone. */
  delete(kind: string, name: string, namespace = "default"): void {
    const old = this.#existing(kind, name, namespace);
    if ((old.metadata.finalizers ?? []).length === 0) this.#forget(old);
    else this.#store({ ...old, metadata: { ...old.metadata, generation: old.metadata.generation + 1, deletionTimestamp: "2026-06-01T12:00:00Z" } });
  }

  addFinalizer(_type: ResourceType, object: KubeObject): Promise<KubeWrite> {
    if (this.#current(object)?.metadata.deletionTimestamp !== undefined) return Promise.resolve({ is: "vanished" });
    return this.#write(object, (current) => ({ ...current, metadata: { ...current.metadata, finalizers: [FINALIZER] } }));
  }

  removeFinalizer(_type: ResourceType, object: KubeObject): Promise<KubeWrite> {
    const current = this.#current(object);
    if (current?.metadata.deletionTimestamp === undefined) {
      return this.#write(object, (each) => ({ ...each, metadata: { ...each.metadata, finalizers: [] } }));
    }
    this.writes += 1;
    this.#forget(current);
    return Promise.resolve({ is: "vanished" });
  }

  applyStatus(_type: ResourceType, object: KubeObject, status: object): Promise<KubeWrite> {
    return this.#write(object, (current) => ({ ...current, status: JSON.parse(JSON.stringify(status)) as unknown }));
  }

  record(object: KubeObject, event: KubeEvent): Promise<void> {
    this.events.push({ object: keyOf(object), event });
    return Promise.resolve();
  }

  readDocument(kind: "Secret" | "ConfigMap", _namespace: string, name: string): Promise<KubeDocument> {
    if (this.forbidden.has(`${kind}/${name}`)) return Promise.resolve({ is: "forbidden" });
    const data = this.documents.get(`${kind}/${name}`);
    return Promise.resolve(data === undefined ? { is: "absent" } : { is: "found", data, resourceVersion: "1" });
  }

  exportConfigMap(object: KubeObject, name: string, values: Readonly<Record<string, string>>): Promise<ExportWrite> {
    return Promise.resolve(this.exported.export(object, `ConfigMap/${name}`, values));
  }

  exportServiceAccount(object: KubeObject, name: string, values: Readonly<Record<string, string>>): Promise<ExportWrite> {
    if (!this.serviceAccounts.has(name)) return Promise.resolve({ is: "absent", message: "it does not exist: create it" });
    return Promise.resolve(this.exported.export(object, `ServiceAccount/${name}`, values));
  }

  withdrawExport(object: KubeObject, kind: "ConfigMap" | "ServiceAccount", name: string): Promise<ExportWrite> {
    return Promise.resolve(this.exported.withdraw(object, `${kind}/${name}`));
  }

  #write(object: KubeObject, change: (current: KubeObject) => KubeObject): Promise<KubeWrite> {
    const current = this.#current(object);
    if (current === undefined) return Promise.resolve({ is: "vanished" });
    this.writes += 1;
    const next = change(current);
    // What says the same again makes no new version, and no watch tells of it.
    const isSame = JSON.stringify(next) === JSON.stringify(current);
    return Promise.resolve({ is: "written", resourceVersion: isSame ? current.metadata.resourceVersion : this.#store(next) });
  }

  /** The object, unless another one of its name took its place. */
  #current(object: KubeObject): KubeObject | undefined {
    const current = this.#objects.get(keyOf(object));
    return current?.metadata.uid === object.metadata.uid ? current : undefined;
  }

  /** Removes an object whatever its finalizers are, as somebody who took them off by hand. */
  force(kind: string, name: string, namespace = "default"): void {
    this.#forget(this.#existing(kind, name, namespace));
  }

  /** Takes the status from an object, as a cluster that was restored from a backup. */
  loseStatus(kind: string, name: string): void {
    const { status: _status, ...rest } = this.#existing(kind, name);
    this.#store(rest);
  }

  #existing(kind: string, name: string, namespace = "default"): KubeObject {
    const object = this.get(objectKey(kind, namespace, name));
    if (object === undefined) throw new Error(`there is no ${kind} ${name}`);
    return object;
  }

  #metadata(name: string, namespace = "default"): ObjectMeta {
    this.#version += 1;
    const creationTimestamp = new Date(Date.UTC(2026, 0, 1) + this.#version * 1000).toISOString();
    return { name, namespace, uid: `uid-${this.#version}`, resourceVersion: String(this.#version), generation: 0, creationTimestamp };
  }

  #store(object: KubeObject): string {
    this.#version += 1;
    const resourceVersion = String(this.#version);
    const next = { ...object, metadata: { ...object.metadata, resourceVersion } };
    const previous = this.#objects.get(keyOf(object));
    this.#objects.set(keyOf(object), next);
    this.watch({ previous, next });
    return resourceVersion;
  }

  #forget(object: KubeObject): void {
    this.#objects.delete(keyOf(object));
    this.watch({ previous: object, next: undefined });
  }
}
