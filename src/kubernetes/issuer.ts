import { stringAt } from "../api/json.ts";
import { accessError } from "./access.ts";
import type { Connection } from "./connection.ts";
import { failureOf } from "./failure.ts";
import { parsedJson } from "./parsed-json.ts";
import { called } from "./write.ts";

/** The issuer of the cluster's ServiceAccount tokens, or why the API server does not tell it. */
export type DiscoveredIssuer = { readonly is: "found"; readonly issuer: string } | { readonly is: "unknown"; readonly problem: string };

const DISCOVERY_PATH = "/.well-known/openid-configuration";

/**
 * Asks the API server for the issuer of its tokens. By default every ServiceAccount may (ClusterRole
 * system:service-account-issuer-discovery); where it may not, or where the server has no discovery, the issuer is unknown.
 * Throws AccessError when there is no answer.
 */
export async function discoverIssuer(connection: Pick<Connection, "transport" | "server">): Promise<DiscoveredIssuer> {
  const read = await called(() => connection.transport.request({ method: "GET", path: DISCOVERY_PATH }));
  if (read.is !== "done") throw accessError("discover the issuer of the cluster", connection.server, read);
  const { code, text } = read.result;
  if (code !== 200) return { is: "unknown", problem: failureOf(code, text).message };
  const issuer = stringAt(parsedJson(text), "issuer");
  return issuer === undefined ? { is: "unknown", problem: `${DISCOVERY_PATH} names none` } : { is: "found", issuer };
}
