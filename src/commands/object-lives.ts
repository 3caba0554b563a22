import { conditionOf, conditionsOf } from "../api/conditions.ts";
import { objectAt } from "../api/json.ts";
import type { KubeObject } from "../api/object.ts";
import type { ObjectEvent } from "../kubernetes/store.ts";
import type { ObjectMetrics } from "../operate/object-metrics.ts";
import type { KubeEvent, KubePort } from "../reconcile/ports.ts";

/** Follows objects from their creation to their end, for metrics. */
export class ObjectLives {
  readonly #metrics: ObjectMetrics;
  readonly #now: () => number;
  /** Uids of objects that were seen and have not been ready yet. */
  readonly #young = new Set<string>();

  constructor(metrics: ObjectMetrics, now: () => number) {
    this.#metrics = metrics;
    this.#now = now;
  }

  /** Takes notice of a change of the cache. */
  onChange({ previous, next }: ObjectEvent): void {
    if (next === undefined) this.#gone(previous);
    else if (previous === undefined && !isReady(next)) this.#young.add(next.metadata.uid);
    else if (isReady(next) && this.#young.delete(next.metadata.uid)) this.#metrics.becameReady(next.kind, this.#secondsSince(next.metadata.creationTimestamp));
  }

  /** The same writer; an event of it that tells of a correction is counted. */
  counting(kube: KubePort): KubePort {
    return {
      ...kube,
      record: (object, event) => {
        if (isCorrection(object, event)) this.#metrics.corrected(object.kind);
        return kube.record(object, event);
      },
    };
  }

  #gone({ kind, metadata }: KubeObject): void {
    this.#young.delete(metadata.uid);
    if (metadata.deletionTimestamp !== undefined) this.#metrics.gone(kind, this.#secondsSince(metadata.deletionTimestamp));
  }

  /** Clocks of machines differ by less than this matters, but never below zero. */
  #secondsSince(timestamp: string): number {
    return Math.max(0, (this.#now() - Date.parse(timestamp)) / 1000) || 0;
  }
}

function isReady(object: KubeObject): boolean {
  return conditionOf(conditionsOf(object), "Ready")?.status === "True";
}

const CORRECTING: ReadonlySet<string> = new Set(["Created", "Updated", "Attached", "Detached"]);

/** What is written for an object that was ready for this very spec corrects what somebody else did. */
function isCorrection(object: KubeObject, event: KubeEvent): boolean {
  const isSettled = isReady(object) && objectAt(object, "status")?.["observedGeneration"] === object.metadata.generation;
  return event.type === "Normal" && CORRECTING.has(event.reason) && isSettled && object.metadata.deletionTimestamp === undefined;
}
