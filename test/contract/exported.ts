import { keyOf, type KubeObject } from "../../src/api/object.ts";
import type { ExportWrite } from "../../src/reconcile/ports.ts";

type Values = Readonly<Record<string, string>>;

/** What objects export: the data of a ConfigMap, or annotations of a ServiceAccount. */
interface Holding {
  /** Whose it is, as the labels and field managers of the real thing say it. */
  readonly by: string;
  readonly uid: string;
  readonly values: Values;
}

/** What is exported to a ConfigMap or a ServiceAccount, and by whom. */
export interface Exported {
  readonly by: string;
  readonly values: Values;
}

/** ConfigMaps and ServiceAccounts to which objects export. A ConfigMap is of one object; of a ServiceAccount each holds its annotations. */
export class Exports implements Iterable<readonly [string, Exported]> {
  readonly #holdings = new Map<string, readonly Holding[]>();

  /** By `ConfigMap/name` or `ServiceAccount/name`. */
  get(key: string): Exported | undefined {
    const holdings = this.#holdings.get(key);
    return holdings && { by: holdings.map(({ by }) => by).join(), values: Object.assign({}, ...holdings.map(({ values }) => values)) as Values };
  }

  keys(): readonly string[] {
    return [...this.#holdings.keys()];
  }

  *[Symbol.iterator](): Iterator<readonly [string, Exported]> {
    for (const key of this.#holdings.keys()) {
      const exported = this.get(key);
      if (exported !== undefined) yield [key, exported];
    }
  }

  /** Somebody else makes a ConfigMap, or annotates a ServiceAccount. */
  byOthers(key: string, values: Values): void {
    this.#holdings.set(key, [...(this.#holdings.get(key) ?? []), { by: "somebody else", uid: "", values }]);
  }

  delete(key: string): void {
    this.#holdings.delete(key);
  }

  clear(): void {
    this.#holdings.clear();
  }

  export(object: KubeObject, key: string, values: Values): ExportWrite {
    const holding = { by: keyOf(object), uid: object.metadata.uid, values };
    const all = this.#holdings.get(key) ?? [];
    const others = all.filter(({ by }) => by !== holding.by);
    const isTaken = key.startsWith("ConfigMap/") ? others.length > 0 : others.some((other) => Object.entries(values).some(([name, value]) => (other.values[name] ?? value) !== value));
    if (isTaken) return { is: "conflict", message: "it belongs to somebody else" };
    if (all.some((one) => JSON.stringify(one) === JSON.stringify(holding))) return { is: "unchanged" };
    this.#holdings.set(key, [...others, holding]);
    return { is: "written" };
  }

  withdraw(object: KubeObject, key: string): ExportWrite {
    const all = this.#holdings.get(key) ?? [];
    const others = all.filter(({ by }) => by !== keyOf(object));
    if (others.length === all.length) return { is: "unchanged" };
    if (others.length === 0) this.#holdings.delete(key);
    else this.#holdings.set(key, others);
    return { is: "written" };
  }
}
