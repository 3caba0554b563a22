import type { Registry } from "prom-client";
import { counter, gauge } from "./instruments.ts";
import { METRICS } from "./metric-table.ts";

/** What an item of a list, or the lack of one, came to. */
export type SweepResult = "same" | "differs" | "absent";

/** Counts what the sweep over Azure's lists finds. */
export interface SweepMetrics {
  compared(result: SweepResult): void;
  /** How many lists stand for GETs, and how many cannot be read now. */
  lists(readable: number, failing: number): void;
}

/** Makes them, from the start with 0. */
export function sweepMetrics(registry: Registry): SweepMetrics {
  const resources = counter(registry, METRICS.sweepResources);
  const lists = gauge(registry, METRICS.sweepLists);
  for (const result of ["same", "differs", "absent"] as const) resources.inc({ result }, 0);
  const set = (readable: number, failing: number): void => {
    lists.set({ state: "readable" }, readable);
    lists.set({ state: "failing" }, failing);
  };
  set(0, 0);
  return { compared: (result) => resources.inc({ result }), lists: set };
}
