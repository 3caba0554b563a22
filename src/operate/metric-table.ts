/** A metric as the table names it; the documentation is generated from these. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[];
}

const RECONCILE_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Those of crossplane, up to an hour. */
const LIFE_SECONDS = [1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const QUEUE_SECONDS = [0.001, 0.01, 0.1, 1, 10, 60, 300, 1000];

/**
 * Every metric of the operator, besides those about the process itself (`process_`, `nodejs_`). Where controller-runtime
 * has a name for something it is used, so that dashboards made for it work (conventions.md 4.1).
 */
export const METRICS = {
  reconciles: {
    name: "controller_runtime_reconcile_total",
    type: "counter",
    help: "Reconciliations by kind and result",
    labels: ["controller", "result"],
  },
  reconcileErrors: {
    name: "controller_runtime_reconcile_errors_total",
    type: "counter",
    help: "Reconciliations that failed and are repeated",
    labels: ["controller"],
  },
  terminalErrors: {
    name: "controller_runtime_terminal_reconcile_errors_total",
    type: "counter",
    help: "Reconciliations that refused an object until somebody changes something",
    labels: ["controller"],
  },
  reconcilePanics: {
    name: "controller_runtime_reconcile_panics_total",
    type: "counter",
    help: "Reconciliations that ended with a fault of the program",
    labels: ["controller"],
  },
  reconcileTimeouts: {
    name: "controller_runtime_reconcile_timeouts_total",
    type: "counter",
    help: "Reconciliations that ran longer than their deadline",
    labels: ["controller"],
  },
  reconcileTime: {
    name: "controller_runtime_reconcile_time_seconds",
    type: "histogram",
    help: "Duration of a reconciliation",
    labels: ["controller"],
    buckets: RECONCILE_SECONDS,
  },
  maxConcurrentReconciles: {
    name: "controller_runtime_max_concurrent_reconciles",
    type: "gauge",
    help: "Workers (--concurrent)",
    labels: ["controller"],
  },
  activeWorkers: {
    name: "controller_runtime_active_workers",
    type: "gauge",
    help: "Workers that are busy",
    labels: ["controller"],
  },
  queueDepth: {
    name: "workqueue_depth",
    type: "gauge",
    help: "Keys that are ready and wait for a worker or for their lane",
    labels: ["name", "controller", "priority"],
  },
  queueAdds: {
    name: "workqueue_adds_total",
    type: "counter",
    help: "Keys that became ready",
    labels: ["name", "controller"],
  },
  queueRetries: {
    name: "workqueue_retries_total",
    type: "counter",
    help: "Keys that were put back after a failure",
    labels: ["name", "controller"],
  },
  queueDuration: {
    name: "workqueue_queue_duration_seconds",
    type: "histogram",
    help: "How long a ready key waited for its run",
    labels: ["name", "controller"],
    buckets: QUEUE_SECONDS,
  },
  workDuration: {
    name: "workqueue_work_duration_seconds",
    type: "histogram",
    help: "How long a run took",
    labels: ["name", "controller"],
    buckets: QUEUE_SECONDS,
  },
  unfinishedWork: {
    name: "workqueue_unfinished_work_seconds",
    type: "gauge",
    help: "Sum of the ages of the runs in progress",
    labels: ["name", "controller"],
  },
  longestRunning: {
    name: "workqueue_longest_running_processor_seconds",
    type: "gauge",
    help: "Age of the longest run in progress",
    labels: ["name", "controller"],
  },
  leaderElection: {
    name: "leader_election_master_status",
    type: "gauge",
    help: "Whether this replica is the one that works",
    labels: ["name"],
  },
  kubernetesRequests: {
    name: "rest_client_requests_total",
    type: "counter",
    help: "Requests to the API server of Kubernetes",
    labels: ["code", "method", "host"],
  },
  kubernetesRequestDuration: {
    name: "rest_client_request_duration_seconds",
    type: "histogram",
    help: "Duration of requests to the API server of Kubernetes",
    labels: ["verb", "host"],
    buckets: REQUEST_SECONDS,
  },
  azureRequests: {
    name: "azid_azure_requests_total",
    type: "counter",
    help: "Requests to Azure Resource Manager; code is the HTTP status, or a word when there was no answer",
    labels: ["resource_type", "method", "code"],
  },
  azureRequestDuration: {
    name: "azid_azure_request_duration_seconds",
    type: "histogram",
    help: "Duration of requests to Azure Resource Manager",
    labels: ["resource_type", "method"],
    buckets: REQUEST_SECONDS,
  },
  quotaTokens: {
    name: "azid_azure_quota_tokens",
    type: "gauge",
    help: "Requests that a quota of Azure still allows at once, as far as the operator can tell; of several buckets the emptiest",
    labels: ["quota"],
  },
  quotaWaiting: {
    name: "azid_azure_quota_waiting",
    type: "gauge",
    help: "Azure resources whose turn under a quota of Azure has not come yet",
    labels: ["quota"],
  },
  quotaClosed: {
    name: "azid_azure_quota_closed_seconds",
    type: "gauge",
    help: "Seconds until Azure wants requests under a quota again, since it refused some; 0 when it does",
    labels: ["quota"],
  },
  azureThrottled: {
    name: "azid_azure_throttled_seconds_total",
    type: "counter",
    help: "Sum of the waits that Azure Resource Manager asked for by 429",
    labels: ["resource_type"],
  },
  credentialExchanges: {
    name: "azid_credential_exchanges_total",
    type: "counter",
    help: "Requests for tokens of Microsoft Entra; failed when there was no answer",
    labels: ["result"],
  },
  timeToReady: {
    name: "azid_time_to_ready_seconds",
    type: "histogram",
    help: "From the creation of an object to the first time that it is Ready",
    labels: ["kind"],
    buckets: LIFE_SECONDS,
  },
  deletion: {
    name: "azid_deletion_seconds",
    type: "histogram",
    help: "From the deletion of an object to its end",
    labels: ["kind"],
    buckets: LIFE_SECONDS,
  },
  driftCorrections: {
    name: "azid_drift_corrections_total",
    type: "counter",
    help: "Corrections of Azure for objects that were Ready and had not changed",
    labels: ["kind"],
  },
  resources: {
    name: "azid_resources",
    type: "gauge",
    help: "Objects in the cluster by kind and status of their Ready condition",
    labels: ["kind", "ready"],
  },
  sweepResources: {
    name: "azid_sweep_resources_total",
    type: "counter",
    help: "Resources of ours in LIST pages that were as declared, differed or were absent, so that they were read by themselves",
    labels: ["result"],
  },
  sweepLists: {
    name: "azid_sweep_lists",
    type: "gauge",
    help: "Lists that stand for GETs of their objects, readable or failing: objects of failing ones are read one by one",
    labels: ["state"],
  },
  buildInfo: {
    name: "azid_build_info",
    type: "gauge",
    help: "Always 1; the labels say what is running",
    labels: ["version", "node_version"],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
