import { AsyncLocalStorage } from "node:async_hooks";

/** The run of a unit on whose behalf a request is made. */
export interface Errand {
  readonly process: number;
  readonly unit: string;
  readonly priority: "user" | "retry" | "resync";
  readonly begunAtMs: number;
}

/** Tells of each request for whom it is made. */
export const errand = new AsyncLocalStorage<Errand>();

/** How long ago the pass began that is about to write: so much longer it acts on what was before. */
export function agoMs(nowMs: number): number {
  return nowMs - (errand.getStore()?.begunAtMs ?? nowMs);
}
