import { expect, test } from "vitest";
import { METRICS } from "../../src/operate/metric-table.ts";
import { createMetrics, type Metrics } from "../../src/operate/metrics.ts";
import { KeyedQueue } from "../../src/queue/queue.ts";
import { PRIORITIES } from "../../src/queue/priority.ts";
import { VirtualClock } from "../queue/virtual-clock.ts";

const controllers = ["UserAssignedIdentity", "IdentityAssignment"];

function metricsOf(): Metrics {
  const controllerOf = (key: string) => (key.startsWith("host") ? "IdentityAssignment" : "UserAssignedIdentity");
  return createMetrics({ version: "1.2.3", controllers, queue: { name: "units", concurrency: 16, priorities: PRIORITIES, controllerOf } });
}

async function lines(metrics: Metrics, prefix: string): Promise<string[]> {
  const { body } = await metrics.render();
  return body.split("\n").filter((line) => line.startsWith(prefix) && !line.includes("_bucket"));
}

test("every metric of the table is there with its help, and no other of our names", async () => {
  const { body, contentType } = await metricsOf().render();
  const helps = body.split("\n").filter((line) => line.startsWith("# HELP ") && !/^# HELP (process|nodejs)_/.test(line));
  expect(helps.toSorted()).toEqual(Object.values(METRICS).map(({ name, help }) => `# HELP ${name} ${help}`).toSorted());
  expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
});

test("names keep the rules of Prometheus: counters end in _total, seconds say so", () => {
  for (const { name, type } of Object.values(METRICS)) {
    expect(name).toMatch(/^(controller_runtime|workqueue|rest_client|leader_election|azid)_[a-z_]+$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
    if (type === "histogram") expect(name).toMatch(/_seconds$/);
  }
});

test("label sets that are known from the start are there with 0", async () => {
  const metrics = metricsOf();
  expect(await lines(metrics, "controller_runtime_reconcile_total")).toEqual(
    controllers.flatMap((controller) =>
      ["success", "error", "requeue", "requeue_after"].map(
        (result) => `controller_runtime_reconcile_total{controller="${controller}",result="${result}"} 0`,
      ),
    ),
  );
  expect(await lines(metrics, "workqueue_depth")).toEqual(
    PRIORITIES.map((priority) => `workqueue_depth{name="units",controller="units",priority="${priority}"} 0`),
  );
  expect(await lines(metrics, "azid_resources")).toHaveLength(6);
  expect(await lines(metrics, "controller_runtime_reconcile_time_seconds_count")).toHaveLength(2);
  expect(await lines(metrics, "controller_runtime_max_concurrent_reconciles")).toEqual([
    'controller_runtime_max_concurrent_reconciles{controller="units"} 16',
  ]);
  expect(await lines(metrics, "azid_build_info")).toEqual([`azid_build_info{version="1.2.3",node_version="${process.versions.node}"} 1`]);
});

test("the work queue's own observer feeds reconciliations and the queue's figures", async () => {
  const clock = new VirtualClock();
  const metrics = metricsOf();
  const backoff = { baseMs: 10_000, maxMs: 10_000 };
  const run = async (key: string) => {
    await new Promise<void>((resolve) => void clock.setTimer(key === "host/slow" ? 9000 : 2000, resolve));
    if (key === "host/faulty") throw new Error("fault");
    return {};
  };
  const queue = new KeyedQueue({
    concurrency: 1, run, laneOf: (key) => key, clock, random: () => 0.5, deadlineMs: 5000, backoff, observer: metrics.queue,
  });
  metrics.readFrom({ queue: () => queue.state(), resources: () => [], quotas: () => [] });
  queue.start();
  for (const key of ["identity", "host/faulty", "host/slow"]) queue.add(key, { priority: "user" });
  await clock.advance(10_000);
  expect(await lines(metrics, "workqueue_")).toEqual([
    'workqueue_depth{name="units",controller="units",priority="user"} 0',
    'workqueue_depth{name="units",controller="units",priority="retry"} 0',
    'workqueue_depth{name="units",controller="units",priority="resync"} 0',
    'workqueue_unfinished_work_seconds{name="units",controller="units"} 6',
    'workqueue_longest_running_processor_seconds{name="units",controller="units"} 6',
    'workqueue_adds_total{name="units",controller="units"} 3',
    'workqueue_retries_total{name="units",controller="units"} 1',
    'workqueue_queue_duration_seconds_sum{name="units",controller="units"} 6',
    'workqueue_queue_duration_seconds_count{name="units",controller="units"} 3',
    'workqueue_work_duration_seconds_sum{name="units",controller="units"} 4',
    'workqueue_work_duration_seconds_count{name="units",controller="units"} 2',
  ]);
  expect((await lines(metrics, "controller_runtime_")).filter((line) => !line.endsWith(" 0"))).toEqual([
    'controller_runtime_active_workers{controller="units"} 1',
    'controller_runtime_max_concurrent_reconciles{controller="units"} 16',
    'controller_runtime_reconcile_total{controller="UserAssignedIdentity",result="success"} 1',
    'controller_runtime_reconcile_total{controller="IdentityAssignment",result="error"} 1',
    'controller_runtime_reconcile_errors_total{controller="IdentityAssignment"} 1',
    'controller_runtime_reconcile_panics_total{controller="IdentityAssignment"} 1',
    'controller_runtime_reconcile_timeouts_total{controller="IdentityAssignment"} 1',
    'controller_runtime_reconcile_time_seconds_sum{controller="UserAssignedIdentity"} 2',
    'controller_runtime_reconcile_time_seconds_count{controller="UserAssignedIdentity"} 1',
    'controller_runtime_reconcile_time_seconds_sum{controller="IdentityAssignment"} 2',
    'controller_runtime_reconcile_time_seconds_count{controller="IdentityAssignment"} 1',
  ]);
});

test("requests, refusals and objects are counted", async () => {
  const metrics = metricsOf();
  metrics.azureRequest({ resourceType: "microsoft.web/sites", method: "PATCH", code: "200", durationMs: 1500 });
  metrics.azureRequest({ resourceType: "microsoft.web/sites", method: "PATCH", code: "200", durationMs: 500 });
  metrics.kubernetesRequest({ method: "GET", host: "10.0.0.1:443", code: "410", durationMs: 20 });
  metrics.terminalError("IdentityAssignment");
  let count = 3;
  metrics.readFrom({
    queue: () => ({ ready: { user: 2 }, running: 1, longestRunMs: 0, unfinishedMs: 0 }),
    quotas: () => (count === 0 ? [] : [{ quota: "writes", tokens: 3, waiting: 40, closedForSeconds: 2.5 }]),
    resources: () => (count === 0 ? [] : [{ kind: "IdentityAssignment", ready: "False", count }]),
  });
  expect(await lines(metrics, "azid_azure_quota")).toEqual([
    'azid_azure_quota_tokens{quota="writes"} 3',
    'azid_azure_quota_waiting{quota="writes"} 40',
    'azid_azure_quota_closed_seconds{quota="writes"} 2.5',
  ]);
  expect(await lines(metrics, "azid_azure_request")).toEqual([
    'azid_azure_requests_total{resource_type="microsoft.web/sites",method="PATCH",code="200"} 2',
    'azid_azure_request_duration_seconds_sum{resource_type="microsoft.web/sites",method="PATCH"} 2',
    'azid_azure_request_duration_seconds_count{resource_type="microsoft.web/sites",method="PATCH"} 2',
  ]);
  expect(await lines(metrics, "rest_client_")).toEqual([
    'rest_client_requests_total{code="410",method="GET",host="10.0.0.1:443"} 1',
    'rest_client_request_duration_seconds_sum{verb="GET",host="10.0.0.1:443"} 0.02',
    'rest_client_request_duration_seconds_count{verb="GET",host="10.0.0.1:443"} 1',
  ]);
  expect(await lines(metrics, 'controller_runtime_terminal_reconcile_errors_total{controller="IdentityAssignment"}')).toEqual([
    'controller_runtime_terminal_reconcile_errors_total{controller="IdentityAssignment"} 1',
  ]);
  expect(await lines(metrics, 'azid_resources{kind="IdentityAssignment",ready="False"}')).toEqual([
    'azid_resources{kind="IdentityAssignment",ready="False"} 3',
  ]);
  count = 0;
  expect(await lines(metrics, "azid_azure_quota")).toEqual([]);
  expect(await lines(metrics, 'azid_resources{kind="IdentityAssignment",ready="False"}')).toEqual([
    'azid_resources{kind="IdentityAssignment",ready="False"} 0',
  ]);
});

test("what the sweep finds is counted", async () => {
  const metrics = metricsOf();
  metrics.sweep.compared("same");
  metrics.sweep.compared("same");
  metrics.sweep.compared("absent");
  metrics.sweep.lists(3, 1);
  expect(await lines(metrics, "azid_sweep_")).toEqual([
    'azid_sweep_resources_total{result="same"} 2',
    'azid_sweep_resources_total{result="differs"} 0',
    'azid_sweep_resources_total{result="absent"} 1',
    'azid_sweep_lists{state="readable"} 3',
    'azid_sweep_lists{state="failing"} 1',
  ]);
});

test("tokens and waits for Azure are counted, tokens by what came of them", async () => {
  const metrics = metricsOf();
  const request = { method: "POST", durationMs: 5 };
  for (const code of ["200", "401", "400", "timeout", "503"]) metrics.azureRequest({ ...request, resourceType: "token", code });
  for (const retryAfterSeconds of [17, 5]) metrics.azureRequest({ ...request, resourceType: "microsoft.web/sites", code: "429", retryAfterSeconds });
  expect(await lines(metrics, "azid_credential_exchanges_total")).toEqual([
    'azid_credential_exchanges_total{result="success"} 1',
    'azid_credential_exchanges_total{result="refused"} 2',
    'azid_credential_exchanges_total{result="failed"} 2',
  ]);
  expect(await lines(metrics, "azid_azure_throttled_seconds_total")).toEqual(['azid_azure_throttled_seconds_total{resource_type="microsoft.web/sites"} 22']);
});

test("lives of objects are counted by their kind", async () => {
  const metrics = metricsOf();
  metrics.objects.becameReady("IdentityAssignment", 12);
  metrics.objects.gone("IdentityAssignment", 3);
  metrics.objects.corrected("IdentityAssignment");
  expect(await lines(metrics, "azid_time_to_ready_seconds_sum")).toEqual(['azid_time_to_ready_seconds_sum{kind="UserAssignedIdentity"} 0', 'azid_time_to_ready_seconds_sum{kind="IdentityAssignment"} 12']);
  expect(await lines(metrics, "azid_deletion_seconds_count")).toEqual(['azid_deletion_seconds_count{kind="UserAssignedIdentity"} 0', 'azid_deletion_seconds_count{kind="IdentityAssignment"} 1']);
  expect(await lines(metrics, "azid_drift_corrections_total")).toEqual(['azid_drift_corrections_total{kind="UserAssignedIdentity"} 0', 'azid_drift_corrections_total{kind="IdentityAssignment"} 1']);
});
