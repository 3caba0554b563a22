import type { CoreV1Api } from "@kubernetes/client-node";
import type { KubeObject } from "../api/object.ts";
import { problemOf } from "./write.ts";
import type { Called } from "./write.ts";

/** What an object can export to. */
export type ExportKind = "ConfigMap" | "ServiceAccount";

/** What an export or its withdrawal came to. `conflict`: something stands there that is not ours; the message says what. */
export type ExportWrite =
  | { readonly is: "written" }
  | { readonly is: "unchanged" }
  | { readonly is: "conflict"; readonly message: string }
  /** The operator has no Role for it in that namespace; the message says which. */
  | { readonly is: "forbidden"; readonly message: string }
  | { readonly is: "absent"; readonly message: string }
  | { readonly is: "failed"; readonly message: string };

/** Who exports to what, or takes it back. It is always in the namespace of the object. */
export interface Export {
  /** Completes "cannot …" before what is exported to. */
  readonly doing: "export to" | "withdraw the export to";
  readonly api: CoreV1Api;
  readonly object: KubeObject;
  readonly kind: ExportKind;
  readonly name: string;
  readonly fieldManager: string;
}

/** What one attempt came to: its end, or that others changed the object between reading and writing. */
export type Attempt = ExportWrite | { readonly is: "overtaken" };

const MAX_ATTEMPTS = 5;

/** What each kind needs of a Role; deploy/kustomize/namespace grants both. */
const GRANTS = {
  ConfigMap: "get, create, patch and delete configmaps",
  ServiceAccount: "get and patch serviceaccounts",
} as const satisfies Record<ExportKind, string>;

/** Makes attempts until one is not overtaken, five at most. */
export async function attempted(made: Export, attempt: () => Promise<Attempt>): Promise<ExportWrite> {
  for (let count = 1; count <= MAX_ATTEMPTS; count += 1) {
    const result = await attempt();
    if (result.is !== "overtaken") return result;
  }
  return { is: "failed", message: `${cannot(made)}: others change it all the time` };
}

/** How every message begins. */
export function cannot({ doing, kind, name, object }: Export): string {
  return `cannot ${doing} ${kind} ${object.metadata.namespace}/${name}`;
}

/** The end of an attempt whose call was not done. */
export function notDone(made: Export, cause: Exclude<Called, { is: "done" }>): ExportWrite {
  const message = `${cannot(made)}: ${problemOf(cause)}`;
  if (cause.is !== "refused" || cause.failure.code !== 403) return { is: "failed", message };
  if (cause.failure.causes.some(({ reason }) => reason === "NamespaceTerminating")) return { is: "failed", message };
  const { namespace } = made.object.metadata;
  const remedy = `let the operator ${GRANTS[made.kind]} there: kubectl apply -n ${namespace} -k deploy/kustomize/namespace`;
  return { is: "forbidden", message: `${message}: ${remedy}` };
}

/** Whether a write missed because the object changed, vanished, or came into being since it was read. */
export function isOvertaken(write: Called): boolean {
  return write.is === "refused" && (write.failure.code === 409 || write.failure.code === 404);
}

/** A conflict, with what stands in the way and what the person can do. */
export function conflict(made: Export, problem: string, remedy: string): ExportWrite {
  return { is: "conflict", message: `${cannot(made)}: ${problem}: ${remedy}` };
}
