import { readFileSync } from "node:fs";
import type { Config } from "../config.ts";
import { EXIT_CODES } from "../config/flags.ts";
import { NO_RULES, type PolicyRules } from "../api/policy-rules.ts";
import { readPolicy } from "../config/policy-file.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { discoverIssuer } from "../kubernetes/issuer.ts";
import type { ProcessLog } from "../operate/log.ts";
import { StartError } from "./start-error.ts";

/** What the administrator allows, by the policy file; nothing without one. Throws {@link StartError}. */
export function policyRules({ policyFile }: Pick<Config, "policyFile">): PolicyRules {
  if (policyFile === undefined) return NO_RULES;
  const read = readPolicy(textOf(policyFile), policyFile);
  if (read.is === "errors") throw new StartError(EXIT_CODES.usage.code, read.errors.join("\n"));
  return read.rules;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const detail = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new StartError(EXIT_CODES.usage.code, `cannot read --policy-file=${JSON.stringify(file)}: ${detail}: name a file that the operator may read`);
  }
}

/** The issuer of the cluster's tokens, by the configuration or else by the API server; undefined when neither tells it. */
export async function clusterIssuer({ clusterIssuer: given }: Pick<Config, "clusterIssuer">, connection: Connection, log: ProcessLog): Promise<string | undefined> {
  if (given !== undefined) return given;
  const discovered = await discoverIssuer(connection);
  if (discovered.is === "found") return discovered.issuer;
  log.warn({ problem: discovered.problem }, "The issuer of the cluster is not known: what needs it waits until --cluster-issuer names it");
  return undefined;
}
