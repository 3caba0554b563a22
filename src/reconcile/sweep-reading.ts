import type { JsonObject } from "../api/json.ts";
import type { HostRow } from "../kinds/host-row.ts";
import type { Claim, UnitKey } from "./claim.ts";
import type { Enqueue, SweepObserver } from "./engine-options.ts";
import type { World } from "./ports.ts";
import { listKey, type SweepList } from "./sweep-list.ts";

/** What the sweep works with. */
export interface SweepParts {
  readonly world: World;
  readonly hosts: ReadonlyMap<string, HostRow>;
  readonly enqueue: Enqueue;
  readonly observer: SweepObserver | undefined;
  claimsOf(unit: UnitKey): readonly Claim[];
  /** Told of a unit that a page says differs, before its pass is queued. */
  onDrift(unit: UnitKey): void;
  /** Whether a unit is as declared by what a page shows of its target. */
  isAsListed(unit: UnitKey, item: JsonObject): Promise<boolean>;
}

/** A list as it is read, page by page. */
export interface Reading {
  readonly list: SweepList;
  readonly units: Set<UnitKey>;
  /** How often it was read to its end. */
  sweeps: number;
  /** What stands in the way of reading it; undefined while nothing does. */
  fault: string | undefined;
  failures: number;
  current: { readonly startedAtMs: number; pages: number; from: string | undefined } | undefined;
}

const SWEEP_PREFIX = "sweep|";

/** The key of the queue that stands for a list. */
export function sweepKey(list: SweepList): UnitKey {
  return `${SWEEP_PREFIX}${listKey(list)}` as UnitKey;
}

/** Whether a key of the queue stands for a list. */
export function isSweepKey(key: string): key is UnitKey {
  return key.startsWith(SWEEP_PREFIX);
}

/** A list as the log names it. */
export function fieldsOf({ scope, collection, credential, filter }: SweepList): Readonly<Record<string, unknown>> {
  return { scope, collection, credential, ...(filter === undefined ? {} : { filter }) };
}
