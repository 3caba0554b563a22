import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";
import { effortFigures, effortFrom } from "./requests.ts";
import { QUIET, type Run, UNGOVERNED } from "./scenario.ts";

const REGIONS = ["westeurope", "northeurope", "eastus", "westus2", "uksouth"];

/** The principal's writes in a subscription (arm.md 2.6), which bind before the creations of five regions do. */
const BURST = 200;
const PER_SECOND = 10;

/** Applies all objects at once, over five regions, before an Azure with its documented limits and recorded latencies. Leaves nothing behind. */
export async function createQuota(run: Run): Promise<readonly Figure[]> {
  const { stage, client, watch, program } = run;
  const names = run.names.map((_, index) => `quota-${index}`);
  stage.azure.adjust({ quotas: "enforced", identityRates: "documented", federatedCredentialRates: "documented" });
  const callOff = stage.azure.intercept(({ type }) => type !== "entra", { do: "latency", of: "recorded" }, { times: Number.MAX_SAFE_INTEGER });
  await stage.startOperator(QUIET, program);
  const effort = await effortFrom(run);
  const seconds = await timed(
    "create-quota",
    () => Promise.all([client.create(names, (name) => REGIONS[Number(name.split("-").at(-1)) % REGIONS.length] ?? ""), watch.untilReady(names.length)]),
    () => `${watch.readyCount} of ${names.length} Ready`,
  );
  const figures = figuresOf(names.length, seconds, stage.arm());
  const efforts = effortFigures(names.length, await effort(), { scenario: "create-quota", arm: { GET: 1, PUT: 1 }, kubernetes: { PATCH: 3, POST: 1 } });
  callOff();
  stage.azure.adjust({ quotas: "shown", identityRates: "unlimited", federatedCredentialRates: "unlimited" });
  await tidy(run, names, UNGOVERNED);
  return [...figures, ...efforts];
}

function figuresOf(count: number, seconds: number, requests: readonly { readonly method: string; readonly status: number; readonly at: number }[]): readonly Figure[] {
  const scenario = "create-quota";
  const startMs = Math.min(...requests.map(({ at }) => at));
  const lastWriteMs = Math.max(...requests.filter(({ method }) => method === "PUT").map(({ at }) => at));
  const allowed = BURST + ((lastWriteMs - startMs) / 1000) * PER_SECOND;
  const refused = requests.filter(({ status }) => status === 429).length;
  return [
    figure({ scenario, figure: `until ${count} over ${REGIONS.length} regions are Ready; bound: the principal's writes`, value: seconds, unit: "s", bound: Math.max(0, count - BURST) / PER_SECOND }),
    figure({ scenario, figure: "writes used of those allowed, to the last one", value: (100 * count) / allowed, unit: "%", bound: 100 }),
    figure({ scenario, figure: "answers 429", value: refused, unit: "requests", bound: 0 }),
  ];
}

async function tidy({ stage, client, watch, program }: Run, names: readonly string[], args: readonly string[]): Promise<void> {
  await stage.operator().stop("SIGTERM");
  await stage.startOperator(args, program);
  await timed("create-quota, tidying up", () => Promise.all([client.delete(names), watch.untilGone()]), () => `${watch.count} left`);
  await stage.operator().stop("SIGTERM");
}
