import { parseArgs } from "node:util";
import { SCENARIOS, sweep, sweepPairs, type Swept } from "./crash-sweep.ts";

const USAGE = `usage: npm run test:crashes -- [--pairs N] [TEXT]

  TEXT       only scenarios whose name holds this
  --pairs N  instead of one end before and after each effect, two: after each effect, and after each of the N first of the successor`;

/** Sweeps every scenario whose name holds the given text, and prints what came of it. */
async function main(only: string, seconds: number): Promise<number> {
  const total = { scenarios: 0, effects: 0, runs: 0, crashes: 0, faults: 0 };
  for (const scenario of SCENARIOS.filter(({ name }) => name.includes(only))) {
    const swept = seconds === 0 ? await sweep(scenario) : await sweepPairs(scenario, { seconds });
    print(swept);
    total.scenarios += 1;
    total.effects += swept.effects;
    total.runs += swept.points;
    total.crashes += swept.crashes;
    total.faults += swept.faults.length;
  }
  console.log(`total: ${total.scenarios} scenarios, ${total.effects} effects, ${total.runs} runs, ${total.crashes} crashes, ${total.faults} faults`);
  const isComplete = total.runs === total.effects * (seconds === 0 ? 2 : seconds) && (seconds > 0 || total.crashes === total.runs);
  return total.faults === 0 && total.scenarios > 0 && isComplete ? 0 : 1;
}

function print({ name, effects, crashes, faults }: Swept): void {
  console.log(`${name}: ${effects} effects, ${crashes} crashes`);
  for (const fault of faults) console.error(fault);
}

const { values, positionals } = parseArgs({ options: { pairs: { type: "string", default: "0" } }, allowPositionals: true });
const pairs = Number(values.pairs);
if (Number.isInteger(pairs) && pairs >= 0 && positionals.length < 2) process.exitCode = await main(positionals[0] ?? "", pairs);
else {
  console.error(USAGE);
  process.exitCode = 2;
}
