import { setTimeout as delay } from "node:timers/promises";
import { type JsonObject, objectAt, stringAt } from "../../../src/api/json.ts";
import { identityId } from "../../e2e/objects.ts";
import { kubernetesRequests, observedBySweep, untilIdle, usageOf, writesOf } from "../operator-figures.ts";
import { inParallel } from "../parallel.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";
import { armRequests } from "./requests.ts";
import { QUIET, type Run } from "./scenario.ts";

/** To all observed, beyond what the API server's list takes. */
const MUST_SECONDS = 10;

const MUST_RSS_MIB = 256;

const DEADLINE_MS = 300_000;

/**
 * Makes identities as the operator leaves them: it makes the first, and the others are copies of that, in Azure and in the cluster, since
 * Azure's rates would let it make four a second.
 */
async function prepare({ stage, client, watch, program }: Run, names: readonly string[], onMade: () => void): Promise<void> {
  const [first = "", ...others] = names;
  const before = watch.readyCount;
  await stage.startOperator(QUIET, program);
  await Promise.all([client.create([first]), watch.untilReady(before + 1)]);
  await stage.operator().stop("SIGTERM");
  const made = await client.read(first);
  const azure = stage.azure.portal.get(identityId(first)) ?? {};
  const ids = (body: JsonObject) => [stringAt(objectAt(body, "properties"), "principalId") ?? "", stringAt(objectAt(body, "properties"), "clientId") ?? ""];
  const [text, tags, finalizers] = [JSON.stringify(made["status"]), JSON.stringify(azure["tags"]), objectAt(made, "metadata")?.["finalizers"]];
  await inParallel(others, async (name) => {
    stage.azure.portal.put(identityId(name), { location: stringAt(azure, "location") ?? "", tags: JSON.parse(tags.replaceAll(first, name)) as JsonObject });
    const own = ids(stage.azure.portal.get(identityId(name)) ?? {});
    const status = ids(azure).reduce((copy, id, index) => copy.replaceAll(id, own[index] ?? ""), text.replaceAll(first, name));
    onMade();
    await client.createSettled(name, { finalizers: Array.isArray(finalizers) ? finalizers.map(String) : [], status: JSON.parse(status) as object });
  });
}

/** Starts another operator over objects that are as they should be: pages are its first look. The operator stays. */
export async function restart(run: Run): Promise<readonly Figure[]> {
  const { stage, client, program } = run;
  const names = run.names.map((_, index) => `settled-${String(index).padStart(6, "0")}`);
  let made = 0;
  await timed("restart, making the objects", () => prepare(run, names, () => void (made += 1)), () => `${made} of ${names.length}`);
  const listSeconds = await timed("the API server's list alone", () => client.list());
  stage.azure.clearRequests();
  let observed = 0;
  const seconds = await timed(
    "restart",
    async () => {
      await stage.startOperator(QUIET, program);
      const deadlineMs = Date.now() + DEADLINE_MS;
      for (; observed < names.length; observed = await observedBySweep(stage.operator())) {
        if (Date.now() > deadlineMs) throw new Error(`${observed} of ${names.length} objects are observed after ${DEADLINE_MS / 1000} s`);
        await delay(50);
      }
    },
    () => `${observed} of ${names.length} observed`,
  );
  const operator = stage.operator();
  await timed("restart, until nothing is left to do", () => untilIdle(operator));
  const arm = armRequests(stage.arm());
  const usage = await usageOf(operator.pid);
  const scenario = "restart";
  return [
    figure({ scenario, figure: `${names.length} settled identities, start to all observed; bound: 10 s and the API server's list`, value: seconds, unit: "s", bound: MUST_SECONDS + listSeconds }),
    figure({ scenario, figure: "requests at ARM; bound: pages of 100", value: arm.get("GET") ?? 0, unit: "requests", bound: Math.ceil(names.length / 100) }),
    figure({ scenario, figure: "writes at ARM", value: writesOf(arm), unit: "requests", bound: 0 }),
    figure({ scenario, figure: "writes at the API server", value: writesOf(await kubernetesRequests(operator)), unit: "requests", bound: 0 }),
    figure({ scenario, figure: "operator RSS, highest", value: usage.peakRssMiB, unit: "MiB", bound: MUST_RSS_MIB }),
    figure({ scenario, figure: "operator CPU per object, start included", value: (1000 * usage.cpuSeconds) / names.length, unit: "ms" }),
  ];
}
