import type { ResourceType } from "./resource-type.ts";
import { routeOf } from "./route.ts";
import type { FoundRoute, Route } from "./route.ts";

/** The resource types that the simulated cloud has, and the paths that are no resources. */
export class Registry {
  readonly #types: ReadonlyMap<string, ResourceType>;
  readonly routes: readonly Route[];

  constructor(types: readonly ResourceType[], routes: readonly Route[]) {
    this.routes = routes;
    this.#types = new Map(types.map((type) => [type.type.toLowerCase(), type]));
  }

  find(type: string): ResourceType | undefined {
    return this.#types.get(type.toLowerCase());
  }

  /** The route of a path that is no resource. */
  route(method: string, path: string): FoundRoute | undefined {
    return routeOf(this.routes, method, path);
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
