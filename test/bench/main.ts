import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setStage } from "../e2e/stage.ts";
import { type BenchArguments, readArguments } from "./arguments.ts";
import { IdentityWatch } from "./identity-watch.ts";
import { buildImage } from "../e2e/image.ts";
import { LoadClient } from "./load-client.ts";
import { type Figure, table } from "./report.ts";
import { admission } from "./scenarios/admission.ts";
import { alone } from "./scenarios/alone.ts";
import { crds } from "./scenarios/crds.ts";
import { create } from "./scenarios/create.ts";
import { createQuota } from "./scenarios/create-quota.ts";
import { createRegion } from "./scenarios/create-region.ts";
import { driftStorm } from "./scenarios/drift-storm.ts";
import { editUnderLoad } from "./scenarios/edit-under-load.ts";
import { growth } from "./scenarios/growth.ts";
import { heap } from "./scenarios/heap.ts";
import { hotNamespace } from "./scenarios/hot-namespace.ts";
import { kernel } from "./scenarios/kernel.ts";
import { noop } from "./scenarios/noop.ts";
import { oneHost } from "./scenarios/one-host.ts";
import { peer } from "./scenarios/peer.ts";
import { remove } from "./scenarios/remove.ts";
import { restart } from "./scenarios/restart.ts";
import type { Run } from "./scenarios/scenario.ts";
import { settledDay } from "./scenarios/settled-day.ts";
import { start } from "./scenarios/start.ts";

const NAMESPACE = "bench";

/** Scenarios that need no operator, or a control plane of their own. */
type Alone = (objects: number) => Promise<readonly Figure[]>;

const ALONE: Readonly<Record<string, Alone>> = {
  heap,
  crds,
  admission,
  kernel,
  "one-host": oneHost,
  growth,
  "settled-day": settledDay,
  "drift-storm": driftStorm,
  "create-region": createRegion,
  "edit-under-load": (objects) => editUnderLoad(objects * 5),
  "hot-namespace": (objects) => hotNamespace(Math.ceil(objects / 2)),
};
const WITHOUT_STAGE: ReadonlySet<string> = new Set([...Object.keys(ALONE), "peer"]);

/** What is to be undone, newest last. */
const undo: (() => Promise<unknown>)[] = [];

let undone: Promise<void> | undefined;

/** Ends and removes everything that was started; whoever calls it again, a signal for example, waits for the same end. */
function undoAll(): Promise<void> {
  undone ??= undoEach();
  return undone;
}

/** The newest first, whatever fails on the way. */
async function undoEach(): Promise<void> {
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
    await step().catch((error: unknown) => console.error(error));
  }
}

/** The machine and who shares it, without which no figure means anything. */
function surroundings(): string {
  const [cpu] = cpus();
  const load = loadavg().map((value) => value.toFixed(1)).join(" ");
  return [
    `${availableParallelism()} cores (${cpu?.model ?? "unknown"}), Node ${process.version}, load before: ${load}`,
    "etcd, API server, controller manager, operator and this process (load, watch, and the simulator within) share these cores",
  ].join("\n");
}

/** `noop` and `delete` need what `create` made: it runs before them, and only what was asked for is reported. */
async function lifecycle(run: Run, wanted: BenchArguments["scenarios"]): Promise<readonly Figure[]> {
  if (!["create", "noop", "delete"].some((scenario) => wanted.has(scenario))) return [];
  const bounds = await alone(run);
  const figures = [...(await create(run, bounds))];
  if (wanted.has("noop")) figures.push(...(await noop(run)));
  if (wanted.has("delete")) figures.push(...(await remove(run, bounds)));
  return figures.filter(({ scenario }) => wanted.has(scenario));
}

async function onStage({ scenarios, objects }: BenchArguments): Promise<readonly Figure[]> {
  if (![...scenarios].some((scenario) => !WITHOUT_STAGE.has(scenario))) return [];
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const program = await buildImage(folder);
  const stage = await setStage({ namespaces: [NAMESPACE] });
  undo.push(() => stage.close());
  const client = await LoadClient.open(stage.plane.adminKubeconfig, NAMESPACE);
  undo.push(() => client.close());
  const watch = await IdentityWatch.open(stage.plane.adminKubeconfig);
  undo.push(() => watch.close());
  const names = Array.from({ length: objects }, (_, index) => `identity-${index}`);
  const started = scenarios.has("start") ? await start(stage, program) : [];
  const run = { stage, client, watch, program, names };
  const quota = scenarios.has("create-quota") ? await createQuota(run) : [];
  const lived = await lifecycle(run, scenarios);
  return [...started, ...quota, ...lived, ...(scenarios.has("restart") ? await restart(run) : [])];
}

/** On a stage of its own, with a tenth of the objects for the peer with its defaults, which is slow. */
async function besidePeer({ scenarios, objects }: BenchArguments): Promise<readonly Figure[]> {
  if (!scenarios.has("peer")) return [];
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  return peer(await buildImage(folder), { few: Math.ceil(objects / 10), many: objects });
}

async function main(): Promise<number> {
  const read = readArguments(process.argv.slice(2));
  if (read.is !== "arguments") {
    (read.is === "help" ? console.log : console.error)(read.text);
    return read.is === "help" ? 0 : 2;
  }
  console.error(surroundings());
  try {
    const figures: Figure[] = [];
    for (const [name, scenario] of Object.entries(ALONE)) if (read.scenarios.has(name)) figures.push(...(await scenario(read.objects)));
    figures.push(...(await onStage(read)), ...(await besidePeer(read)));
    console.log(table(figures));
    if (read.jsonFile !== undefined) await writeFile(read.jsonFile, `${JSON.stringify(figures, undefined, 2)}\n`);
    return 0;
  } finally {
    await undoAll();
  }
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  process.once(signal, () => void undoAll().finally(() => process.exit(code)));
}
process.exitCode = await main();
