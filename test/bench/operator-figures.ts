import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { OperatorProcess } from "../e2e/operator-process.ts";

/** Unit of the times in /proc: a hundredth of a second on every Linux. */
const TICKS_PER_SECOND = 100;

/** What a process has used so far. */
export interface ProcessUsage {
  readonly rssMiB: number;
  /** The most that was resident at any time. */
  readonly peakRssMiB: number;
  /** User and system time. */
  readonly cpuSeconds: number;
}

/** Reads /proc. Throws when there is no such process, or no Linux. */
export async function usageOf(pid: number): Promise<ProcessUsage> {
  const [status, stat] = await Promise.all([readFile(`/proc/${pid}/status`, "utf8"), readFile(`/proc/${pid}/stat`, "utf8")]);
  const mebibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
  const [utime, stime] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13);
  return { rssMiB: mebibytes("VmRSS"), peakRssMiB: mebibytes("VmHWM"), cpuSeconds: (Number(utime) + Number(stime)) / TICKS_PER_SECOND };
}

/** Requests to the API server by method, as the operator counts them. */
export type RequestCounts = ReadonlyMap<string, number>;

/** Reads `rest_client_requests_total` from the operator's metrics. */
export async function kubernetesRequests(operator: OperatorProcess): Promise<RequestCounts> {
  const counts = new Map<string, number>();
  for (const { labels, value } of samples(await metricsOf(operator), "rest_client_requests_total")) {
    const method = /method="([A-Z]+)"/.exec(labels)?.[1] ?? "";
    counts.set(method, (counts.get(method) ?? 0) + value);
  }
  return counts;
}

/** How many resources the sweep has found to be as declared. */
export async function observedBySweep(operator: OperatorProcess): Promise<number> {
  const same = samples(await metricsOf(operator), "azid_sweep_resources_total").find(({ labels }) => labels.includes('"same"'));
  return same?.value ?? 0;
}

/** What was counted since `before`. */
export function since(before: RequestCounts, after: RequestCounts): RequestCounts {
  return new Map([...after].map(([method, count]) => [method, count - (before.get(method) ?? 0)]));
}

/** Writes among the requests. */
export function writesOf(counts: RequestCounts): number {
  return [...counts].reduce((sum, [method, count]) => (method === "GET" ? sum : sum + count), 0);
}

/** Resolves once the operator has nothing to do, in two looks 250 ms apart; rejects after a minute. */
export async function untilIdle(operator: OperatorProcess): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  for (let idleLooks = 0; idleLooks < 2; await delay(250)) {
    const metrics = await metricsOf(operator);
    const busy = [...samples(metrics, "workqueue_depth"), ...samples(metrics, "controller_runtime_active_workers")];
    idleLooks = busy.every(({ value }) => value === 0) ? idleLooks + 1 : 0;
    if (Date.now() > deadlineMs) throw new Error("the operator is still busy after 60 s");
  }
}

async function metricsOf(operator: OperatorProcess): Promise<string> {
  return (await fetch(`${operator.metricsUrl}/metrics`)).text();
}

function samples(metrics: string, name: string): readonly { readonly labels: string; readonly value: number }[] {
  return [...metrics.matchAll(new RegExp(`^${name}(\\{[^\\n]*\\})? (\\S+)$`, "gm"))].map(([, labels = "", value]) => ({ labels, value: Number(value) }));
}
