import { armId, parseArmId } from "../api/arm-id.ts";
import type { Located, Surroundings, Unlocated } from "./kind.ts";

/** The fields of a spec that say where in Azure a resource is. */
export interface Placed {
  readonly subscriptionId?: string | undefined;
  readonly resourceGroup?: string | undefined;
  readonly azureName?: string | undefined;
}

/** A resource type by its provider and the segments of its type. */
export interface TypedName {
  readonly provider: string;
  readonly type: string;
  /** What Azure accepts as a name, and how a message says it. */
  readonly name: { readonly pattern: RegExp; readonly says: string };
}

/** The subscription and the resource group of a spec, or of its Namespace; or what is missing. */
export function groupOf(spec: Placed, { defaults }: Surroundings): { readonly ok: true; readonly subscriptionId: string; readonly resourceGroup: string } | Unlocated {
  const subscriptionId = spec.subscriptionId ?? defaults.subscriptionId;
  const resourceGroup = spec.resourceGroup ?? defaults.resourceGroup;
  if (subscriptionId === undefined) return unset("subscriptionId", "subscription-id");
  if (resourceGroup === undefined) return unset("resourceGroup", "resource-group");
  return { ok: true, subscriptionId, resourceGroup };
}

/** The ARM id of a resource in a resource group, named by `azureName` or else like its object. */
export function inGroup(spec: Placed, objectName: string, { typed, surroundings }: { readonly typed: TypedName; readonly surroundings: Surroundings }): Located {
  const group = groupOf(spec, surroundings);
  if (!group.ok) return group;
  const azureName = spec.azureName ?? objectName;
  if (!typed.name.pattern.test(azureName)) return badName(azureName, typed.name.says);
  const { provider, type } = typed;
  const { subscriptionId, resourceGroup } = group;
  const parsed = parseArmId(armId({ subscriptionId, resourceGroup, provider, types: [type], names: [azureName] }));
  if (parsed.ok) return { ok: true, target: parsed.id };
  return { ok: false, message: `the spec and the annotations of the Namespace do not give an ARM id: ${parsed.error}` };
}

/** Why a name gives no ARM id. */
export function badName(azureName: string, says: string): Unlocated {
  return { ok: false, message: `"${azureName}" is not a name that Azure accepts: set spec.azureName to ${says}` };
}

/** What a field without a value or a default is answered with. */
export function unset(field: string, annotation: string): Unlocated {
  return { ok: false, message: `spec.${field} is not set: set it, or annotate the Namespace with azureidentity.dev/${annotation}` };
}
