import { collectDefaultMetrics, Registry } from "prom-client";
import { counter, gauge, histogram } from "./instruments.ts";
import { METRICS } from "./metric-table.ts";
import { type QuotaReading, quotaGauges } from "./quota-metrics.ts";
import { type ObjectMetrics, objectMetrics } from "./object-metrics.ts";
import { type QueueDescription, queueGauges, type QueueMetrics, queueMetrics, type QueueReading } from "./queue-metrics.ts";
import { type SweepMetrics, sweepMetrics } from "./sweep-metrics.ts";

/** Status of the Ready condition of an object. */
export type ReadyStatus = "True" | "False" | "Unknown";

/** How many objects of a kind have a Ready condition with this status. */
export interface ResourceCount {
  readonly kind: string;
  readonly ready: ReadyStatus;
  readonly count: number;
}

/** What the process is made of; all label sets that follow from it exist from the start, with 0. */
export interface MetricsOptions {
  readonly version: string;
  /** The kinds. */
  readonly controllers: readonly string[];
  readonly queue: QueueDescription;
}

/** What gauges are read from at each scrape. */
export interface MetricsSources {
  readonly queue: () => QueueReading;
  readonly resources: () => Iterable<ResourceCount>;
  readonly quotas: () => readonly QuotaReading[];
}

/** A request that ended; `code` is the HTTP status, or a word when there was no answer. */
export interface RequestSample {
  readonly method: string;
  readonly code: string;
  readonly durationMs: number;
}

/** The metrics of the process. */
export interface Metrics {
  /** Counts what happens in the work queue. */
  readonly queue: QueueMetrics;
  /** Counts what the sweep over Azure's lists finds. */
  readonly sweep: SweepMetrics;
  /** Counts what becomes of objects. */
  readonly objects: ObjectMetrics;
  /** Counts a request to the API server of Kubernetes. */
  kubernetesRequest(sample: RequestSample & { readonly host: string }): void;
  /** Counts a request to Azure Resource Manager; the resource type in lower case, never an id. */
  azureRequest(sample: RequestSample & { readonly resourceType: string; readonly retryAfterSeconds?: number }): void;
  /** Counts an object that was refused: repeating does not help until somebody changes something. */
  terminalError(controller: string): void;
  /** Says whether this replica is the one that works. */
  leads(lease: string, isLeader: boolean): void;
  /** Says from what the gauges are read; until then they are 0. */
  readFrom(sources: MetricsSources): void;
  /** Everything in the text format of Prometheus. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const NOTHING: MetricsSources = {
  queue: () => ({ ready: {}, running: 0, longestRunMs: 0, unfinishedMs: 0 }),
  resources: () => [],
  quotas: () => [],
};

/** Makes the metrics, on a registry of their own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  gauge(registry, METRICS.buildInfo).set({ version: options.version, node_version: process.versions.node }, 1);
  const terminalErrors = counter(registry, METRICS.terminalErrors);
  for (const controller of options.controllers) terminalErrors.inc({ controller }, 0);
  const setQueue = queueGauges(registry, options.queue);
  const setResources = resourceGauge(registry, options.controllers);
  const setQuotas = quotaGauges(registry);
  let sources = NOTHING;
  return {
    queue: queueMetrics(registry, options.queue, options.controllers),
    sweep: sweepMetrics(registry),
    objects: objectMetrics(registry, options.controllers),
    ...requestMetrics(registry),
    leads: leaderGauge(registry),
    terminalError: (controller) => terminalErrors.inc({ controller }),
    readFrom: (given) => {
      sources = given;
    },
    render: async () => {
      setQueue(sources.queue());
      setResources(sources.resources());
      setQuotas(sources.quotas());
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

function leaderGauge(registry: Registry): Metrics["leads"] {
  const leader = gauge(registry, METRICS.leaderElection);
  return (name, isLeader) => leader.set({ name }, isLeader ? 1 : 0);
}

function requestMetrics(registry: Registry): Pick<Metrics, "kubernetesRequest" | "azureRequest"> {
  const kubernetes = counter(registry, METRICS.kubernetesRequests);
  const kubernetesTime = histogram(registry, METRICS.kubernetesRequestDuration);
  const azure = counter(registry, METRICS.azureRequests);
  const azureTime = histogram(registry, METRICS.azureRequestDuration);
  const throttled = counter(registry, METRICS.azureThrottled);
  const exchanged = exchangeCounter(registry);
  return {
    kubernetesRequest: ({ method, host, code, durationMs }) => {
      kubernetes.inc({ code, method, host });
      kubernetesTime.observe({ verb: method, host }, durationMs / 1000);
    },
    azureRequest: ({ resourceType, method, code, durationMs, retryAfterSeconds = 0 }) => {
      if (resourceType === "token") exchanged(code);
      else if (code === "429") throttled.inc({ resource_type: resourceType }, retryAfterSeconds);
      azure.inc({ resource_type: resourceType, method, code });
      azureTime.observe({ resource_type: resourceType, method }, durationMs / 1000);
    },
  };
}

function exchangeCounter(registry: Registry): (code: string) => void {
  const exchanges = counter(registry, METRICS.credentialExchanges);
  for (const result of ["success", "refused", "failed"]) exchanges.inc({ result }, 0);
  return (code) => exchanges.inc({ result: code.startsWith("2") ? "success" : /^4\d\d$/.test(code) ? "refused" : "failed" });
}

function resourceGauge(registry: Registry, kinds: readonly string[]): (counts: Iterable<ResourceCount>) => void {
  const resources = gauge(registry, METRICS.resources);
  const statuses: readonly ReadyStatus[] = ["True", "False", "Unknown"];
  return (counts) => {
    for (const kind of kinds) for (const ready of statuses) resources.set({ kind, ready }, 0);
    for (const { kind, ready, count } of counts) resources.set({ kind, ready }, count);
  };
}
