import { type JsonObject, objectAt, objectsAt } from "../azure/kernel/json.ts";
import { at, below, get } from "./places.ts";
import type { Stage } from "./stage.ts";

/** The kind of container groups. */
export const GROUP = "ContainerGroup";

/** The id of a container group. */
export function groupId(stage: Stage, name: string): string {
  return below(stage, `Microsoft.ContainerInstance/containerGroups/${name}`);
}

/** A spec with one container. */
export function groupSpec(stage: Stage, container: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return { ...at(stage), containers: [{ name: "web", image: "web:1", ...container }], ...more };
}

/** The properties of a group's first container in Azure. */
export function containerOf(stage: Stage, name: string): JsonObject {
  const [first] = objectsAt(objectAt(get(stage, groupId(stage, name)), "properties"), "containers");
  return objectAt(first, "properties");
}

/** What Azure keeps hidden of a group, by place. */
export function secretsOf(stage: Stage, name: string): JsonObject {
  return objectAt(stage.bench.azure.portal.hidden(groupId(stage, name)), "secrets");
}

/** Names of the identities that are attached to a group. */
export function attachedTo(stage: Stage, name: string): readonly string[] {
  const map = objectAt(get(stage, groupId(stage, name)), "identity", "userAssignedIdentities");
  return Object.keys(map).map((id) => id.split("/").at(-1) ?? "").toSorted();
}

/** Writes to a group since the last `clearRequests`, as `<status> <method>`. */
export function writesTo(stage: Stage, name: string): readonly string[] {
  return stage.writes().filter(({ path }) => path.toLowerCase().includes(`/containergroups/${name}`)).map(({ method, status }) => `${status} ${method}`);
}
