import type { OperationKind } from "./quota.ts";

/** Milliseconds, from the quickest to the slowest that was seen, at equal distances of likelihood. */
type Distribution = readonly [number, ...number[]];

/**
 * How long Azure takes to answer. `recorded`: reads and deletions as ASO:Test_ApiManagement_20240501_CRUD#45 to #115 took them, writes from
 * an identical PUT of an identity to the making of one (0.37 and 3.3 s). `slow`: ten times that, still within the 60 s of arm.md 2.1.
 */
const recorded: Readonly<Record<OperationKind, Distribution>> = {
  reads: [206, 232, 250, 331, 356, 549],
  writes: [370, 470, 617, 2124, 3300],
  deletes: [390, 507, 540, 652],
};

const distributions = {
  recorded,
  slow: { reads: tenfold(recorded.reads), writes: tenfold(recorded.writes), deletes: tenfold(recorded.deletes) },
};

/** The names of the distributions. */
export type LatencyName = keyof typeof distributions;

/** All of them. */
export const latencyNames: readonly LatencyName[] = ["recorded", "slow"];

/** The milliseconds at a share, from 0 to 1, of a distribution. */
export function latencyMs(name: LatencyName, kind: OperationKind, share: number): number {
  const steps = distributions[name][kind];
  const place = share * (steps.length - 1);
  const low = steps[Math.floor(place)] ?? steps[0];
  const high = steps[Math.ceil(place)] ?? low;
  return Math.round(low + (high - low) * (place - Math.floor(place)));
}

function tenfold([first, ...rest]: Distribution): Distribution {
  return [first * 10, ...rest.map((ms) => ms * 10)];
}
