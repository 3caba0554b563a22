import { kubernetesRequests, type ProcessUsage, type RequestCounts, since, usageOf } from "../operator-figures.ts";
import { type Figure, figure } from "../report.ts";
import type { Run } from "./scenario.ts";

/** Requests of a method that an object costs at least. */
export type LeastRequests = Readonly<Record<string, number>>;

/** How a scenario's requests and resources are shown. */
export interface Reported {
  readonly scenario: string;
  readonly arm: LeastRequests;
  readonly kubernetes: LeastRequests;
}

/** What the operator did between two moments. */
export interface Effort {
  readonly arm: RequestCounts;
  readonly kubernetes: RequestCounts;
  readonly cpuSeconds: number;
  readonly usage: ProcessUsage;
}

/** Begins to count what the operator does; the returned function says what it was so far. */
export async function effortFrom({ stage }: Run): Promise<() => Promise<Effort>> {
  const operator = stage.operator();
  stage.azure.clearRequests();
  const [requests, { cpuSeconds }] = [await kubernetesRequests(operator), await usageOf(operator.pid)];
  return async () => {
    const usage = await usageOf(operator.pid);
    const kubernetes = since(requests, await kubernetesRequests(operator));
    return { arm: armRequests(stage.arm()), kubernetes, cpuSeconds: usage.cpuSeconds - cpuSeconds, usage };
  };
}

/** Requests that the simulator recorded, by method. */
export function armRequests(requests: readonly { readonly method: string }[]): RequestCounts {
  return new Map([...Map.groupBy(requests, ({ method }) => method)].map(([method, of]) => [method, of.length]));
}

/** Requests per object by method, each beside the fewest that do it, and CPU per object. */
export function effortFigures(count: number, effort: Effort, { scenario, arm, kubernetes }: Reported): readonly Figure[] {
  return [
    ...perObject(count, effort.arm, { scenario, at: "ARM", least: arm }),
    ...perObject(count, effort.kubernetes, { scenario, at: "the API server", least: kubernetes }),
    figure({ scenario, figure: "operator CPU per object", value: (1000 * effort.cpuSeconds) / count, unit: "ms" }),
  ];
}

function perObject(count: number, requests: RequestCounts, { scenario, at, least }: { readonly scenario: string; readonly at: string; readonly least: LeastRequests }): readonly Figure[] {
  const methods = [...new Set([...Object.keys(least), ...requests.keys()])].toSorted();
  return methods
    .filter((method) => (requests.get(method) ?? 0) + (least[method] ?? 0) > 0)
    .map((method) => figure({ scenario, figure: `${method} per object at ${at}`, value: (requests.get(method) ?? 0) / count, unit: "requests", bound: least[method] ?? 0 }));
}
