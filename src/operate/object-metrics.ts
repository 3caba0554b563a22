import type { Registry } from "prom-client";
import { counter, histogram } from "./instruments.ts";
import { METRICS } from "./metric-table.ts";

/** Counts what becomes of objects. */
export interface ObjectMetrics {
  /** An object got ready for the first time, so many seconds after its creation. */
  becameReady(kind: string, seconds: number): void;
  /** An object is gone, so many seconds after it was deleted. */
  gone(kind: string, seconds: number): void;
  /** Azure was corrected for an object whose spec had not changed. */
  corrected(kind: string): void;
}

/** Makes them; every kind is there from the start. */
export function objectMetrics(registry: Registry, kinds: readonly string[]): ObjectMetrics {
  const ready = histogram(registry, METRICS.timeToReady);
  const deletion = histogram(registry, METRICS.deletion);
  const corrections = counter(registry, METRICS.driftCorrections);
  for (const kind of kinds) {
    for (const metric of [ready, deletion]) metric.zero({ kind });
    corrections.inc({ kind }, 0);
  }
  return {
    becameReady: (kind, seconds) => ready.observe({ kind }, seconds),
    gone: (kind, seconds) => deletion.observe({ kind }, seconds),
    corrected: (kind) => corrections.inc({ kind }),
  };
}
