import { parseArgs } from "node:util";
import { Narrator } from "./narrator.ts";
import { Scene } from "./scene.ts";
import { Story } from "./story.ts";

const LOG_LINES = 15;
const INTERRUPTED = 130;
const MISUSED = 2;
const USAGE = `usage: npm run demo -- [--keep]

  --keep  stay up before the deletion, until Ctrl-C`;

/** Set once the cluster and Azure are up. */
let scene: Scene | undefined;

/** The demo: everything real but Azure. Returns the exit code. */
async function main(keep: boolean, say: Narrator): Promise<number> {
  try {
    say.title("Start etcd, kube-apiserver, kube-controller-manager, and a simulator of Azure");
    scene = await Scene.set(say);
    const story = new Story(scene, say);
    await story.install();
    await story.declare();
    await story.heal();
    if (!keep) await story.cleanUp();
    else {
      story.stay();
      return await new Promise<never>(() => undefined); // a signal ends it
    }
    return 0;
  } catch (error) {
    const lines = (await scene?.lastLogLines(LOG_LINES)) ?? [];
    say.failure(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    if (lines.length > 0) say.failure(`The last lines of the operator's log:\n${lines.join("\n")}`);
    return 1;
  }
}

/** Resolves with the exit code of whom a signal interrupts; what stays up is meant to end like that. */
function interrupted(keep: boolean): Promise<number> {
  const code = Promise.withResolvers<number>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => code.resolve(keep ? 0 : INTERRUPTED));
  return code.promise;
}

/** Whether it is to stay up; a text when the arguments are wrong. */
function readArguments(args: readonly string[]): boolean | string {
  try {
    return parseArgs({ args: [...args], options: { keep: { type: "boolean", default: false } } }).values.keep;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${USAGE}`;
  }
}

const say = new Narrator(process.stdout);
const keep = readArguments(process.argv.slice(2));
if (typeof keep === "string") {
  say.failure(keep);
  process.exit(MISUSED);
}
const code = await Promise.race([main(keep, say), interrupted(keep)]);
say.end();
await scene?.close();
process.exit(code);
