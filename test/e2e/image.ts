import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundle } from "../../build.ts";
import type { Program } from "./operator-process.ts";

const ROOT = join(import.meta.dirname, "../..");
const NODE = "/nodejs/bin/node";

/**
 * Does in `folder` what the last stage of the Dockerfile does in the image: bundles the operator, sets the environment, runs
 * what is run there. Returns the operator as the image would start it, with the Node of this process.
 */
export async function buildImage(folder: string): Promise<Program> {
  const instructions = lastStage(await readFile(join(ROOT, "Dockerfile"), "utf8"));
  const here = (path: string) => (path === NODE ? process.execPath : path.startsWith("/") ? join(folder, path) : path);
  const environment = Object.fromEntries(instructions.flatMap(({ name, rest }) => (name === "ENV" ? [variable(rest, here)] : [])));
  for (const path of Object.values(environment).filter((value) => value.startsWith(folder))) await mkdir(path, { recursive: true });
  const commands = (wanted: string) => instructions.flatMap(({ name, rest }) => (name === wanted ? [(JSON.parse(rest) as string[]).map(here)] : []));
  const [[, ...args] = []] = commands("ENTRYPOINT");
  await bundle(join(ROOT, "src/main.ts"), args.at(-1) ?? join(folder, "main.mjs"));
  for (const [file = NODE, ...rest] of commands("RUN")) await promisify(execFile)(file, rest, { env: { PATH: process.env["PATH"], ...environment } });
  return { args, environment };
}

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The instructions after the last FROM; each is one line there. */
function lastStage(text: string): readonly Instruction[] {
  const lines = text.slice(text.lastIndexOf("\nFROM ")).split("\n");
  return lines.filter((line) => /^[A-Z]+ /.test(line)).map((line) => ({ name: line.slice(0, line.indexOf(" ")), rest: line.slice(line.indexOf(" ") + 1) }));
}

function variable(assignment: string, here: (path: string) => string): readonly [string, string] {
  const end = assignment.indexOf("=");
  return [assignment.slice(0, end), here(assignment.slice(end + 1))];
}
