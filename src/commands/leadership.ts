import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Config } from "../config.ts";
import { EXIT_CODES } from "../config/flags.ts";
import { steadyClock } from "../kubernetes/clock.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { Election, electionTimes } from "../kubernetes/election.ts";
import { leaseStore } from "../kubernetes/lease.ts";
import type { ProcessLog } from "../operate/log.ts";
import type { Metrics } from "../operate/metrics.ts";
import { StartError } from "./start-error.ts";

/** Whether this process is the one that works. */
export type Leadership = Pick<Election, "won" | "lost" | "isHeld" | "fault" | "release">;

/** The Lease in the operator's own namespace; the Role in deploy/kustomize/base names it. */
export const LEASE_NAME = "azure-identity-operator-leader";

/** The one process there is, where nobody asked for an election. */
const ALONE: Leadership = { won: Promise.resolve(), lost: new Promise(() => {}), isHeld: () => true, fault: () => undefined, release: async () => {} };

/** What surrounds the election. */
export interface LeadershipParts {
  readonly connection: Connection;
  readonly metrics: Pick<Metrics, "leads">;
  readonly log: ProcessLog;
}

/** Begins to compete for the lead, where the configuration says so. Throws {@link StartError} where no namespace is known for the Lease. */
export function seekLeadership(config: Pick<Config, "leaderElection" | "operatorNamespace">, { connection, metrics, log }: LeadershipParts): Leadership {
  const election = config.leaderElection === undefined ? ALONE : electionOf(config.leaderElection.leaseSeconds, { namespace: namespaceOf(config, connection), connection, log });
  metrics.leads(LEASE_NAME, false);
  void election.won.then(() => metrics.leads(LEASE_NAME, true));
  void election.lost.then(() => metrics.leads(LEASE_NAME, false));
  return election;
}

function electionOf(leaseSeconds: number, parts: { readonly namespace: string; readonly connection: Connection; readonly log: ProcessLog }): Leadership {
  const { namespace, connection, log } = parts;
  const election = new Election({
    store: leaseStore(connection, { namespace, name: LEASE_NAME }),
    identity: `${hostname()}_${randomUUID()}`,
    times: electionTimes(leaseSeconds),
    clock: steadyClock,
    wallMs: () => Date.now(),
    random: Math.random,
    log,
  });
  election.start();
  return election;
}

function namespaceOf({ operatorNamespace }: Pick<Config, "operatorNamespace">, connection: Connection): string {
  const namespace = operatorNamespace ?? connection.namespace;
  if (namespace !== undefined) return namespace;
  throw new StartError(EXIT_CODES.usage.code, "cannot use --leader-elect: neither a pod nor the kubeconfig's context names the operator's own namespace: name it with --operator-namespace");
}
