import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";

const CHILD = join(import.meta.dirname, "../growth-child.ts");
const SIZES = [1000, 10_000, 100_000] as const;

/** What the exponents may be at most. */
const MUST = 1.1;

/** What a child process measured. */
interface Grown {
  readonly observed: number;
  readonly startCpuSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMiB: number;
  readonly pages: number;
  readonly kubernetesWrites: number;
}

/** How CPU, memory and requests grow with the number of settled identities: start, and three hours of virtual time; no network, no API server. */
export async function growth(): Promise<readonly Figure[]> {
  const idle = await grown(0);
  const figures: Figure[] = [];
  const all: { readonly count: number; readonly grown: Grown }[] = [];
  for (const count of SIZES) {
    let one = idle;
    await timed(`growth to ${count}`, async () => {
      one = await grown(count);
    });
    if (one.observed !== count || one.kubernetesWrites > 0) throw new Error(`of ${count} objects ${one.observed} were observed, with ${one.kubernetesWrites} writes`);
    all.push({ count, grown: one });
    figures.push(...figuresOf(count, one, idle));
  }
  const exponent = (what: string, of: (grown: Grown) => number): Figure =>
    figure({ scenario: "growth", figure: `${what}: fitted exponent`, value: fittedExponent(all.map(({ count, grown: one }) => [count, of(one)])), unit: "", bound: MUST });
  return [
    ...figures,
    exponent("CPU of the start", ({ startCpuSeconds }) => startCpuSeconds - idle.startCpuSeconds),
    exponent("CPU of three hours after it", ({ cpuSeconds, startCpuSeconds }) => cpuSeconds - startCpuSeconds),
    exponent("RSS less that of an idle one", ({ peakRssMiB }) => peakRssMiB - idle.peakRssMiB),
  ];
}

/** The slope of the line through the logarithms: y grows as x to the power of it. */
export function fittedExponent(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (of: (point: readonly [number, number]) => number) => logs.reduce((sum, point) => sum + of(point), 0) / logs.length;
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)];
  return mean(([x, y]) => (x - meanX) * (y - meanY)) / mean(([x]) => (x - meanX) ** 2);
}

function figuresOf(count: number, { cpuSeconds, startCpuSeconds, peakRssMiB, pages }: Grown, idle: Grown): readonly Figure[] {
  const scenario = "growth";
  return [
    figure({ scenario, figure: `${count} objects: CPU of the start, making the test's pages included`, value: startCpuSeconds, unit: "s" }),
    figure({ scenario, figure: `${count} objects: CPU of three virtual hours after it`, value: cpuSeconds - startCpuSeconds, unit: "s" }),
    figure({ scenario, figure: `${count} objects: RSS less that of an idle one`, value: peakRssMiB - idle.peakRssMiB, unit: "MiB" }),
    figure({ scenario, time: "virtual", figure: `${count} objects: pages at the start and in three virtual hours; bound: the share of the quota, and two readings`, value: pages, unit: "requests", bound: 3 * 900 + 2 * Math.ceil(count / 100) }),
  ];
}

async function grown(count: number): Promise<Grown> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--max-old-space-size=4096", CHILD, String(count)]);
  return JSON.parse(stdout) as Grown;
}
