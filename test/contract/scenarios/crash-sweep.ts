import { comparable, differences, stateOf } from "../../azure/azure-state.ts";
import type { Switches } from "../../azure/azure.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { keyOf } from "../../../src/api/object.ts";
import { type JsonObject, objectAt } from "../../../src/api/json.ts";
import { Crash, type CrashPoint, Mortal } from "../crash.ts";
import { inProcess } from "../in-process.ts";
import { setStage, type Stage } from "../stage.ts";
import { OF_GRANTS } from "./of-grants.ts";
import { OF_HOSTS } from "./of-hosts.ts";
import { OF_KINDS } from "./of-kinds.ts";
import type { Scenario } from "./scenario.ts";

/** Every scenario. */
export const SCENARIOS: readonly Scenario[] = [...OF_KINDS, ...OF_HOSTS, ...OF_GRANTS];

/** Roles that the scenarios grant. */
const GRANTS = ["Reader", "Storage Blob Data Reader", "Cosmos DB Built-in Data Reader", "Cosmos DB Built-in Data Contributor"].map((role) => ({ role }));

/** What the sweep of a scenario came to. */
export interface Swept {
  readonly name: string;
  /** Requests to Azure and writes to Kubernetes that change something, in a run that nobody disturbs. */
  readonly effects: number;
  /** Points where the process was to be ended, two for each effect where all are tried, and how often it was. */
  readonly points: number;
  readonly crashes: number;
  /** How it ended otherwise than undisturbed; empty when it never did. */
  readonly faults: readonly string[];
}

/** Which of the points where a process can end are tried. */
export interface Share {
  /** One of so many. */
  readonly oneOf: number;
  readonly from: number;
}

/** Ends the process before and after each effect of a scenario, starts it again, and compares how it ends. */
export async function sweep(scenario: Scenario, { oneOf, from }: Share = { oneOf: 1, from: 0 }): Promise<Swept> {
  const calm = await run(scenario, undefined);
  const all = Array.from({ length: calm.effects }, (_, index) => index + 1).flatMap((effect): CrashPoint[] => [{ effect, when: "before" }, { effect, when: "after" }]);
  const points = all.filter((_, index) => index % oneOf === from % oneOf);
  const faults: string[] = calm.crashes === 0 ? [] : ["it ended without being told to"];
  let crashes = 0;
  for (const point of points) {
    const disturbed = await run(scenario, point);
    crashes += disturbed.crashes;
    const where = `${scenario.name}, ended ${point.when} effect ${point.effect} of ${calm.effects} (${calm.told[point.effect - 1] ?? ""})`;
    if (disturbed.crashes !== 1) faults.push(`${where}: it ended ${disturbed.crashes} times`);
    faults.push(...differences(disturbed.ending, calm.ending).map((line) => `${where}: ${line}`));
  }
  return { name: scenario.name, effects: calm.effects, points: points.length, crashes, faults };
}

interface Ran {
  readonly effects: number;
  readonly told: readonly string[];
  readonly crashes: number;
  readonly ending: readonly string[];
}

async function run(scenario: Scenario, point: CrashPoint | undefined): Promise<Ran> {
  const { options = {} } = scenario;
  const mortal = new Mortal();
  const place = inProcess(options.azure);
  const stage = await setStage({ ...options, place, grants: GRANTS, between: mortal.between });
  let crashes = 0;
  const survive = async (step: () => Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      crashes += 1;
      mortal.dieAt(undefined);
      await stage.restart();
    }
  };
  mortal.dieAt(point);
  await scenario.act(surviving(stage, survive));
  const { effects } = mortal;
  const told = [...mortal.told];
  mortal.dieAt(undefined);
  await stage.look();
  const ending = endingOf(stage);
  await stage.close();
  return { effects, told, crashes, ending };
}

/** How a scenario goes without any crash where Azure behaves as the switches say: what the objects come to after each step, and what they leave. */
export async function rehearse(scenario: Scenario, switches: Partial<Switches>): Promise<{ readonly states: readonly (readonly string[])[]; readonly objects: readonly string[] }> {
  const { options = {} } = scenario;
  const azure = { ...options.azure, switches: { ...options.azure?.switches, ...switches } };
  const stage = await setStage({ ...options, place: inProcess(azure), grants: GRANTS });
  const states: (readonly string[])[] = [];
  await scenario.act(
    surviving(stage, async (step) => {
      await step();
      states.push(stage.cluster.objects().map(({ kind, metadata }) => `${kind} ${metadata.name} ${stage.state(kind, metadata.name, metadata.namespace)}`));
    }),
  );
  const objects = objectsOf(stage);
  await stage.close();
  return { states, objects };
}

/** A stage on which everything that is done goes on after the end of a process. */
function surviving(stage: Stage, survive: (step: () => Promise<void>) => Promise<void>): Stage {
  return {
    ...stage,
    settle: () => survive(() => stage.settle()),
    apply: (...call) => survive(() => stage.apply(...call)),
    remove: (...call) => survive(() => stage.remove(...call)),
    look: () => survive(() => stage.look()),
    restart: () => survive(() => stage.restart()),
  };
}

/** What Azure has, and what the objects say and hold, without what is drawn. */
function endingOf(stage: Stage): readonly string[] {
  return [...stateOf(stage.bench.azure), ...objectsOf(stage)].toSorted();
}

/** What the objects say and hold, and what was handed on. */
function objectsOf(stage: Stage): readonly string[] {
  const plain = comparable(stage.bench.azure);
  const objects = stage.cluster.objects().map((object) => plain([keyOf(object), stage.state(object.kind, object.metadata.name, object.metadata.namespace), [...(object.metadata.finalizers ?? [])], heldBy(object)]));
  const exported = [...stage.cluster.exported].map(([key, { by, values }]) => plain([key, by, values]));
  return [...objects, ...exported].toSorted();
}

function heldBy({ status }: KubeObject): JsonObject {
  const { intended: _intended, secretDigests: _digests, ...holds } = objectAt(status, "holds") ?? {};
  return holds;
}
