import { nameOf, textOf } from "./arm-id.ts";
import type { JsonObject } from "./json.ts";
import { regionDisplayName } from "./regions.ts";
import type { ResourceRow, States } from "./resource-row.ts";
import type { View } from "./resource-type.ts";
import { shownIdentity } from "./shown-identity.ts";
import type { Resource } from "./store.ts";
import type { World } from "./world.ts";

const USUAL: States = { creating: "Creating", updating: "Updating", deleting: "Deleting", succeeded: "Succeeded", failed: "Failed" };

/** The words of a row's provisioning state. */
export function statesOf(row: ResourceRow): States {
  return row.states === "none" ? USUAL : { ...USUAL, ...row.states };
}

/** The etag of a resource: it changes with every write and at the end of every operation. */
export function etagOf(resource: Resource): string {
  return `"${resource.version.toString(16).padStart(8, "0")}-0000-0000-0000-000000000000"`;
}

/** A resource as its row shows it. */
export function shownRow(row: ResourceRow, resource: Resource, view: View): JsonObject {
  const { location, tags, members } = resource;
  const etag = row.etag && view.apiVersion >= (row.etag.since ?? "") ? { [row.etag.member]: etagOf(resource) } : {};
  return {
    id: (row.shownId ?? textOf)(resource.id),
    name: nameOf(resource.id),
    type: row.bodyType ?? row.type,
    location: row.location === "display-name" ? regionDisplayName(location ?? "") : location,
    ...(tags ? { tags } : {}),
    ...members,
    ...identityOf(row, resource, view.world),
    ...(row.etag?.in === "body" ? etag : {}),
    ...(row.systemData && resource.history ? { systemData: systemData(resource.history) } : {}),
    properties: { ...resource.properties, ...row.computed?.(resource, view), ...stateOf(row, resource), ...(row.etag?.in === "properties" ? etag : {}) },
  };
}

function identityOf(row: ResourceRow, resource: Resource, world: World): JsonObject {
  const rules = row.identity?.(world);
  const identity = rules && shownIdentity(resource, rules, world.tenantId);
  return identity === undefined ? {} : { identity };
}

function systemData({ created, modified }: NonNullable<Resource["history"]>): JsonObject {
  return {
    createdBy: created.by,
    createdByType: "Application",
    createdAt: new Date(created.atMs).toISOString(),
    lastModifiedBy: modified.by,
    lastModifiedByType: "Application",
    lastModifiedAt: new Date(modified.atMs).toISOString(),
  };
}

function stateOf(row: ResourceRow, { provisioning }: Resource): JsonObject {
  if (row.states === "none") return {};
  const { succeeded, failed } = statesOf(row);
  return { provisioningState: provisioning === undefined ? succeeded : provisioning === "Failed" ? failed : provisioning };
}
