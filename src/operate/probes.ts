import type { BindAddress } from "./address.ts";
import { type ListeningServer, type Security, serve, type Site } from "./http.ts";
import { type Page, plainText } from "./page.ts";
import { redactedText } from "./redact.ts";

/** One thing that must be so; `fault` says why it is not, and undefined that it is. */
export interface Check {
  readonly name: string;
  readonly fault: () => string | undefined;
}

/** What is served, and where. */
export interface ProbeOptions {
  readonly healthAddress: BindAddress;
  readonly metricsAddress: BindAddress;
  /** Checks of /healthz: the process can make progress. A failing one gets the container restarted. */
  readonly health: readonly Check[];
  /** Checks of /readyz: it does its work. */
  readonly ready: readonly Check[];
  /** Lines of /statusz, for people: what the process is busy with. */
  readonly status?: () => readonly string[];
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** TLS for metrics, and who may read them; absent: everybody, in plain text. */
  readonly metricsSecurity?: Security;
  /** Told when a page cannot be made. */
  readonly onError: (error: unknown) => void;
}

/** The servers of probes and metrics. */
export interface Probes {
  /** Undefined when off. */
  readonly healthPort: number | undefined;
  readonly metricsPort: number | undefined;
  /** From now on /readyz fails for this reason, whatever the checks say. */
  refuse(reason: string): void;
  close(): Promise<void>;
}

/** Starts both servers; rejects with one sentence when an address cannot be had, and then none is left open. */
export async function startProbes(options: ProbeOptions): Promise<Probes> {
  let refusal: string | undefined;
  const shutdown: Check = { name: "shutdown", fault: () => refusal };
  const health = await started(options.healthAddress, "--health-probe-bind-address", {
    pages: {
      "/healthz": () => checkPage("healthz", options.health, options.onError),
      "/readyz": () => checkPage("readyz", [...options.ready, shutdown], options.onError),
      "/statusz": () => plainText(200, [...(options.status?.() ?? []), ""].join("\n")),
    },
  });
  const metrics = await started(options.metricsAddress, "--metrics-bind-address", {
    pages: { "/metrics": () => metricsPage(options) },
    ...(options.metricsSecurity === undefined ? {} : { security: options.metricsSecurity }),
  }).catch(async (error: unknown) => {
    await health?.close();
    throw error;
  });
  return {
    healthPort: health?.port,
    metricsPort: metrics?.port,
    refuse: (reason) => {
      refusal = reason;
    },
    close: async () => {
      await Promise.all([health?.close(), metrics?.close()]);
    },
  };
}

async function started(address: BindAddress, flag: string, site: Site): Promise<ListeningServer | undefined> {
  return address.is === "off" ? undefined : await serve(address, flag, site);
}

/** One line per check, `[+]caches ok` or `[-]credential: why`, as Kubernetes' own components write them. */
function checkPage(name: string, checks: readonly Check[], onError: ProbeOptions["onError"]): Page {
  const results = checks.map((check) => ({ name: check.name, fault: faultOf(check, onError) }));
  const lines = results.map(({ name: check, fault }) => (fault === undefined ? `[+]${check} ok` : `[-]${check}: ${redactedText(fault)}`));
  const isFine = results.every(({ fault }) => fault === undefined);
  return plainText(isFine ? 200 : 503, [...lines, `${name} check ${isFine ? "passed" : "failed"}`, ""].join("\n"));
}

function faultOf(check: Check, onError: ProbeOptions["onError"]): string | undefined {
  try {
    return check.fault();
  } catch (error) {
    onError(error);
    return "the check itself failed: the log says why";
  }
}

async function metricsPage({ metrics, onError }: ProbeOptions): Promise<Page> {
  try {
    return { status: 200, ...(await metrics()) };
  } catch (error) {
    onError(error);
    throw error;
  }
}
