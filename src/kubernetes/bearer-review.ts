import { objectAt, stringAt } from "../api/json.ts";
import type { JsonObject } from "../api/json.ts";
import type { Connection } from "./connection.ts";
import { failureOf, oneLine } from "./failure.ts";
import { parsedJson } from "./parsed-json.ts";
import { NoAnswerError } from "./transport.ts";

/** What somebody wants who shows a token: a path that is no resource, for example `/metrics`. */
export interface BearerRequest {
  readonly token: string;
  readonly path: string;
  readonly verb: string;
}

/** What the API server thinks of it. */
export type BearerReview =
  | { readonly is: "allowed" }
  /** It does not know the token, or that is not meant for it. */
  | { readonly is: "unauthenticated" }
  | { readonly is: "forbidden"; readonly user: string }
  /** It did not say. */
  | { readonly is: "failed"; readonly message: string };

type Reviewed = { readonly is: "status"; readonly status: JsonObject } | { readonly is: "failed"; readonly message: string };

/** Asks the API server who shows the token (TokenReview), then whether that one may do it (SubjectAccessReview). Never rejects. */
export async function reviewBearer({ transport }: Pick<Connection, "transport">, { token, path, verb }: BearerRequest): Promise<BearerReview> {
  const authenticated = await review(transport, { group: "authentication.k8s.io", kind: "TokenReview", spec: { token } });
  if (authenticated.is === "failed") return authenticated;
  const user = objectAt(authenticated.status, "user");
  if (authenticated.status["authenticated"] !== true || user === undefined) return { is: "unauthenticated" };
  const { username, uid, groups, extra } = user;
  const spec = { user: username, uid, groups, extra, nonResourceAttributes: { path, verb } };
  const authorized = await review(transport, { group: "authorization.k8s.io", kind: "SubjectAccessReview", spec });
  if (authorized.is === "failed") return authorized;
  return authorized.status["allowed"] === true ? { is: "allowed" } : { is: "forbidden", user: stringAt(user, "username") ?? "" };
}

async function review(transport: Connection["transport"], { group, kind, spec }: { readonly group: string; readonly kind: string; readonly spec: JsonObject }): Promise<Reviewed> {
  const path = `/apis/${group}/v1/${kind.toLowerCase()}s`;
  const body = JSON.stringify({ apiVersion: `${group}/v1`, kind, spec });
  try {
    const answer = await transport.request({ method: "POST", path, headers: { "content-type": "application/json" }, body });
    const status = objectAt(parsedJson(answer.text), "status");
    if (answer.code === 201 && status !== undefined) return { is: "status", status };
    return { is: "failed", message: `cannot create ${kind}: ${failureOf(answer.code, answer.text).message}` };
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    return { is: "failed", message: `cannot create ${kind}: ${oneLine(error.message)}` };
  }
}
