import type { KubeObject, ResourceType } from "../api/object.ts";

/** `apiVersion` of the objects of a resource. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === "" ? type.version : `${type.group}/${type.version}`;
}

/** How messages name a resource: `plural.group`. */
export function resourceName(type: ResourceType): string {
  return type.group === "" ? type.plural : `${type.plural}.${type.group}`;
}

/** How messages name an object: `plural.group namespace/name`. */
export function addressText(address: { readonly type: ResourceType; readonly object: KubeObject }): string {
  const { namespace, name } = address.object.metadata;
  return `${resourceName(address.type)} ${namespace === "" ? name : `${namespace}/${name}`}`;
}

/** Path of a group and version in the API. */
export function groupPath(type: ResourceType): string {
  return type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
}

/** Path of the collection of all objects of a resource, in all namespaces. */
export function collectionPath(type: ResourceType): string {
  return `${groupPath(type)}/${type.plural}`;
}

/** The query that limits a list or watch to objects of a name. */
export function fieldsOf(onlyName: string | undefined): Readonly<Record<string, string>> {
  return onlyName === undefined ? {} : { fieldSelector: `metadata.name=${onlyName}` };
}

/**
 * A path without names and query, so that it can be the label of a metric:
 * `/apis/<group>/<version>/namespaces/{namespace}/<plural>/{name}/<subresource>`.
 */
export function pathTemplate(path: string): string {
  const [, root, ...rest] = (path.split("?", 1)[0] ?? "").split("/");
  if (root !== "api" && root !== "apis") return `/${[root, ...rest].join("/")}`;
  const prefixLength = root === "api" ? 1 : 2;
  const prefix = rest.slice(0, prefixLength);
  const resource = rest.slice(prefixLength);
  return `/${[root, ...prefix, ...resourceTemplate(resource)].join("/")}`;
}

function resourceTemplate(segments: readonly string[]): readonly string[] {
  const [first, second, ...rest] = segments;
  if (first === undefined || second === undefined) return segments;
  if (first === "namespaces" && rest.length > 0) return [first, "{namespace}", ...resourceTemplate(rest)];
  return [first, "{name}", ...rest];
}
