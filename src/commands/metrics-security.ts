import type { Config } from "../config.ts";
import { reviewBearer } from "../kubernetes/bearer-review.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { certificateIn, selfMadeCertificate } from "../operate/certificates.ts";
import { createGate } from "../operate/gate.ts";
import type { ProcessLog } from "../operate/log.ts";
import type { ProbeOptions } from "../operate/probes.ts";
import { systemClock } from "../queue/clock.ts";

/** TLS for metrics, and the API server as the judge of who reads them, where the configuration says so. */
export function metricsSecurity(
  { metricsSecurity: wanted }: Pick<Config, "metricsSecurity">,
  { connection, log }: { readonly connection: Connection; readonly log: ProcessLog },
): Pick<ProbeOptions, "metricsSecurity"> {
  if (wanted === undefined) return {};
  const { certificateFolder: folder } = wanted;
  const certificate = folder === undefined ? selfMadeCertificate(() => systemClock.now()) : certificateIn(folder);
  const gate = createGate({
    review: (request) => reviewBearer(connection, request),
    clock: systemClock,
    onFailed: (problem) => log.warn({ problem }, "Who reads the metrics could not be judged, so that nobody does"),
  });
  const onError = (error: unknown) => log.warn({ err: error, folder }, "The certificate for metrics cannot be read again: the one before it stays");
  return { metricsSecurity: { certificate, gate, clock: systemClock, onError } };
}
