import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../../build.ts";
import { setStage, type Stage } from "../e2e/stage.ts";
import { LoadClient, memoryOf } from "./objects.ts";
import { type Figure, figure, table } from "./report.ts";

const NAMESPACE = "bench";
const SCENARIOS = ["start", "create", "noop", "delete"] as const;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { objects: { type: "string", default: "1000" }, json: { type: "string" } } });
const unknown = positionals.filter((name) => !SCENARIOS.some((scenario) => scenario === name));
if (unknown.length > 0) {
  console.error(`cannot run ${unknown.join(", ")}: choose from ${SCENARIOS.join(", ")}`);
  process.exitCode = 2;
} else await main(Number(values.objects), new Set(positionals.length === 0 ? SCENARIOS : positionals));

async function main(count: number, wanted: ReadonlySet<string>): Promise<void> {
  console.error(`real time; ${count} objects; API server, simulator, bench and operator share this machine`);
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const stage = await setStage({ namespaces: [NAMESPACE] });
  const client = await LoadClient.open(stage, NAMESPACE);
  try {
    const entry = join(folder, "main.mjs");
    await bundle(join(import.meta.dirname, "../../src/main.ts"), entry);
    const figures = await measure({ stage, client, entry, count, wanted });
    console.log(table(figures));
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  } finally {
    await client.close();
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Run {
  readonly stage: Stage;
  readonly client: LoadClient;
  readonly entry: string;
  readonly count: number;
  readonly wanted: ReadonlySet<string>;
}

/** `noop` and `delete` need what `create` made, so that it always runs before them; only what was asked for is reported. */
async function measure(run: Run): Promise<readonly Figure[]> {
  const names = Array.from({ length: run.count }, (_, index) => `identity-${index}`);
  const figures = [...(await starts(run)), ...(await create(run, names)), ...(await noop(run, names)), ...(await remove(run, names))];
  return figures.filter(({ scenario }) => run.wanted.has(scenario));
}

async function starts({ stage, entry }: Run): Promise<readonly Figure[]> {
  const times: number[] = [];
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const startedMs = performance.now();
    const operator = await stage.startOperator([], entry);
    times.push(performance.now() - startedMs);
    await operator.stop("SIGKILL");
  }
  const median = times.toSorted((left, right) => left - right)[2] ?? 0;
  return [figure({ scenario: "start", figure: "bundled start to /readyz, median of 5", value: median, unit: "ms", peer: 500 })];
}

async function create({ stage, client, entry }: Run, names: readonly string[]): Promise<readonly Figure[]> {
  const plainSeconds = await seconds("the API server alone", () => client.applyPlain(names));
  await client.removePlain(names);
  await client.untilGone();
  const operator = await stage.startOperator(["--log-level=warn"], entry);
  stage.azure.clearRequests();
  const before = await stage.kubernetesWrites();
  const tookSeconds = await seconds("create", async () => {
    await client.applyIdentities(names);
    await client.untilReady(names.length);
  });
  const writes = (await stage.kubernetesWrites()) - before;
  const memory = memoryOf(operator.pid);
  const per = (value: number) => value / names.length;
  return [
    figure({ scenario: "create", figure: "objects Ready per second", value: names.length / tookSeconds, unit: "1/s", bound: names.length / plainSeconds }),
    figure({ scenario: "create", figure: "ARM requests per object", value: per(stage.arm().length), unit: "requests", bound: 2 }),
    figure({ scenario: "create", figure: "Kubernetes writes per object, event included", value: per(writes), unit: "requests", bound: 4 }),
    figure({ scenario: "create", figure: "operator RSS, peak", value: memory.peakMiB, unit: "MiB", peer: 150 }),
  ];
}

async function noop({ stage, entry }: Run, names: readonly string[]): Promise<readonly Figure[]> {
  await stage.operator().stop("SIGTERM");
  stage.azure.clearRequests();
  const observedSeconds = await seconds("restart", async () => {
    await stage.startOperator(["--log-level=warn"], entry);
    while (stage.arm().filter(({ status }) => status !== 0).length < names.length) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  const writes = stage.arm().filter(({ method }) => method !== "GET").length;
  return [
    figure({ scenario: "noop", figure: "start to all observed", value: observedSeconds, unit: "s" }),
    figure({ scenario: "noop", figure: "ARM requests per object", value: stage.arm().length / names.length, unit: "requests", bound: 1 }),
    figure({ scenario: "noop", figure: "ARM writes", value: writes, unit: "requests" }),
    figure({ scenario: "noop", figure: "Kubernetes writes", value: await stage.kubernetesWrites(), unit: "requests" }),
    figure({ scenario: "noop", figure: "operator RSS, peak", value: memoryOf(stage.operator().pid).peakMiB, unit: "MiB", peer: 150 }),
  ];
}

async function remove({ stage, client }: Run, names: readonly string[]): Promise<readonly Figure[]> {
  stage.azure.clearRequests();
  const before = await stage.kubernetesWrites();
  const tookSeconds = await seconds("delete", async () => {
    await client.delete(names);
    await client.untilGone();
  });
  const writes = (await stage.kubernetesWrites()) - before;
  return [
    figure({ scenario: "delete", figure: "objects gone per second", value: names.length / tookSeconds, unit: "1/s" }),
    figure({ scenario: "delete", figure: "ARM requests per object", value: stage.arm().length / names.length, unit: "requests", bound: 2 }),
    figure({ scenario: "delete", figure: "Kubernetes writes per object, event included", value: writes / names.length, unit: "requests", bound: 2 }),
  ];
}

/** How long something took; says so on the way, at most every five seconds. */
async function seconds(what: string, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  const passed = () => ((performance.now() - startedMs) / 1000).toFixed(1);
  const timer = setInterval(() => console.error(`… ${what}: ${passed()} s`), 5000);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  console.error(`${what}: ${passed()} s`);
  return (performance.now() - startedMs) / 1000;
}
