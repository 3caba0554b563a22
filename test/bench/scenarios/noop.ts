import { setTimeout as delay } from "node:timers/promises";
import { readAlone } from "../arm-client.ts";
import { kubernetesRequests, untilIdle, usageOf, writesOf } from "../operator-figures.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";
import { armRequests } from "./requests.ts";
import { UNGOVERNED, RSS_AIM_MIB, type Run } from "./scenario.ts";

/** Starts another operator over objects that are as they should be, and lets it read each by its own id; it stays. */
export async function noop({ stage, program, names }: Run): Promise<readonly Figure[]> {
  await stage.operator().stop("SIGTERM");
  const aloneSeconds = await timed("the simulator alone, read", () => readAlone(stage, names));
  stage.azure.clearRequests();
  const answered = () => stage.arm().filter(({ status }) => status !== 0).length;
  const observed = async () => {
    await stage.startOperator([...UNGOVERNED, "--sweep-interval-seconds=0"], program);
    while (answered() < names.length) await delay(10);
  };
  const seconds = await timed("noop", observed, () => `${answered()} of ${names.length} observed`);
  const operator = stage.operator();
  await timed("noop, until nothing is left to do", () => untilIdle(operator));
  const arm = armRequests(stage.arm());
  const scenario = "noop";
  const usage = await usageOf(operator.pid);
  return [
    figure({ scenario, figure: "start to all observed; bound: simulator alone", value: seconds, unit: "s", bound: aloneSeconds }),
    figure({ scenario, figure: "GET per object at ARM", value: (arm.get("GET") ?? 0) / names.length, unit: "requests", bound: 1 }),
    figure({ scenario, figure: "writes at ARM", value: writesOf(arm), unit: "requests", bound: 0 }),
    figure({ scenario, figure: "writes at the API server", value: writesOf(await kubernetesRequests(operator)), unit: "requests", bound: 0 }),
    figure({ scenario, figure: "operator CPU per object, start included", value: (1000 * usage.cpuSeconds) / names.length, unit: "ms" }),
    figure({ scenario, figure: "operator RSS, highest; peer: aim", value: usage.peakRssMiB, unit: "MiB", peer: RSS_AIM_MIB }),
  ];
}
