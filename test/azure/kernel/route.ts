import type { Answer } from "./errors.ts";
import type { JsonValue } from "./json.ts";
import type { Caller } from "./resource-type.ts";
import type { World } from "./world.ts";

/** The versions of ARM's own routes (arm.md 2.8 names 2021-04-01 and 2025-04-01; the others are those that clients send). */
export const CORE_API_VERSIONS: readonly string[] = [
  "2016-06-01", "2018-05-01", "2019-05-01", "2019-06-01", "2019-08-01", "2019-10-01", "2019-11-01", "2020-01-01", "2020-06-01", "2020-10-01",
  "2021-01-01", "2021-04-01", "2022-09-01", "2022-12-01", "2023-07-01", "2024-03-01", "2024-07-01", "2024-11-01", "2025-03-01", "2025-04-01",
];

/** What the braces of a route's path stand for, by name. */
export type PathParameters = Readonly<Record<string, string>>;

/** A request to a path that is no resource. */
export interface RouteRequest {
  readonly world: World;
  readonly caller: Caller;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly apiVersion: string;
  /** Undefined when there is none, and when it is not JSON. */
  readonly body: JsonValue | undefined;
  readonly parameters: PathParameters;
}

/** A path that is no resource, answered by ARM itself or by a provider. */
export interface Route {
  /** Names of parameters stand in braces; segments compare without regard to case. */
  readonly path: string;
  readonly method: "GET" | "POST";
  /** The resource type under which `/providers` lists it. */
  readonly type: string;
  /** What the caller must be allowed at the scope; absent where the answer has only what the caller may see anyhow. */
  readonly action?: (parameters: PathParameters) => string;
  readonly scope: (parameters: PathParameters) => string;
  readonly apiVersions: readonly string[];
  readonly answer: (request: RouteRequest) => Answer;
}

/** A route, with what its braces stand for in a path. */
export interface FoundRoute {
  readonly route: Route;
  readonly parameters: PathParameters;
}

/** The route of a path; the method decides between several, and one of another method is found when there is no other. */
export function routeOf(routes: readonly Route[], method: string, path: string): FoundRoute | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  const found = routes.flatMap((route) => {
    const parameters = parametersOf(route, parts);
    return parameters ? [{ route, parameters }] : [];
  });
  return found.find(({ route }) => route.method === method) ?? found[0];
}

function parametersOf(route: Route, parts: readonly string[]): PathParameters | undefined {
  const pattern = route.path.split("/").slice(1);
  if (pattern.length !== parts.length) return undefined;
  const fits = pattern.every((segment, index) => segment.startsWith("{") || segment.toLowerCase() === parts[index]?.toLowerCase());
  if (!fits) return undefined;
  return Object.fromEntries(pattern.flatMap((segment, index) => (segment.startsWith("{") ? [[segment.slice(1, -1), parts[index] ?? ""]] : [])));
}
