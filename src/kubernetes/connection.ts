import type { Configuration } from "@kubernetes/client-node";
import { createAuthorization } from "./authorization.ts";
import { systemClock } from "./clock.ts";
import { loadCluster } from "./kubeconfig.ts";
import type { ClusterSource, Surroundings } from "./kubeconfig.ts";
import { silentLog } from "./ports.ts";
import type { Clock, Log, Random } from "./ports.ts";
import { ServerProbe } from "./probe.ts";
import { configurationFor, createTransport } from "./transport.ts";
import type { RequestObservation, Transport } from "./transport.ts";

export { NoClusterError } from "./kubeconfig.ts";
export type { RequestObservation } from "./transport.ts";

/** A way to an API server, shared by everything that reads and writes there. */
export interface Connection {
  /** URL of the API server. */
  readonly server: string;
  /** Namespace of the kubeconfig's context, in a pod that of the pod; undefined when none is named. */
  readonly namespace?: string;
  readonly transport: Transport;
  /** For client-node's generated API classes. */
  readonly configuration: Configuration;
  /** Says when a server that went away is back. */
  readonly probe: ServerProbe;
  /** Ends every request and closes every connection. */
  close(): Promise<void>;
}

/** How to connect. Time, randomness and surroundings have the machine's as default. */
export interface ConnectOptions extends ClusterSource {
  /** `<operator>/<version>`. */
  readonly userAgent: string;
  /** Called after each request, for metrics. */
  readonly onRequest?: (observation: RequestObservation) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  readonly surroundings?: Surroundings;
}

/**
 * A connection by a kubeconfig or by the ServiceAccount of the pod. Reads settings only: no request is made yet.
 * Throws {@link NoClusterError} with what to do when there are none.
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const clock = options.clock ?? systemClock;
  const cluster = await loadCluster(options, options.surroundings ?? { environment: process.env, root: "" });
  const transport = createTransport({
    server: cluster.server,
    tls: cluster.tls,
    authorization: createAuthorization(cluster.readAuthorization, clock),
    headers: { ...cluster.headers, "user-agent": options.userAgent },
    ...(options.onRequest === undefined ? {} : { onRequest: options.onRequest }),
  });
  const random = options.random ?? Math.random;
  return {
    server: cluster.server,
    ...(cluster.namespace === undefined ? {} : { namespace: cluster.namespace }),
    transport,
    configuration: configurationFor(cluster.server, transport),
    probe: new ServerProbe({ transport, clock, random, log: options.log ?? silentLog }),
    close: () => transport.close(),
  };
}
