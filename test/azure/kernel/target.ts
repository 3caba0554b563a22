import { completeId, inCasingOf, parseArmPath, parseTenantPath, typeOf } from "./arm-id.ts";
import type { ArmPath, ResourceId } from "./arm-id.ts";
import type { Route, PathParameters } from "./route.ts";
import type { Registry } from "./registry.ts";
import type { ResourceType } from "./resource-type.ts";

/** What a request path means to ARM. */
export type Target =
  | { readonly is: "resource"; readonly id: ResourceId; readonly type: ResourceType | undefined }
  | { readonly is: "collection"; readonly path: ArmPath; readonly typeName: string; readonly type: ResourceType | undefined }
  | { readonly is: "action"; readonly id: ResourceId; readonly type: ResourceType | undefined; readonly name: string }
  | { readonly is: "route"; readonly route: Route; readonly parameters: PathParameters }
  | { readonly is: "nothing"; readonly subscriptionId: string | undefined };

/** Reads a decoded path. Doubled slashes count as one, as ARM takes them. */
export function targetOf(method: string, path: string, registry: Registry): Target {
  const found = registry.route(method, path);
  if (found) return { is: "route", ...found };
  const [root, subscriptionId] = path.split("/").filter((part) => part !== "");
  if (root?.toLowerCase() !== "subscriptions") return tenantTarget(method, path, registry);
  const armPath = parseArmPath(path);
  if (!armPath || armPath.segments.length === 0) return { is: "nothing", subscriptionId };
  return typedTarget(method, armPath, registry);
}

/** What belongs to the tenant, as far as a type says that it does. */
function tenantTarget(method: string, path: string, registry: Registry): Target {
  const armPath = parseTenantPath(path);
  const target = armPath && typedTarget(method, armPath, registry);
  const isKnown = (target?.is === "resource" || target?.is === "collection") && target.type?.extension?.ofTenant === true;
  return isKnown ? target : { is: "nothing", subscriptionId: undefined };
}

function typedTarget(method: string, path: ArmPath, registry: Registry): Target {
  const id = completeId(path);
  if (id) return registeredId(id, registry);
  const typeName = [path.namespace, ...path.segments.filter((_, index) => index % 2 === 0)].join("/");
  const type = registry.find(typeName);
  const owner = completeId({ ...path, segments: path.segments.slice(0, -1) });
  if (method === "POST" && owner && !type) {
    const { id: ownerId, type: ownerType } = registeredId(owner, registry);
    return { is: "action", id: ownerId, type: ownerType, name: path.segments.at(-1) ?? "" };
  }
  return { is: "collection", path, typeName: type?.type ?? typeName, type };
}

function registeredId(id: ResourceId, registry: Registry): Extract<Target, { is: "resource" }> {
  const type = registry.find(typeOf(id));
  return { is: "resource", id: type ? inCasingOf(id, type.type) : id, type };
}

/** The resource type that a target is about, for the log and for what matches on it. */
export function typeNameOf(target: Target): string {
  switch (target.is) {
    case "resource":
    case "action":
      return target.type?.type ?? typeOf(target.id);
    case "collection":
      return target.typeName;
    case "route":
      return target.route.type;
    case "nothing":
      return "";
  }
}

const verbs: Readonly<Record<string, string>> = { GET: "read", HEAD: "read", PUT: "write", PATCH: "write", DELETE: "delete", POST: "action" };

/** The action that a request is authorized as (arm.md 16). */
export function actionOf(method: string, target: Target): string {
  const verb = verbs[method] ?? "action";
  switch (target.is) {
    case "resource":
      return `${target.type?.actionType ?? typeNameOf(target)}/${verb}`;
    case "action":
      return `${typeNameOf(target)}/${target.name}/action`;
    case "collection":
      return `${target.type?.actionType ?? target.typeName}/${verb}`;
    case "route":
      return target.route.action?.(target.parameters) ?? "";
    case "nothing":
      return "";
  }
}

/** The subscription in a target's path. */
export function subscriptionOf(target: Target): string | undefined {
  switch (target.is) {
    case "resource":
    case "action":
      return target.id.subscriptionId || undefined;
    case "collection":
      return target.path.subscriptionId || undefined;
    case "route":
      return target.parameters["subscriptionId"];
    case "nothing":
      return target.subscriptionId;
  }
}
