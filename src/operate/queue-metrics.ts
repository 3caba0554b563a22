import type { Registry } from "prom-client";
import { counter, gauge, histogram } from "./instruments.ts";
import { METRICS } from "./metric-table.ts";

/** The work queue that is measured. */
export interface QueueDescription {
  /** Value of the labels `name` and `controller` of what concerns the queue as a whole. */
  readonly name: string;
  readonly concurrency: number;
  readonly priorities: readonly string[];
  /** The kind that a key of the queue stands for, one of the controllers. */
  readonly controllerOf: (key: string) => string;
}

/** What gauges read from the work queue when they are scraped. */
export interface QueueReading {
  readonly ready: Readonly<Record<string, number>>;
  readonly running: number;
  readonly longestRunMs: number;
  readonly unfinishedMs: number;
}

/** Told by the work queue what happens in it; has the shape of the observer that the queue takes. */
export interface QueueMetrics {
  added(key: string, priority: string): void;
  started(key: string, run: { readonly waitedMs: number }): void;
  finished(key: string, run: { readonly end: "success" | "requeue_after" | "error"; readonly ranMs: number }): void;
  retried(key: string, retry: { readonly afterMs: number }): void;
  overran(key: string, run: { readonly ranMs: number }): void;
  threw(key: string, error: unknown): void;
}

const RESULTS = ["success", "error", "requeue", "requeue_after"] as const;

/** Counts what happens in the work queue; every label set exists from the start. */
export function queueMetrics(registry: Registry, queue: QueueDescription, controllers: readonly string[]): QueueMetrics {
  const reconciled = reconcileMetrics(registry, controllers);
  const line = { name: queue.name, controller: queue.name };
  const adds = counter(registry, METRICS.queueAdds);
  const retries = counter(registry, METRICS.queueRetries);
  const waits = histogram(registry, METRICS.queueDuration);
  const works = histogram(registry, METRICS.workDuration);
  for (const metric of [adds, retries]) metric.inc(line, 0);
  for (const metric of [waits, works]) metric.zero(line);
  return {
    added: () => adds.inc(line),
    started: (_key, run) => waits.observe(line, run.waitedMs / 1000),
    finished: (key, run) => {
      works.observe(line, run.ranMs / 1000);
      reconciled.finished(queue.controllerOf(key), run.end, run.ranMs / 1000);
    },
    retried: () => retries.inc(line),
    overran: (key) => reconciled.timeouts.inc({ controller: queue.controllerOf(key) }),
    threw: (key) => reconciled.panics.inc({ controller: queue.controllerOf(key) }),
  };
}

function reconcileMetrics(registry: Registry, controllers: readonly string[]) {
  const totals = counter(registry, METRICS.reconciles);
  const errors = counter(registry, METRICS.reconcileErrors);
  const panics = counter(registry, METRICS.reconcilePanics);
  const timeouts = counter(registry, METRICS.reconcileTimeouts);
  const times = histogram(registry, METRICS.reconcileTime);
  for (const controller of controllers) {
    for (const result of RESULTS) totals.inc({ controller, result }, 0);
    for (const metric of [errors, panics, timeouts]) metric.inc({ controller }, 0);
    times.zero({ controller });
  }
  const finished = (controller: string, result: (typeof RESULTS)[number], seconds: number) => {
    totals.inc({ controller, result });
    if (result === "error") errors.inc({ controller });
    times.observe({ controller }, seconds);
  };
  return { finished, panics, timeouts };
}

/** Sets the gauges of the work queue from a reading. */
export function queueGauges(registry: Registry, queue: QueueDescription): (reading: QueueReading) => void {
  const line = { name: queue.name, controller: queue.name };
  const depth = gauge(registry, METRICS.queueDepth);
  const unfinished = gauge(registry, METRICS.unfinishedWork);
  const longest = gauge(registry, METRICS.longestRunning);
  const active = gauge(registry, METRICS.activeWorkers);
  gauge(registry, METRICS.maxConcurrentReconciles).set({ controller: queue.name }, queue.concurrency);
  return (reading) => {
    for (const priority of queue.priorities) depth.set({ ...line, priority }, reading.ready[priority] ?? 0);
    unfinished.set(line, reading.unfinishedMs / 1000);
    longest.set(line, reading.longestRunMs / 1000);
    active.set({ controller: queue.name }, reading.running);
  };
}
