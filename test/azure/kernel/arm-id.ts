/**
 * A parsed ARM resource id. Names and types keep the casing they were given; comparison goes by `keyOf`.
 * A resource group is the resource type Microsoft.Resources/resourceGroups of its subscription.
 */
export interface ResourceId {
  /** Empty for what belongs to the tenant. */
  readonly subscriptionId: string;
  readonly resourceGroup: string | undefined;
  /** What precedes the last `/providers/`: a subscription, a resource group, or another resource (extension resources). */
  readonly scope: string;
  readonly namespace: string;
  readonly types: readonly string[];
  readonly names: readonly string[];
}

/** A path under `/subscriptions`, taken apart but not yet judged: a complete resource id, or one that ends in a type. */
export interface ArmPath {
  readonly subscriptionId: string;
  readonly resourceGroup: string | undefined;
  readonly scope: string;
  readonly namespace: string;
  readonly segments: readonly string[];
}

const RESOURCES = "Microsoft.Resources";
const RESOURCE_GROUPS = "resourceGroups";

/** Takes a path below `/subscriptions/{s}` apart; undefined when it has no provider part and is no resource group. */
export function parseArmPath(path: string): ArmPath | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  const [root, subscriptionId, container, resourceGroup] = parts;
  if (root?.toLowerCase() !== "subscriptions" || subscriptionId === undefined) return undefined;
  const inGroup = container?.toLowerCase() === "resourcegroups";
  const provider = parts.findLastIndex((part) => part.toLowerCase() === "providers");
  const place = { subscriptionId, resourceGroup: inGroup ? resourceGroup : undefined };
  if (provider >= 2) {
    const scope = `/${parts.slice(0, provider).join("/")}`;
    return { ...place, scope, namespace: parts[provider + 1] ?? "", segments: parts.slice(provider + 2) };
  }
  if (!inGroup || parts.length > 4) return undefined;
  const segments = [RESOURCE_GROUPS, ...(resourceGroup === undefined ? [] : [resourceGroup])];
  return { ...place, scope: `/subscriptions/${subscriptionId}`, namespace: RESOURCES, segments };
}

/** Takes `/providers/{namespace}/…`, which belongs to the tenant, apart; undefined for any other path. */
export function parseTenantPath(path: string): ArmPath | undefined {
  const [root, namespace, ...segments] = path.split("/").filter((part) => part !== "");
  if (root?.toLowerCase() !== "providers" || namespace === undefined) return undefined;
  return { subscriptionId: "", resourceGroup: undefined, scope: "", namespace, segments };
}

/** The resource id that a path of type/name pairs spells; undefined when it ends in a type. */
export function completeId(path: ArmPath): ResourceId | undefined {
  if (path.segments.length === 0 || path.segments.length % 2 === 1) return undefined;
  const { segments, ...place } = path;
  return {
    ...place,
    types: segments.filter((_, index) => index % 2 === 0),
    names: segments.filter((_, index) => index % 2 === 1),
  };
}

/** Parses the text of a resource id; undefined when it is none. */
export function parseResourceId(text: string): ResourceId | undefined {
  if (!text.startsWith("/") || text.includes("//")) return undefined;
  const path = parseArmPath(text);
  return path && completeId(path);
}

/** The full type, for example `Microsoft.Web/sites/slots`, in the id's own casing. */
export function typeOf(id: ResourceId): string {
  return [id.namespace, ...id.types].join("/");
}

/** The last name of the id. */
export function nameOf(id: ResourceId): string {
  return id.names.at(-1) ?? "";
}

/** The id as text, in its own casing. */
export function textOf(id: ResourceId): string {
  if (isResourceGroup(id)) return `${id.scope}/${RESOURCE_GROUPS}/${nameOf(id)}`;
  const pairs = id.types.map((type, index) => `${type}/${id.names[index] ?? ""}`);
  return `${id.scope}/providers/${id.namespace}/${pairs.join("/")}`;
}

/** The id's text with `resourcegroups` in lower case, as several providers print it (arm.md 2.2). */
export function lowerGroupsText(id: ResourceId): string {
  return textOf(id).replace(/\/resourcegroups\//i, "/resourcegroups/");
}

/** What ids are compared by: names and types are case-insensitive (arm.md 2.2). */
export function keyOf(id: ResourceId): string {
  return textOf(id).toLowerCase();
}

/** Says whether the id is that of a resource group. */
export function isResourceGroup(id: ResourceId): boolean {
  return id.types.length === 1 && typeOf(id).toLowerCase() === "microsoft.resources/resourcegroups";
}

/** The id of the resource this one is a child of; undefined for a top-level resource. */
export function parentOf(id: ResourceId): ResourceId | undefined {
  if (id.types.length < 2) return undefined;
  return { ...id, types: id.types.slice(0, -1), names: id.names.slice(0, -1) };
}

/** The id of a child. */
export function childOf(id: ResourceId, type: string, name: string): ResourceId {
  return { ...id, types: [...id.types, type], names: [...id.names, name] };
}

/** The id of the top-level resource that this one is, or is below. */
export function topOf(id: ResourceId): ResourceId {
  return { ...id, types: id.types.slice(0, 1), names: id.names.slice(0, 1) };
}

/** The id of a resource group. */
export function groupId(subscriptionId: string, name: string): ResourceId {
  const scope = `/subscriptions/${subscriptionId}`;
  return { subscriptionId, resourceGroup: name, scope, namespace: RESOURCES, types: [RESOURCE_GROUPS], names: [name] };
}

/**
 * The id with namespace, types and `resourceGroups` spelled as the registered type spells them. What an extension
 * resource hangs on stays as it was sent: a role assignment on an identity echoes its `resourcegroups` (arm.md 2.2).
 */
export function inCasingOf(id: ResourceId, registeredType: string): ResourceId {
  const [namespace = id.namespace, ...types] = registeredType.split("/");
  if (/\/providers\//i.test(id.scope)) return { ...id, namespace, types };
  const scope = id.scope.replace(/^\/subscriptions\//i, "/subscriptions/").replace(/\/resourcegroups\//i, "/resourceGroups/");
  return { ...id, scope, namespace, types };
}
