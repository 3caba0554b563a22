import { AuthorizationV1Api } from "@kubernetes/client-node";
import { GROUP } from "../api/group.ts";
import type { Permission } from "../api/permission.ts";
import type { Connection } from "./connection.ts";
import type { Log } from "./ports.ts";
import { called, problemOf } from "./write.ts";

/** The ServiceAccount that stands for a namespace; it need not exist. */
const ACCOUNT = "azure-identity";

/** The answer of the API server; `unknown` when it gave none. */
export type Review = "granted" | "denied" | "unknown";

/**
 * Asks the API server whether a namespace has a permission, by SubjectAccessReview. For a namespace stands its ServiceAccount
 * `azure-identity`, with the groups that the API server gives to it: a grant can name `system:serviceaccounts:<namespace>`, or that
 * one account. Never throws for an answer that is none: nothing is permitted then.
 */
export function createAccessReview(connection: Pick<Connection, "configuration">, log: Log): (namespace: string, permission: Permission) => Promise<Review> {
  const api = new AuthorizationV1Api(connection.configuration);
  // Said once for a time without answers, in which every question fails alike.
  let isTold = false;
  return async (namespace, { verb, resource, namespace: of, name }) => {
    const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
    const resourceAttributes = { group: GROUP, resource, verb, name, ...(of === undefined ? {} : { namespace: of }) };
    const body = { spec: { user: `system:serviceaccount:${namespace}:${ACCOUNT}`, groups, resourceAttributes } };
    const review = await called(() => api.createSubjectAccessReview({ body }));
    if (review.is === "done" && review.result.status !== undefined) {
      isTold = false;
      return review.result.status.allowed ? "granted" : "denied";
    }
    if (!isTold) log.warn({ namespace, problem: review.is === "done" ? "the answer has no status" : problemOf(review) }, "The API server did not say whether a namespace has a permission");
    isTold = true;
    return "unknown";
  };
}
