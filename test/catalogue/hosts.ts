import type { JsonObject } from "../azure/azure.ts";
import { objectAt } from "../azure/kernel/json.ts";
import { type HostSample, SAMPLES } from "./samples.ts";
import type { Stage as CatalogueStage } from "./stage.ts";

/** Where hosts are made. */
type Stage = Pick<CatalogueStage, "bench">;

/** The ARM id of an identity of the simulator's group. */
export function uai({ bench }: Stage, name: string): string {
  return `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}

/** The ARM id of a host. */
export function hostOf(stage: Stage, sample: HostSample): string {
  return below(stage, sample, sample.path);
}

/** The sample of a type. */
export function sampleOf(type: string): HostSample {
  const sample = SAMPLES.find((each) => each.type === type);
  if (sample === undefined) throw new Error(`there is no sample of ${type}`);
  return sample;
}

/** What identity somebody gave the host before. */
export interface GivenIdentity {
  readonly had?: readonly string[];
  readonly system?: boolean;
  /** How the host spells both kinds together. */
  readonly combined?: string;
}

/** Makes the host, or makes it anew, as somebody else would. */
export function givenHost(stage: Stage, sample: HostSample, { had = [], system = false, combined = "SystemAssigned, UserAssigned" }: GivenIdentity = {}): void {
  const { portal } = stage.bench.azure;
  for (const [path, body] of Object.entries(sample.parents ?? {})) portal.put(below(stage, sample, path), body);
  const words = [...(system ? ["SystemAssigned"] : []), ...(had.length > 0 ? ["UserAssigned"] : [])];
  const map = Object.fromEntries(had.map((name) => [uai(stage, name), {}]));
  const identity = { type: words.length === 2 ? combined : (words[0] ?? "None"), ...(had.length > 0 ? { userAssignedIdentities: map } : {}) };
  portal.delete(hostOf(stage, sample));
  portal.put(hostOf(stage, sample), { ...sample.body, ...(words.length === 0 ? {} : { identity }) });
}

/** The names of the identities attached to the host, with `system` before them when there is one. */
export function attachedTo(stage: Stage, sample: HostSample): readonly string[] {
  const identity = objectAt(stage.bench.azure.portal.get(hostOf(stage, sample)) ?? {}, "identity");
  const user = Object.keys(objectAt(identity, "userAssignedIdentities")).map((key) => key.split("/").at(-1) ?? "");
  return [...(typeof identity["principalId"] === "string" ? ["system"] : []), ...user.toSorted()];
}

/** The host without its identity and what changes with every write. */
export function restOf(stage: Stage, sample: HostSample): JsonObject {
  const { identity: _identity, etag: _etag, systemData: _systemData, ...rest } = stage.bench.azure.portal.get(hostOf(stage, sample)) ?? {};
  const { eTag: _eTag, instanceView: _view, containers: _containers, managedIdentities, primaryUserAssignedIdentityId: _primary, ...properties } = objectAt(rest, "properties");
  const isListed = Array.isArray(managedIdentities) && managedIdentities.length > 0;
  return { ...rest, properties: { ...properties, ...(isListed ? { managedIdentities } : {}) } };
}

function below({ bench }: Stage, { type }: HostSample, path: string): string {
  return `${bench.group}/providers/${type.split("/")[0] ?? ""}/${path}`;
}
