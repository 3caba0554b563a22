import { spawnSync } from "node:child_process";

/** What an audit came to. */
export type Audit =
  | { readonly is: "clean" }
  | { readonly is: "vulnerable"; readonly found: readonly string[] }
  /** The registry did not answer: nothing is known. */
  | { readonly is: "unknown"; readonly problem: string };

interface Report {
  readonly message?: string;
  readonly error?: { readonly summary?: string };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
}

/** Reads what `npm audit --json` wrote. */
export function auditOf(output: string): Audit {
  const report = parsed(output);
  if (report?.vulnerabilities === undefined) return { is: "unknown", problem: report?.message ?? report?.error?.summary ?? "npm audit wrote no report" };
  const found = Object.entries(report.vulnerabilities).map(([name, { severity, range }]) => `${name} ${range}: ${severity}`);
  return found.length === 0 ? { is: "clean" } : { is: "vulnerable", found };
}

function parsed(output: string): Report | undefined {
  try {
    return JSON.parse(output) as Report;
  } catch {
    return undefined;
  }
}

/** The exit code, after saying what was found: 1 only for what is known to be vulnerable. */
function tell(audit: Audit): number {
  switch (audit.is) {
    case "clean":
      console.log("npm audit knows no vulnerability of what ships");
      return 0;
    case "unknown":
      console.log(`cannot audit what ships: ${audit.problem.replaceAll(/\s+/g, " ").trim()}: run it again where the registry answers`);
      return 0;
    case "vulnerable":
      for (const line of audit.found) console.error(line);
      return 1;
  }
}

if (import.meta.main) process.exitCode = tell(auditOf(spawnSync("npm", ["audit", "--omit=dev", "--omit=optional", "--json"], { encoding: "utf8" }).stdout));
