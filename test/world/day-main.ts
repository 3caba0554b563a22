import { parseArgs } from "node:util";
import { dayOf, faultsOfDay } from "./day.ts";

const USAGE = "usage: npm run test:day -- [--objects N] [--hours N] [--seed N]";

/** Lets many objects live for a day of a world's time, and says what that came to. */
async function main(): Promise<number> {
  const options = { objects: { type: "string", default: "10000" }, hours: { type: "string", default: "24" }, seed: { type: "string", default: "1" } } as const;
  const { values } = parseArgs({ args: process.argv.slice(2), options });
  const [objects, hours, seed] = [Number(values.objects), Number(values.hours), Number(values.seed)];
  if (![objects, hours, seed].every((number) => Number.isInteger(number) && number > 0)) throw new TypeError(USAGE);
  const startedAtMs = Date.now();
  const day = await dayOf({ seed, objects, hours, syncIntervalSeconds: 3600 });
  const faults = faultsOfDay(day, objects);
  console.log(`seed ${seed}: ${objects} objects, ${hours} h, ${day.requests} requests to Azure, ${day.drifts} drifts, ${faults.length} faults, ${((Date.now() - startedAtMs) / 1000).toFixed(0)} s`);
  console.log(`remembered after an hour: ${JSON.stringify(day.remembered[0])}`);
  console.log(`remembered at the end:    ${JSON.stringify(day.remembered.at(-1))}`);
  console.log(`remembered afterwards:    ${JSON.stringify(day.afterwards)}`);
  for (const fault of faults.slice(0, 20)) console.log(fault);
  return faults.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
