import type { ArmId } from "./arm-id.ts";

/** The virtual cluster-scoped resource whose names are ARM ids in lower case: grants on what no object of the cluster stands for. */
export const AZURE_RESOURCES = "azureresources";

/** A permission in this project's API group that somebody needs who names something (DESIGN 6). */
export interface Permission {
  readonly verb: "use" | "attach" | "manage";
  /** Where in the spec it is asked for. */
  readonly path: string;
  /** {@link AZURE_RESOURCES}, or the plural of a kind. */
  readonly resource: string;
  /** Absent for what is cluster-scoped. */
  readonly namespace?: string;
  readonly name: string;
}

/** The permission to do something with what an ARM id names. */
export function onAzureResource(verb: Permission["verb"], path: string, id: ArmId): Permission {
  return { verb, path, resource: AZURE_RESOURCES, name: id.toLowerCase() };
}
