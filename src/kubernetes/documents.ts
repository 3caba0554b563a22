import { isUtf8 } from "node:buffer";
import type { CoreV1Api } from "@kubernetes/client-node";
import { called, problemOf } from "./write.ts";

/** What documents can be. */
export type DocumentKind = "Secret" | "ConfigMap";

/** A Secret or ConfigMap as text values; read on demand, never cached, never logged. Values that are no text are left out. */
export type KubeDocument =
  | { readonly is: "found"; readonly data: Readonly<Record<string, string>>; readonly resourceVersion: string }
  | { readonly is: "absent" }
  /** The operator may not read it: no Role in that namespace says so. */
  | { readonly is: "forbidden" }
  | { readonly is: "failed"; readonly message: string };

/** Which document. */
export interface DocumentAddress {
  readonly kind: DocumentKind;
  readonly namespace: string;
  readonly name: string;
}

/** Reads a document past all caches. */
export async function readDocument(api: CoreV1Api, { kind, namespace, name }: DocumentAddress): Promise<KubeDocument> {
  const read = await called(() =>
    kind === "Secret" ? api.readNamespacedSecret({ namespace, name }) : api.readNamespacedConfigMap({ namespace, name }),
  );
  if (read.is === "done") {
    const { data, metadata } = read.result;
    return {
      is: "found",
      data: kind === "Secret" ? decoded(data) : { ...data },
      resourceVersion: metadata?.resourceVersion ?? "",
    };
  }
  if (read.is === "refused" && read.failure.code === 404) return { is: "absent" };
  if (read.is === "refused" && read.failure.code === 403) return { is: "forbidden" };
  return { is: "failed", message: `cannot read ${kind} ${namespace}/${name}: ${problemOf(read)}` };
}

function decoded(data: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const values = Object.entries(data ?? {}).map(([key, base64]) => [key, Buffer.from(base64, "base64")] as const);
  return Object.fromEntries(values.filter(([, bytes]) => isUtf8(bytes)).map(([key, bytes]) => [key, bytes.toString("utf8")]));
}
