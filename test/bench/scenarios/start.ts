import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Program } from "../../e2e/operator-process.ts";
import type { Stage } from "../../e2e/stage.ts";
import { type Figure, figure } from "../report.ts";
import { median, timed } from "../timed.ts";
import { UNGOVERNED } from "./scenario.ts";

const ATTEMPTS = 5;
const AIM_MS = 500;

/** How long the bundle takes from its start to a /readyz that says yes, beside a Node that does nothing. */
export async function start(stage: Stage, program: Program): Promise<readonly Figure[]> {
  const bareMs: number[] = [];
  const readyMs: number[] = [];
  await timed("start", async () => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      bareMs.push(1000 * (await timed("bare Node", bareNode)));
      readyMs.push(1000 * (await timed("operator", () => stage.startOperator(UNGOVERNED, program))));
      await stage.operator().stop("SIGKILL");
    }
  });
  return [figure({ scenario: "start", figure: `bundle to /readyz, median of ${ATTEMPTS}; bound: node -e 0`, value: median(readyMs), unit: "ms", bound: median(bareMs), peer: AIM_MS })];
}

async function bareNode(): Promise<void> {
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
}
