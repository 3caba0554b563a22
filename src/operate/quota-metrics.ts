import type { Registry } from "prom-client";
import { gauge } from "./instruments.ts";
import { METRICS } from "./metric-table.ts";

/** One of Azure's quotas at this moment, all of its buckets together. */
export interface QuotaReading {
  readonly quota: string;
  /** The fewest tokens that any of its buckets has. */
  readonly tokens: number;
  /** Units that wait for their turn. */
  readonly waiting: number;
  /** Seconds until Azure wants such requests again; 0 when it does. */
  readonly closedForSeconds: number;
}

/** Sets the gauges of Azure's quotas from a reading. */
export function quotaGauges(registry: Registry): (readings: readonly QuotaReading[]) => void {
  const tokens = gauge(registry, METRICS.quotaTokens);
  const waiting = gauge(registry, METRICS.quotaWaiting);
  const closed = gauge(registry, METRICS.quotaClosed);
  return (readings) => {
    for (const metric of [tokens, waiting, closed]) metric.reset();
    for (const { quota, ...reading } of readings) {
      tokens.set({ quota }, reading.tokens);
      waiting.set({ quota }, reading.waiting);
      closed.set({ quota }, reading.closedForSeconds);
    }
  };
}

/** A quota as a line of `/statusz`. */
export function quotaLine({ quota, tokens, waiting, closedForSeconds }: QuotaReading): string {
  const closed = closedForSeconds > 0 ? `, closed by Azure for ${Math.ceil(closedForSeconds)} s` : "";
  return `quota ${quota}: ${tokens} left, ${waiting} waiting${closed}`;
}
