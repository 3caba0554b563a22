import { hostname } from "node:os";
import { type Config, loadConfig } from "../config.ts";
import { EXIT_CODES } from "../config/flags.ts";
import { RESOURCES } from "../api/resources.ts";
import { AccessError, missingResources, namespaceUid } from "../kubernetes/access.ts";
import { connect, type Connection, NoClusterError } from "../kubernetes/connection.ts";
import { requestToken as requestTokenOf, type TokenDemand } from "../kubernetes/tokens.ts";
import { createLog, type ProcessLog } from "../operate/log.ts";
import { createMetrics, type Metrics } from "../operate/metrics.ts";
import { type Check, type Probes, startProbes } from "../operate/probes.ts";
import { quotaLine } from "../operate/quota-metrics.ts";
import { onSignals, shutDown } from "../operate/shutdown.ts";
import { Watchdog } from "../operate/watchdog.ts";
import { systemClock } from "../queue/clock.ts";
import { PRIORITIES } from "../queue/priority.ts";
import { VERSION } from "../version.ts";
import { type AzureAccess, openAzure } from "./azure.ts";
import { fenced } from "./fence.ts";
import { type Leadership, seekLeadership } from "./leadership.ts";
import { metricsSecurity } from "./metrics-security.ts";
import { type Operator, startOperator } from "./operator.ts";
import { installationDigester } from "./digester.ts";
import { clusterIssuer, policyRules } from "./policy.ts";
import { StartError } from "./start-error.ts";

/** What the command reads and where it writes; the process' own outside of tests. */
export interface RunSurroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly signals: Parameters<typeof onSignals>[0];
  /** Ends the process at once, on a second signal. */
  readonly exitNow: (code: number) => void;
}

/** With the lead lost, workers and everything after them end before another replica can take the Lease. */
const LOST_STEP_MS = 500;

const USER_AGENT = `azure-identity-operator/${VERSION}`;

/** Runs the operator until a signal; returns the exit code (docs: the table in config/flags.ts). */
export async function run(argv: readonly string[], surroundings: RunSurroundings): Promise<number> {
  const loaded = loadConfig(argv, surroundings.environment);
  switch (loaded.is) {
    case "help":
      surroundings.out(loaded.text);
      return EXIT_CODES.ok.code;
    case "version":
      surroundings.out(`azid ${VERSION}\n`);
      return EXIT_CODES.ok.code;
    case "errors":
      for (const error of loaded.errors) surroundings.err(`${error}\n`);
      return EXIT_CODES.usage.code;
    case "config":
      return runWith(loaded.config, surroundings);
  }
}

async function runWith(config: Config, surroundings: RunSurroundings): Promise<number> {
  const log = createLog({ level: config.logLevel });
  try {
    const running = await start(config, surroundings, log);
    return await untilSignal(running, config, surroundings);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    surroundings.err(`${error.message}\n`);
    return error.exitCode;
  }
}

interface Running {
  /** Undefined as long as another replica leads. */
  readonly operator: () => Operator | undefined;
  readonly leadership: Leadership;
  readonly azure: AzureAccess;
  readonly connection: Connection;
  readonly probes: Probes;
  readonly watchdog: Watchdog;
  readonly log: ProcessLog;
}

async function start(config: Config, surroundings: RunSurroundings, log: ProcessLog): Promise<Running> {
  let operator: Operator | undefined;
  const metrics = createMetrics({
    version: VERSION,
    controllers: RESOURCES.map(({ kind }) => kind),
    queue: { name: "units", concurrency: config.concurrent, priorities: PRIORITIES, controllerOf: (unit) => operator?.kindOf(unit) ?? "" },
  });
  const rules = policyRules(config);
  const connection = await openCluster(config, metrics, log);
  const uid = begun(fromCluster(async () => config.installationId ?? namespaceUid(connection, "kube-system")));
  const crds = begun(requireCrds(connection));
  const asked = begun(fromCluster(() => clusterIssuer(config, connection, log)));
  const azure = openAzureOrStop(config, surroundings, { log, metrics, connection });
  const credential = new CredentialCheck(azure);
  const token = begun(credential.requireOnce());
  const installationId = await uid;
  await crds;
  const issuer = await asked;
  const digester = await fromCluster(() => installationDigester(config, connection, log));
  await token;
  const leadership = seekLeadership(config, { connection, metrics, log });
  const watchdog = new Watchdog({ clock: systemClock, longestRunMs: () => operator?.queue.state().longestRunMs ?? 0 });
  const ready = [cachesCheck(() => operator, leadership), ...(azure.hasOwnIdentity ? [credential] : [])];
  const status = () => azure.governor.state().map(quotaLine);
  const probes = await openProbes(config, { metrics, log, watchdog, ready, connection, status });
  // A replica that waits watches nothing: what the one before it wrote is in the first lists, as after a restart.
  void leadership.won.then(() => {
    const leading = startOperator({
      config,
      allowed: { rules, clusterIssuer: issuer },
      digester,
      installationId,
      connection,
      azure: (correlationId) => fenced(azure.gateway(correlationId), () => leadership.isHeld()),
      credentials: azure.credentials,
      governor: azure.governor,
      metrics,
      log,
      instance: hostname(),
    });
    operator = leading;
    metrics.readFrom({ queue: () => leading.queue.state(), resources: () => leading.counts(), quotas: () => azure.governor.state() });
    void leading.started.then(() => log.info({ installationId, version: VERSION }, "Caches are filled, workers run"));
  });
  return { operator: () => operator, leadership, azure, connection, probes, watchdog, log };
}

/** Work that is awaited later, after what is begun before it: of several faults always the same one is told. */
function begun<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => undefined);
  return work;
}

async function untilSignal(running: Running, config: Config, surroundings: RunSurroundings): Promise<number> {
  const { leadership, azure, connection, probes, watchdog, log } = running;
  const operator = running.operator;
  const ended = await Promise.race([signalled(surroundings), leadership.lost.then((reason) => ({ is: "lost", reason }) as const)]);
  if (ended.is === "lost") log.error({ reason: ended.reason }, "The lead is lost: another replica goes on");
  else log.info({ signal: ended.signal }, "Shutting down");
  const abortWorkers = () => operator()?.queue.abortRuns(new Error("the operator is shutting down"));
  void leadership.lost.then(abortWorkers);
  const report = await shutDown(
    {
      refuse: () => probes.refuse("the operator is shutting down"),
      // A replica that waits must not begin to lead now.
      stopIntake: () => operator()?.stopWatching() ?? leadership.release(),
      drainWorkers: async () => operator()?.queue.drain(),
      abortWorkers,
      // Whoever still works keeps the Lease until it expires.
      flush: async () => ((operator()?.queue.state().running ?? 0) === 0 ? leadership.release() : undefined),
      close: async () => {
        watchdog.stop();
        await Promise.all([probes.close(), azure.close(), connection.close()]);
      },
    },
    ended.is === "lost" ? { clock: systemClock, log, graceMs: 0, stepMs: LOST_STEP_MS } : { clock: systemClock, log, graceMs: config.shutdownGraceMs },
  );
  return report.failed.length === 0 && ended.is === "signal" ? EXIT_CODES.ok.code : EXIT_CODES.failed.code;
}

function signalled({ signals, exitNow }: RunSurroundings): Promise<{ readonly is: "signal"; readonly signal: string }> {
  return new Promise((resolve) => {
    onSignals(signals, { first: (signal) => resolve({ is: "signal", signal }), again: () => exitNow(EXIT_CODES.failed.code) });
  });
}

async function openCluster(config: Config, metrics: Metrics, log: ProcessLog): Promise<Connection> {
  const host = () => new URL(opened?.server ?? "https://unknown").host;
  let opened: Connection | undefined;
  try {
    opened = await connect({
      userAgent: USER_AGENT,
      log,
      onRequest: ({ method, code, durationMs }) => metrics.kubernetesRequest({ method, code, durationMs, host: host() }),
      ...(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
      ...(config.context === undefined ? {} : { context: config.context }),
    });
    return opened;
  } catch (error) {
    if (error instanceof NoClusterError) throw new StartError(EXIT_CODES.noCluster.code, error.message);
    throw error;
  }
}

async function fromCluster<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AccessError) throw new StartError(EXIT_CODES.noCluster.code, error.message);
    throw error;
  }
}

async function requireCrds(connection: Connection): Promise<void> {
  const missing = await fromCluster(() => missingResources(connection, RESOURCES));
  if (missing.length === 0) return;
  const names = missing.map(({ plural, group }) => `${plural}.${group}`).join(", ");
  throw new StartError(EXIT_CODES.noCrds.code, `cannot start: the cluster does not serve ${names}: install the CRDs with kubectl apply --server-side -k crds`);
}

function openAzureOrStop(config: Config, { environment }: RunSurroundings, { log, metrics, connection }: { readonly log: ProcessLog; readonly metrics: Metrics; readonly connection: Connection }): AzureAccess {
  try {
    const requestToken = (demand: TokenDemand) => requestTokenOf(connection, demand);
    return openAzure(config.azure, { environment, log, userAgent: USER_AGENT, onRequest: (sample) => metrics.azureRequest(sample), requestToken });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new StartError(EXIT_CODES.usage.code, `cannot open the way to Azure: ${detail}: correct --azure-ca-file, or the proxy in the environment`);
  }
}

/** Whether a token can be had. A start without one ends at once; later it is a matter of readiness. */
class CredentialCheck implements Check {
  readonly name = "credential";
  readonly #azure: AzureAccess;
  #fault: string | undefined = "no token was asked for yet";

  constructor(azure: AzureAccess) {
    this.#azure = azure;
  }

  async requireOnce(): Promise<void> {
    const fault = await this.#azure.credentialFault();
    this.#fault = fault?.message;
    if (fault === undefined || fault.isTemporary) return;
    throw new StartError(EXIT_CODES.noCredential.code, `cannot get a token for Azure: ${fault.message}: correct the operator's credential`);
  }

  readonly fault = (): string | undefined => {
    void this.#azure.credentialFault().then((fault) => {
      this.#fault = fault?.message;
    });
    return this.#fault;
  };
}

/** A replica that waits for the lead is ready: it does what it is there for. */
function cachesCheck(operator: () => Operator | undefined, leadership: Leadership): Check {
  const hasSynced = () => operator()?.hasSynced() ?? !leadership.isHeld();
  return { name: "caches", fault: () => leadership.fault() ?? (hasSynced() ? undefined : "the first lists are not in yet") };
}

async function openProbes(
  config: Config,
  parts: { readonly metrics: Metrics; readonly log: ProcessLog; readonly watchdog: Watchdog; readonly ready: readonly Check[]; readonly connection: Connection; readonly status: () => readonly string[] },
): Promise<Probes> {
  try {
    return await startProbes({
      healthAddress: config.healthProbeBindAddress,
      metricsAddress: config.metricsBindAddress,
      health: [
        { name: "event-loop", fault: () => parts.watchdog.eventLoopFault() },
        { name: "workers", fault: () => parts.watchdog.workerFault() },
      ],
      ready: parts.ready,
      status: parts.status,
      metrics: () => parts.metrics.render(),
      ...metricsSecurity(config, parts),
      onError: (error) => parts.log.error({ err: error }, "A page could not be made"),
    });
  } catch (error) {
    throw new StartError(EXIT_CODES.usage.code, error instanceof Error ? error.message : String(error));
  }
}
