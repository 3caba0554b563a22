import { SCENARIOS, sweep } from "./crash-sweep.ts";

/** Sweeps every scenario whose name holds the given text, and prints what came of it. */
async function main(only: string): Promise<number> {
  const total = { scenarios: 0, effects: 0, crashes: 0, faults: 0 };
  for (const scenario of SCENARIOS.filter(({ name }) => name.includes(only))) {
    const { name, effects, crashes, faults } = await sweep(scenario);
    console.log(`${name}: ${effects} effects, ${crashes} crashes`);
    for (const fault of faults) console.error(fault);
    total.scenarios += 1;
    total.effects += effects;
    total.crashes += crashes;
    total.faults += faults.length;
  }
  console.log(`total: ${total.scenarios} scenarios, ${total.effects} effects, ${total.crashes} crashes, ${total.faults} faults`);
  return total.faults === 0 && total.crashes === 2 * total.effects ? 0 : 1;
}

process.exitCode = await main(process.argv[2] ?? "");
