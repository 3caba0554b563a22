import { parseArgs } from "node:util";

const USAGE = `usage: npm run test:soak -- [--seed N] [--objects N] [--kills N] [--outages N] [--life N]

  --seed N     what everybody's choices are drawn from; default: a new one, which is printed
  --objects N  objects of all kinds, 20 to 5000; default 500
  --kills N    how often the operator is killed; default 100
  --outages N  how often the API server is killed, and every other time etcd before; default 6
  --life N     seconds that the operator lives at most before it is killed; default 10`;

/** How big a soak is. */
export interface SoakSize {
  readonly seed: number;
  readonly objects: number;
  /** How often the operator is killed by SIGKILL. */
  readonly kills: number;
  /** How often the API server, or etcd, is killed. */
  readonly outages: number;
  readonly longestLifeMs: number;
}

/** The arguments, or a text instead of a run. */
export type ReadArguments = { readonly is: "size"; readonly size: SoakSize } | { readonly is: "help" | "error"; readonly text: string };

/** Reads the command line; never throws. */
export function readArguments(args: readonly string[]): ReadArguments {
  const options = {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    objects: { type: "string", default: "500" },
    kills: { type: "string", default: "100" },
    outages: { type: "string", default: "6" },
    life: { type: "string", default: "10" },
    help: { type: "boolean", default: false },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) return { is: "help", text: USAGE };
    const size = { seed: Number(values.seed), objects: Number(values.objects), kills: Number(values.kills), outages: Number(values.outages), longestLifeMs: Number(values.life) * 1000 };
    const wrong = Object.entries(size).find(([, value]) => !Number.isInteger(value) || value < 0);
    if (wrong !== undefined) return { is: "error", text: `cannot use --${wrong[0]}: it must be a whole number\n\n${USAGE}` };
    if (size.objects < 20 || size.objects > 5000) return { is: "error", text: `cannot make ${size.objects} objects: it must be 20 to 5000\n\n${USAGE}` };
    return { is: "size", size };
  } catch (error) {
    return { is: "error", text: `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}` };
  }
}
