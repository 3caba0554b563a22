import type { ResourceType } from "../../../src/api/object.ts";
import { USER_ASSIGNED_IDENTITY } from "../../../src/api/resources.ts";
import { GROUP, type Stage, SUBSCRIPTION } from "../../e2e/stage.ts";
import { identity } from "../../e2e/objects.ts";
import { IdentityWatch } from "../identity-watch.ts";
import type { LoadClient } from "../load-client.ts";
import { usageOf } from "../operator-figures.ts";
import { PEER_GROUP } from "../peer/crds.ts";
import { timed } from "../timed.ts";

/** Five regions, each with a bucket of its own for making identities (arm.md 3.6). */
const REGIONS = ["westus2", "eastus", "westeurope", "northeurope", "uksouth"];

const PEER_TYPE: ResourceType = { group: PEER_GROUP, version: "v1api20230131", plural: "userassignedidentities", kind: "UserAssignedIdentity", namespaced: true };

/** Who makes identities of objects, and how its objects look. */
export interface Contestant {
  readonly name: string;
  readonly type: ResourceType;
  object(name: string, location: string): { readonly metadata: { readonly name: string } };
}

/** This operator. */
export function ours(namespace: string): Contestant {
  const object = (name: string, location: string) => identity(namespace, name, { location }) as { readonly metadata: { readonly name: string } };
  return { name: "ours", type: USER_ASSIGNED_IDENTITY, object };
}

/** Azure Service Operator, which names the resource group by its ARM id, since it does not own it. */
export function theirs(namespace: string): Contestant {
  const owner = { armId: `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}` };
  const head = { apiVersion: `${PEER_TYPE.group}/${PEER_TYPE.version}`, kind: PEER_TYPE.kind };
  return { name: "ASO", type: PEER_TYPE, object: (name, location) => ({ ...head, metadata: { namespace, name }, spec: { azureName: name, location, owner } }) };
}

/** What making the identities took. */
export interface Creation {
  readonly seconds: number;
  readonly requests: number;
  /** Requests that Azure answered with 429. */
  readonly throttled: number;
  readonly peakRssMiB: number;
  readonly cpuSeconds: number;
}

/** What a creation is made with. */
export interface CreationRun {
  readonly stage: Stage;
  readonly client: LoadClient;
  readonly namespace: string;
  readonly count: number;
  /** First part of the names. */
  readonly prefix: string;
  readonly pid: number;
}

/** Applies so many objects over five regions, and waits until all are Ready. */
export async function creation(contestant: Contestant, run: CreationRun): Promise<Creation> {
  const { stage, client, namespace, count, prefix, pid } = run;
  const { group, version, plural } = contestant.type;
  const objects = Array.from({ length: count }, (_, index) => contestant.object(`${prefix}-${index}`, REGIONS[index % REGIONS.length] ?? ""));
  const watch = await IdentityWatch.open(stage.plane.adminKubeconfig, contestant.type);
  const [before, { cpuSeconds }] = [watch.readyCount, await usageOf(pid)];
  stage.azure.clearRequests();
  const what = `${contestant.name}, ${count} identities`;
  const work = () => Promise.all([client.apply(`/apis/${group}/${version}/namespaces/${namespace}/${plural}`, objects), watch.untilReady(before + count)]);
  const seconds = await timed(what, work, () => `${watch.readyCount - before} of ${count} Ready`);
  await watch.close();
  const usage = await usageOf(pid);
  const requests = stage.arm();
  const throttled = requests.filter(({ status }) => status === 429).length;
  return { seconds, requests: requests.length, throttled, peakRssMiB: usage.peakRssMiB, cpuSeconds: usage.cpuSeconds - cpuSeconds };
}
