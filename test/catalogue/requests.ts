import type { JsonObject } from "../azure/azure.ts";
import type { Switches } from "../azure/azure.ts";
import { combinedType, type MatrixRow } from "../kinds/host-matrix.ts";

/** A change of a host's identity: who is there, who comes, who goes, by name; `system` says whether there is a system-assigned one. */
export interface Transition {
  readonly had: readonly string[];
  readonly attach?: string;
  readonly detach?: string;
  readonly system: boolean;
}

/** One request, its identity block spelled out. */
export interface WantedRequest {
  readonly method: "PATCH" | "PUT";
  readonly identity: JsonObject;
  /** Whether the rest of the host goes with it. */
  readonly whole: boolean;
}

/** What the simulator's settings say of a host type: what PATCH does with the map, and with nulls. */
export interface Habit {
  readonly map: "merge-keys" | "full-map-replaces" | "rejected" | "ignored";
  readonly nulls: "removes" | "rejected" | "ignored";
}

/** The habit of a type under these switches (arm.md 18). */
export function habitOf(type: string, switches: Switches): Habit {
  if (type.startsWith("Microsoft.Web/")) return { map: switches.webPatchIdentity, nulls: switches.webPatchNullKey };
  if (type === "Microsoft.App/containerApps") return { map: switches.containerAppPatchIdentity, nulls: switches.containerAppPatchNullKey };
  if (type === "Microsoft.App/jobs") return { map: switches.containerAppJobPatchMap, nulls: switches.containerAppPatchNullKey };
  return { map: switches.unrecordedPatchMap, nulls: switches.unrecordedPatchNullKey };
}

/** The requests that arm.md 1 asks for, in order: the safest first, the next only where that one has no effect. */
export function requestsFor(row: MatrixRow, change: Transition, habit: Habit, idOf: (name: string) => string): readonly WantedRequest[] {
  const after = [...change.had.filter((name) => name !== change.detach), ...(change.attach === undefined ? [] : [change.attach])];
  const type = typeOf(row, after.length > 0, change.system);
  const block = (map: readonly (readonly [string, object | null])[]): JsonObject => ({ type, ...(after.length > 0 && map.length > 0 ? { userAssignedIdentities: Object.fromEntries(map.map(([name, value]) => [idOf(name), value])) as JsonObject } : {}) });
  const full = block(after.map((name) => [name, {}]));
  const gone: readonly (readonly [string, null])[] = change.detach === undefined ? [] : [[change.detach, null]];
  const patch = (identity: JsonObject): WantedRequest => ({ method: "PATCH", identity, whole: false });
  const put: WantedRequest = { method: "PUT", identity: full, whole: true };
  if (row.patch === "no") return [put];
  if (row.patch === "whole") return [{ ...put, method: "PATCH" }];
  if (row.patch === "merges") return [patch(block([...(change.attach === undefined ? [] : [[change.attach, {}] as const]), ...gone]))];
  if (row.patch === "replaces") return [patch(full)];
  const nulls = patch(block([...after.map((name) => [name, {}] as const), ...gone]));
  return takes(change, after, habit, { full: patch(full), nulls, put });
}

function takes({ detach }: Transition, after: readonly string[], habit: Habit, { full, nulls, put }: { readonly full: WantedRequest; readonly nulls: WantedRequest; readonly put: WantedRequest }): readonly WantedRequest[] {
  if (habit.map === "rejected" || habit.map === "ignored") return [full, nulls, put];
  const isNarrowed = after.length === 0;
  if (detach === undefined || isNarrowed || habit.map === "full-map-replaces") return [full];
  return habit.nulls === "removes" ? [full, nulls] : [full, nulls, put];
}

function typeOf(row: MatrixRow, user: boolean, system: boolean): string {
  if (user && system) return combinedType(row);
  if (user) return "UserAssigned";
  return system ? "SystemAssigned" : "None";
}
