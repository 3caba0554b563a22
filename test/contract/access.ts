import type { Permission } from "../../src/api/permission.ts";
import type { AccessPort, Answer } from "../../src/reconcile/permissions.ts";

/** An API server that was told what each namespace may, and whether it answers. */
export class Access implements AccessPort {
  /** As {@link questionOf} puts it. */
  readonly granted = new Set<string>();
  readonly asked: string[] = [];
  isAway = false;

  review(namespace: string, permission: Permission): Promise<Answer> {
    const question = questionOf(namespace, permission);
    this.asked.push(question);
    if (this.isAway) return Promise.resolve("unknown");
    return Promise.resolve(this.granted.has(question) ? "granted" : "denied");
  }
}

/** A question in words: `namespace verb resource [namespace of it] name`. */
export function questionOf(namespace: string, { verb, resource, name, namespace: of = "" }: Omit<Permission, "path">): string {
  return [namespace, verb, resource, of, name].filter((part) => part !== "").join(" ");
}
