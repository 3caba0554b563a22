import { nameOf, textOf } from "./arm-id.ts";
import { objectAt } from "./json.ts";
import type { ResourceType } from "./resource-type.ts";
import { viewOf } from "./resource-type.ts";
import { blankResource } from "./store.ts";

/** A child that has properties and nothing else, and is written at once. */
export type ProxyRow = Pick<ResourceType, "type" | "apiVersions" | "name"> & Pick<Required<ResourceType>, "notFound">;

/** The resource type of such a child: PUT 201, then 200; DELETE 200, then 204. */
export function proxyType(row: ProxyRow): ResourceType {
  const show: ResourceType["show"] = ({ id, properties }) => ({ id: textOf(id), type: row.type, name: nameOf(id), properties });
  return {
    ...row,
    show,
    put: (call) => {
      const stored = call.world.store.set({ ...(call.existing ?? blankResource(call.id, undefined)), properties: objectAt(call.body, "properties") });
      return { status: call.existing ? 200 : 201, body: show(stored, viewOf(call, "write")) };
    },
    delete: ({ world, id }) => ({ status: world.store.delete(id) ? 200 : 204 }),
    lists: ["parent"],
  };
}
