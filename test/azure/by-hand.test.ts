import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { faultNames } from "./kernel/fault-rules.ts";

// docs/simulator.md, command by command: what it shows is run against the process that it tells to start, and prints what it says.
const PAGE = readFileSync(join(import.meta.dirname, "../../docs/simulator.md"), "utf8");
const END = "end of a block";

interface Example {
  readonly section: string;
  readonly commands: string;
  readonly prints: string;
}

const examples: readonly Example[] = PAGE.split(/^##+ /m).flatMap((part) => {
  const section = part.slice(0, part.indexOf("\n"));
  return [...part.matchAll(/^```sh\n([\s\S]*?)^```\n\n(?:```text\n([\s\S]*?)^```)?/gm)].map(([, commands = "", prints = ""]) => ({ section, commands, prints }));
});

/** Whether there is a curl that can print headers, as the page needs it. */
const hasCurl = spawnSync("curl", ["--silent", "--write-out", "%header{none}", "--output", "/dev/null", "file:///dev/null"], { encoding: "utf8" }).stdout === "";

let printed: readonly string[] = [];
beforeAll(async () => {
  if (!hasCurl) return;
  const folder = mkdtempSync(join(tmpdir(), "by-hand-"));
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), "--log", join(folder, "requests.jsonl")], { stdio: ["ignore", "pipe", "inherit"] });
  const exports = await exported(child.stdout);
  const script = [...exports, ...examples.map(({ commands }) => `${commands}echo '${END}'`)].join("\n");
  printed = execFileSync("sh", { input: script, encoding: "utf8", env: { PATH: process.env["PATH"] } }).split(`${END}\n`);
  child.kill("SIGTERM");
  await once(child, "exit");
  rmSync(folder, { recursive: true });
}, 60_000);

it.skipIf(!hasCurl).each(examples.map((example, index) => ({ ...example, index })))("$section: the commands print what the page says ($index)", ({ prints, index }) => {
  expect(printed.length).toBe(examples.length + 1);
  expect(printed[index]).toMatch(patternOf(prints));
});

it("every fault is on the page, and none that there is not", () => {
  const shown = [...PAGE.matchAll(/\\?"do\\?": \\?"([a-z-]+)\\?"/g)].map(([, name = ""]) => name);
  expect([...new Set(shown)].toSorted((a, b) => a.localeCompare(b))).toEqual(faultNames.toSorted((a, b) => a.localeCompare(b)));
});

/** A text of which `…` stands for anything within a line. */
function patternOf(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("…", ".*")}$`);
}

/** The `export` lines, up to the last one that the program prints. */
async function exported(stream: AsyncIterable<Buffer>): Promise<readonly string[]> {
  let text = "";
  for await (const chunk of stream) {
    text += chunk.toString();
    if (/^export SSL_CERT_FILE=.*\n/m.test(text)) break;
  }
  return text.split("\n").filter((line) => line.startsWith("export "));
}
