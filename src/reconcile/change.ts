import type { KubeObject } from "../api/object.ts";

/** What happened to an object: added, changed, or (without `next`) gone. */
export interface Change {
  readonly previous: KubeObject | undefined;
  readonly next: KubeObject | undefined;
}
