import { setTimeout as delay } from "node:timers/promises";
import { customResourceDefinition } from "../../../src/api/crd.ts";
import type { JsonObject } from "../../../src/api/json.ts";
import { type ApiResource, RESOURCES } from "../../../src/api/resources.ts";
import { type ControlPlane, startControlPlane } from "../../control-plane/control-plane.ts";
import { run } from "../../crds/definitions.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";

/** Each set is applied so often, under another group, so that one CRD's share stands out of the noise. */
const COPIES = 5;

const MEBIBYTE = 1024 * 1024;
/** OpenAPI is built some time after a CRD is established: the heap has settled when so many readings in a row agree. */
const SETTLED_READINGS = 4;
const READING_MS = 1500;

/** What the API server keeps in memory for the CRDs, beside CRDs that say nothing but a name, in the same API server. */
export async function crds(): Promise<readonly Figure[]> {
  const plane = await startControlPlane({ profiling: true });
  try {
    const bytes = { empty: Number.NaN, ours: Number.NaN };
    await timed(`heap of ${COPIES} × ${RESOURCES.length} CRDs`, async () => {
      await heapOf(plane, definitions("warm-up", withoutFields));
      bytes.empty = await heapOf(plane, definitions("empty", withoutFields));
      bytes.ours = await heapOf(plane, definitions("ours", customResourceDefinition));
    });
    return [...sizes(), heapFigure(bytes)];
  } finally {
    await plane.stop();
  }
}

function heapFigure({ empty, ours }: { readonly empty: number; readonly ours: number }): Figure {
  const count = COPIES * RESOURCES.length;
  const what = "API server's heap per CRD, each served once; peer: CRDs without fields";
  return figure({ scenario: "crds", figure: what, value: ours / count / MEBIBYTE, unit: "MiB", peer: empty / count / MEBIBYTE });
}

function sizes(): readonly Figure[] {
  const bytes = (resource: ApiResource) => JSON.stringify(customResourceDefinition(resource)).length;
  const rows = RESOURCES.map((resource) => figure({ scenario: "crds", figure: `size of ${resource.kind} as JSON`, value: bytes(resource) / 1024, unit: "KiB" }));
  const all = RESOURCES.reduce((sum, resource) => sum + bytes(resource), 0);
  return [...rows, figure({ scenario: "crds", figure: "size of all as JSON", value: all / 1024, unit: "KiB" })];
}

/** How much the live heap grows by these CRDs once each of them was asked for, as an operator's watch does. */
async function heapOf(plane: ControlPlane, documents: readonly JsonObject[]): Promise<number> {
  const before = await settledHeap(plane);
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: documents });
  await run(plane, ["create", "-f", "-"], list);
  await run(plane, ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
  for (const { group, plural, version } of documents.map(addressOf)) await run(plane, ["get", "--raw", `/apis/${group}/${version}/${plural}`]);
  return (await settledHeap(plane)) - before;
}

/** The live heap after a collection, once readings differ by less than one part in two hundred. */
async function settledHeap(plane: ControlPlane): Promise<number> {
  let readings: readonly number[] = [];
  for (;;) {
    await run(plane, ["get", "--raw", "/openapi/v2"]);
    const bytes = await liveHeap(plane);
    readings = [...readings, bytes].slice(-SETTLED_READINGS);
    if (readings.length === SETTLED_READINGS && readings.every((reading) => Math.abs(reading - bytes) < bytes / 200)) return bytes;
    await delay(READING_MS);
  }
}

async function liveHeap(plane: ControlPlane): Promise<number> {
  const profile = await run(plane, ["get", "--raw", "/debug/pprof/heap?gc=1&debug=1"]);
  const [, bytes] = /^# HeapAlloc = (\d+)$/m.exec(profile) ?? [];
  if (bytes === undefined) throw new Error("cannot read the API server's heap: its profile does not state HeapAlloc");
  return Number(bytes);
}

function definitions(prefix: string, definitionOf: (resource: ApiResource) => JsonObject): readonly JsonObject[] {
  const groups = Array.from({ length: COPIES }, (_, index) => `${prefix}-${index}.azureidentity.test`);
  // Categories and short names are taken once in an API server only; without them each copy is served alike.
  return groups.flatMap((group) => RESOURCES.map((resource) => definitionOf({ ...resource, group, shortNames: [] })));
}

function withoutFields(resource: ApiResource): JsonObject {
  const definition = customResourceDefinition(resource);
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const versions = [{ name: resource.version, served: true, storage: true, subresources: { status: {} }, schema }];
  return { ...definition, spec: { ...(definition["spec"] as JsonObject), versions } };
}

function addressOf(definition: JsonObject) {
  const spec = definition["spec"] as { readonly group: string; readonly names: { readonly plural: string }; readonly versions: readonly [{ readonly name: string }] };
  return { group: spec.group, plural: spec.names.plural, version: spec.versions[0].name };
}
