import { titleOf } from "../api/object.ts";
import type { DocumentReference } from "../kinds/reference.ts";
import type { Claim } from "./claim.ts";
import type { Outcome } from "./outcome.ts";
import type { KubeDocument, KubePort } from "./ports.ts";

/** The Secrets and ConfigMaps that a claim names, by kind and name; or what is said of the claim when one cannot be had. */
export type Documents =
  | { readonly is: "read"; readonly data: ReadonlyMap<string, Readonly<Record<string, string>>> }
  | { readonly is: "unread"; readonly outcome: Outcome };

/** Reads each document that a claim's spec names, once. They are never cached: they hold secrets (DESIGN 6). */
export async function documentsOf(claim: Claim, kube: KubePort): Promise<Documents> {
  const references = namedBy(claim);
  const names = [...new Map(references.map((reference) => [documentKey(reference.kind, reference.name), reference])).values()];
  const { namespace } = claim.object.metadata;
  const read = await Promise.all(names.map(async ({ kind, name }) => [documentKey(kind, name), await kube.readDocument(kind, namespace, name)] as const));
  const answers = new Map(read);
  for (const reference of references) {
    const outcome = missing(claim, reference, answers.get(documentKey(reference.kind, reference.name)));
    if (outcome !== undefined) return { is: "unread", outcome };
  }
  return { is: "read", data: new Map(read.flatMap(([key, answer]) => (answer.is === "found" ? [[key, answer.data] as const] : []))) };
}

/** Key of a document among {@link Documents}. */
export function documentKey(kind: DocumentReference["kind"], name: string): string {
  return `${kind}/${name}`;
}

function namedBy({ kind, spec }: Claim): readonly DocumentReference[] {
  if (spec === undefined || kind.shape.is !== "resource") return [];
  return kind.shape.documents?.(spec) ?? [];
}

/** What is said of a claim whose document cannot be had. The texts never hold a value. */
function missing(claim: Claim, { kind, name, key, path }: DocumentReference, answer: KubeDocument | undefined): Outcome | undefined {
  const { namespace } = claim.object.metadata;
  const what = `${path}: ${kind} ${namespace}/${name}`;
  switch (answer?.is) {
    case "found":
      if (key === undefined || answer.data[key] !== undefined) return undefined;
      return { is: "waiting", reason: "RefNotFound", message: `${what} has no key "${key}": add it, or correct the spec`, polled: true };
    case "forbidden": {
      const resource = kind === "Secret" ? "secrets" : "configmaps";
      const message = `${what} may not be read by the operator: create a Role in ${namespace} with get on ${resource}, resourceNames ["${name}"], and bind it to the operator's ServiceAccount`;
      return { is: "waiting", reason: "RefNotPermitted", message, polled: true };
    }
    case "absent":
    case undefined:
      return { is: "waiting", reason: "RefNotFound", message: `${what} does not exist: create it`, polled: true };
    case "failed":
      return { is: "unavailable", message: `cannot read ${what} for ${titleOf(claim.object)}: ${answer.message}` };
  }
}
