import type { ArmIdKey } from "../api/arm-id.ts";
import type { ObjectKey } from "../api/object.ts";
import type { WriteForm } from "../kinds/host-row.ts";
import type { UnitKey } from "./claim.ts";
import type { Problem } from "./host-facts.ts";
import type { IdentityChange } from "./host-identity.ts";
import type { Done } from "./outcome.ts";
import type { AzureOperation } from "./ports.ts";

/** A long-running operation that this process began, with what it is to bring about. Never stored: its URL is signed. */
export interface Running {
  readonly operation: AzureOperation;
  readonly what:
    | { readonly is: "host"; readonly change: IdentityChange; readonly form: WriteForm }
    | { readonly is: "instances" }
    | { readonly is: "settings"; readonly done: ReadonlyMap<ObjectKey, Done> }
    | { readonly is: "resource"; readonly done: Done; readonly generation: number };
}

/** An identity that Azure refused on a host, and when it may be tried again. */
export interface Culprit {
  readonly problem: Problem;
  readonly attempts: number;
  readonly sinceMs: number;
  readonly retryAtMs: number;
}

/** How long an object has been in a state that time should heal. */
export interface Patience {
  readonly reason: string;
  readonly sinceMs: number;
  readonly attempts: number;
}

/** What the engine remembers of a unit between passes. All of it may be lost: a successor finds the same end. */
export interface UnitMemory {
  running: Running | undefined;
  readonly culprits: Map<ArmIdKey, Culprit>;
  /** Ways of writing the host that Azure refused or took without effect for the change that is due. */
  readonly futileForms: Set<WriteForm>;
  /** What the last write to settings was to make them say, by path, until that was looked at. */
  readonly aims: Map<string, string>;
  /** What claims hold of settings, by path, as it was last seen: what differs later was changed by others. */
  readonly appliedSettings: Map<string, string>;
  /** Writes in a row that Azure accepted and that changed nothing. */
  ineffectiveWrites: number;
  ineffectiveAtMs: number;
  /** When others undid what we had written. */
  reversalsAtMs: readonly number[];
  /** What our last write left attached: whatever of it is missing later was undone by others. */
  applied: { readonly attached: ReadonlySet<ArmIdKey>; readonly detached: ReadonlySet<ArmIdKey>; readonly systemAssigned: boolean } | undefined;
  /** Generation of the spec that our last effective write to a resource of ours brought about. */
  appliedGeneration: number | undefined;
  /** Whether a page of a list said that something differs, so that the next pass will most likely write. */
  isDrifted: boolean;
  /** Whether an operation was seen to run on the resource while a write of ours was not confirmed. */
  sawBusy: boolean;
  /** How many lists had been read when a pass first saw that a person asks to look now, until that was answered. */
  requestedAfter: number | undefined;
  readonly patience: Map<ObjectKey, Patience>;
}

/** The memory of all units, forgotten when a unit has no objects any more. */
export class Memories {
  readonly #units = new Map<UnitKey, UnitMemory>();

  /** The memory of a unit, made when there is none. */
  of(unit: UnitKey): UnitMemory {
    const known = this.#units.get(unit);
    if (known !== undefined) return known;
    const made = blankMemory();
    this.#units.set(unit, made);
    return made;
  }

  /** Units that are remembered. */
  get size(): number {
    return this.#units.size;
  }

  /** Forgets a unit. */
  forget(unit: UnitKey): void {
    this.#units.delete(unit);
  }
}

/** A memory of nothing. */
export function blankMemory(): UnitMemory {
  return {
    running: undefined,
    culprits: new Map(),
    futileForms: new Set(),
    aims: new Map(),
    appliedSettings: new Map(),
    ineffectiveWrites: 0,
    ineffectiveAtMs: 0,
    reversalsAtMs: [],
    applied: undefined,
    appliedGeneration: undefined,
    isDrifted: false,
    sawBusy: false,
    requestedAfter: undefined,
    patience: new Map(),
  };
}
