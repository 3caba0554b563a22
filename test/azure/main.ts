import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { AdvancingClock, startAzure } from "./azure.ts";
import type { RecordedRequest } from "./azure.ts";
import { welcome } from "./welcome.ts";

const USAGE = `usage: npm run azure -- [--port PORT] [--log FILE]

  --port PORT  the port on 127.0.0.1; default any free one
  --log FILE   append every request, once it is answered, as a line of JSON
`;

interface Flags {
  readonly port: number;
  readonly log: string | undefined;
}

/** Reads the flags; an error text when they are wrong. */
function flagsOf(args: readonly string[]): Flags | string {
  try {
    const { values } = parseArgs({ args: [...args], options: { port: { type: "string" }, log: { type: "string" } } });
    const port = Number(values.port ?? 0);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) return `cannot listen on port '${values.port ?? ""}': it must be 0 to 65535`;
    return { port, log: values.log };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function main(): Promise<number> {
  const flags = flagsOf(process.argv.slice(2));
  if (typeof flags === "string") {
    process.stderr.write(`${flags}\n${USAGE}`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "azure-simulator-"));
  const caFile = join(folder, "ca.pem");
  const stopped = stopSignal();
  const controlKey = crypto.randomUUID();
  const azure = await startAzure({ port: flags.port, clock: new AdvancingClock(), controlKey, ...(flags.log === undefined ? {} : { onAnswered: appendTo(flags.log) }) });
  writeFileSync(caFile, azure.caPem);
  process.stdout.write(welcome(azure, { caFile, folder, controlKey }));
  await stopped;
  await azure.stop();
  rmSync(folder, { recursive: true });
  return 0;
}

function appendTo(file: string): (request: RecordedRequest) => void {
  return (request) => appendFileSync(file, `${JSON.stringify(request)}\n`);
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

process.exitCode = await main();
