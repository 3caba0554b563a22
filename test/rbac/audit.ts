import { readFile } from "node:fs/promises";
import { filesOf } from "../control-plane/programs.ts";
import type { Asked } from "./rules.ts";

/** A request of a user, as the API server wrote it down. */
export interface AuditedRequest extends Asked {
  readonly namespace: string;
  readonly isAllowed: boolean;
}

interface Event {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly apiGroup?: string; readonly resource?: string; readonly subresource?: string; readonly name?: string; readonly namespace?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What a user asked of a control plane with an audit log, for resources; each of them once. */
export async function auditedRequests({ directory }: { readonly directory: string }, user: string): Promise<readonly AuditedRequest[]> {
  const lines = (await readFile(filesOf(directory).auditLog, "utf8")).split("\n").filter((line) => line.includes(user));
  const requests = lines.map((line) => JSON.parse(line) as Event).filter((event) => event.user.username === user && event.objectRef?.resource !== undefined);
  return [...new Map(requests.map((event) => [JSON.stringify(requestOf(event)), requestOf(event)])).values()];
}

function requestOf({ verb, objectRef = {}, annotations = {} }: Event): AuditedRequest {
  const { apiGroup: group = "", resource = "", subresource, name = "", namespace = "" } = objectRef;
  const isAllowed = annotations["authorization.k8s.io/decision"] === "allow";
  return { verb, group, resource: subresource === undefined ? resource : `${resource}/${subresource}`, name, namespace, isAllowed };
}
