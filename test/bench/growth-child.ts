import { createHash } from "node:crypto";
import { isJsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { AzurePort } from "../../src/reconcile/ports.ts";
import { neverAzure } from "../reconcile/never.ts";
import { Fleet } from "./fleet/fleet.ts";
import { declare, identityId, identityOf } from "./fleet/mix.ts";

/** Prints, as JSON, what `node growth-child.ts COUNT` took to start over so many settled identities and to watch them for three hours. */
const count = Number(process.argv[2]);

const PAGE = 100;
const AFTER_MS = 3 * 3_600_000;

/** One identity as the operator left it, in Kubernetes and in a list of Azure, as texts of which others are made. */
interface Template {
  readonly object: string;
  readonly item: string;
  readonly ids: readonly string[];
}

async function template(): Promise<Template> {
  const fleet = new Fleet();
  declare(fleet, { identities: 1, credentials: 0, assignments: 0, grants: 0 });
  await fleet.settle();
  const item = fleet.azure.simulator.portal.get(identityId(0)) ?? {};
  const properties = objectAt(item, "properties");
  return { object: JSON.stringify(fleet.cluster.objects()[0]), item: JSON.stringify(item), ids: [stringAt(properties, "principalId") ?? "", stringAt(properties, "clientId") ?? ""] };
}

/** The text of the index-th copy. */
function copy(text: string, { ids }: Template, index: number): string {
  const named = text.replaceAll(identityOf(0), identityOf(index));
  return ids.reduce((made, id) => made.replaceAll(id, guidOf(`${id} ${index}`)), named);
}

function guidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

function* objects(from: Template): Generator<KubeObject> {
  for (let index = 0; index < count; index += 1) {
    const parsed = JSON.parse(copy(from.object, from, index)) as KubeObject;
    yield { ...parsed, metadata: { ...parsed.metadata, uid: guidOf(`uid ${index}`) } };
  }
}

/** An Azure that has nothing but pages, which it makes and which are parsed each time, as in the gateway. */
function pagesOf(from: Template, note: () => void): AzurePort {
  return neverAzure({
    page: (_parent, _collection, request) => {
      note();
      const start = Number(request.from ?? 0);
      const texts = Array.from({ length: Math.min(PAGE, count - start) }, (_, index) => copy(from.item, from, start + index));
      const { value } = JSON.parse(`{"value":[${texts.join(",")}]}`) as { readonly value: readonly unknown[] };
      const next = start + PAGE < count ? String(start + PAGE) : undefined;
      return Promise.resolve({ is: "found", items: value.filter(isJsonObject), next });
    },
  });
}

let pages = 0;
const made = await template();
const usageBefore = process.cpuUsage();
const startedMs = performance.now();
const fleet = new Fleet({ objects: objects(made), azure: pagesOf(made, () => void (pages += 1)) });
// The first reading of all does not wait between its pages.
await fleet.wait(1000);
const observedSeconds = (performance.now() - startedMs) / 1000;
const { same } = fleet.compared;
const cpuOf = (before: NodeJS.CpuUsage): number => Object.values(process.cpuUsage(before)).reduce((sum, value) => sum + value, 0) / 1e6;
const startCpuSeconds = cpuOf(usageBefore);
await fleet.wait(AFTER_MS);
const figures = {
  observed: same,
  observedSeconds,
  startCpuSeconds,
  cpuSeconds: cpuOf(usageBefore),
  peakRssMiB: process.resourceUsage().maxRSS / 1024,
  pages,
  kubernetesWrites: fleet.cluster.writes,
};
console.log(JSON.stringify(figures));
