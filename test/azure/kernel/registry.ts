import type { ResourceType } from "./resource-type.ts";

/** The resource types that the simulated cloud has. */
export class Registry {
  readonly #types: ReadonlyMap<string, ResourceType>;

  constructor(types: readonly ResourceType[]) {
    this.#types = new Map(types.map((type) => [type.type.toLowerCase(), type]));
  }

  find(type: string): ResourceType | undefined {
    return this.#types.get(type.toLowerCase());
  }

  all(): readonly ResourceType[] {
    return [...this.#types.values()];
  }

  /** The types of a namespace; none when the namespace is unknown. */
  ofNamespace(namespace: string): readonly ResourceType[] {
    const prefix = `${namespace.toLowerCase()}/`;
    return [...this.#types.values()].filter((type) => type.type.toLowerCase().startsWith(prefix));
  }
}
