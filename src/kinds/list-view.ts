import type { JsonObject } from "../api/json.ts";

/**
 * How LIST pages show the resources of a type, so that drift is found without a GET of each one (arm.md 15). A page never tells more
 * than that something may differ: what is stored and written comes from a GET of the resource.
 */
export interface ListView {
  /** Where the type is listed: at a subscription or resource group, or below each parent. */
  readonly of: "scope" | "parent";
  /** How often its list is asked for, in seconds; without it as often as every other. */
  readonly everySeconds?: number;
  /** What pages do not show; for its sake each resource is also read by its own id, now and then. */
  readonly omits?: {
    /** For the documentation: "the state of its containers". */
    readonly what: string;
    readonly readEverySeconds: number;
    /** An item with what it lacks, as the status of the object says that it is. */
    completed(item: JsonObject, status: unknown): JsonObject;
  };
}
