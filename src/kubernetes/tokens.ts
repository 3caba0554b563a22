import { CoreV1Api } from "@kubernetes/client-node";
import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import type { Connection } from "./connection.ts";
import { parsedJson } from "./parsed-json.ts";
import { called, problemOf } from "./write.ts";

/** A token of a ServiceAccount, or why there is none; `isTemporary` when the API server did not answer. */
export type RequestedToken = { readonly is: "issued"; readonly token: string } | { readonly is: "refused"; readonly problem: string; readonly isTemporary: boolean };

/** Which token. */
export interface TokenDemand {
  readonly namespace: string;
  readonly name: string;
  /** The life of the ServiceAccount that is meant: a later one of that name is another. */
  readonly uid: string;
  readonly audience: string;
}

/** The shortest life of a token that the API server takes, in seconds; it is exchanged at once. */
const EXPIRATION_SECONDS = 600;

/**
 * Asks for a token of a ServiceAccount for one audience. Since Kubernetes 1.34 the API server itself refuses another uid; before it
 * ignores the uid, so that the one that the token names is compared.
 */
export async function requestToken(connection: Pick<Connection, "configuration">, demand: TokenDemand): Promise<RequestedToken> {
  const { namespace, name, uid, audience } = demand;
  const api = new CoreV1Api(connection.configuration);
  const body = { metadata: { uid }, spec: { audiences: [audience], expirationSeconds: EXPIRATION_SECONDS } };
  const answer = await called(() => api.createNamespacedServiceAccountToken({ namespace, name, body }));
  if (answer.is !== "done") return { is: "refused", problem: problemOf(answer), isTemporary: answer.is === "unanswered" || answer.failure.code >= 500 || answer.failure.code === 429 };
  const token = answer.result.status?.token ?? "";
  if (uidOf(token) === uid) return { is: "issued", token };
  return { is: "refused", problem: "it was made anew meanwhile", isTemporary: true };
}

function uidOf(token: string): string | undefined {
  const payload = parsedJson(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  const claims = isJsonObject(payload) ? objectAt(payload, "kubernetes.io") : undefined;
  return stringAt(objectAt(claims, "serviceaccount"), "uid");
}
