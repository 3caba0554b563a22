import type { HostRow } from "../kinds/host-row.ts";
import type { Kind } from "../kinds/kind.ts";
import type { UnitKey } from "./claim.ts";
import type { Urgency, World } from "./ports.ts";

/** The queue as the engine uses it. A host waits a little for more claims to come (DESIGN 2). */
export interface Enqueue {
  (unit: UnitKey, options: { readonly priority: Urgency; readonly afterMs?: number; readonly settle?: { readonly quietMs: number; readonly maxMs: number } }): void;
}

/** What a run of a unit says to the queue. */
export interface EngineResult {
  readonly again?: { readonly afterMs: number; readonly priority: Urgency };
  readonly failed?: boolean;
  readonly holdLane?: boolean;
}

/** Told what the sweep over Azure's lists finds, for metrics. */
export interface SweepObserver {
  compared(result: "same" | "differs" | "absent"): void;
  /** How many lists stand for GETs, and how many of them cannot be read now. */
  lists(readable: number, failing: number): void;
}

/** What the engine is made of. `world.kube` is wrapped, so that the engine knows its own writes. */
export interface EngineOptions {
  readonly world: World;
  readonly kinds: readonly Kind[];
  readonly hosts: readonly HostRow[];
  readonly enqueue: Enqueue;
  /** Told of each object that a pass refused. */
  readonly onRefused?: (kind: string) => void;
  readonly sweepObserver?: SweepObserver;
}
