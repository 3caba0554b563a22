import { comparable, differences, stateOf } from "../../azure/azure-state.ts";
import type { Switches } from "../../azure/azure.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { keyOf } from "../../../src/api/object.ts";
import { type JsonObject, objectAt } from "../../../src/api/json.ts";
import { Crash, type CrashPoint, Mortal } from "../crash.ts";
import { inProcess } from "../in-process.ts";
import { setStage, type Stage } from "../stage.ts";
import { OF_CREDENTIALS } from "./of-credentials.ts";
import { OF_GRANTS } from "./of-grants.ts";
import { OF_HOSTS } from "./of-hosts.ts";
import { OF_KINDS } from "./of-kinds.ts";
import { OF_LISTS } from "./of-lists.ts";
import { OF_PLACES } from "./of-places.ts";
import { OF_SWITCHES } from "./of-switches.ts";
import type { Scenario } from "./scenario.ts";

/** Every scenario. */
export const SCENARIOS: readonly Scenario[] = [...OF_KINDS, ...OF_HOSTS, ...OF_GRANTS, ...OF_CREDENTIALS, ...OF_PLACES, ...OF_LISTS, ...OF_SWITCHES];

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
  /** One of so many, and of a long scenario so few that no more than {@link atMost} are. */
  readonly oneOf: number;
  readonly from: number;
  readonly atMost: number;
}

const EVERYTHING: Share = { oneOf: 1, from: 0, atMost: Number.MAX_SAFE_INTEGER };

/** Ends the process before and after each effect of a scenario, starts it again, and compares how it ends. */
export async function sweep(scenario: Scenario, share: Share = EVERYTHING): Promise<Swept> {
  const calm = await run(scenario, []);
  const all = effectsOf(calm).flatMap((effect): CrashPoint[] => [{ effect, when: "before" }, { effect, when: "after" }]);
  const points = shareOf(all, share);
  const faults: string[] = calm.crashes === 0 ? [] : ["it ended without being told to"];
  let crashes = 0;
  for (const point of points) {
    const disturbed = await run(scenario, [point]);
    crashes += disturbed.crashes;
    if (disturbed.crashes !== 1) faults.push(`${titleOf(scenario, calm, [point])}: it ended ${disturbed.crashes} times`);
    faults.push(...faultsOf(scenario, { calm, disturbed, points: [point] }));
  }
  return { name: scenario.name, effects: calm.effects, points: points.length, crashes, faults };
}

/**
 * Ends the process after each effect of a scenario, and its successor after one of its own first effects. A process that ends before
 * an effect leaves what one leaves that ends after the effect before. A successor that has nothing to do does not end.
 */
export async function sweepPairs(scenario: Scenario, { seconds, share = EVERYTHING }: { readonly seconds: number; readonly share?: Share }): Promise<Swept> {
  const calm = await run(scenario, []);
  const pairs = effectsOf(calm).flatMap((first) => Array.from({ length: seconds }, (_, index) => [first, index + 1]));
  const tried = shareOf(pairs, share);
  const faults: string[] = [];
  let crashes = 0;
  for (const effects of tried) {
    const points = effects.map((effect): CrashPoint => ({ effect, when: "after" }));
    const disturbed = await run(scenario, points);
    crashes += disturbed.crashes;
    faults.push(...faultsOf(scenario, { calm, disturbed, points }));
  }
  return { name: scenario.name, effects: calm.effects, points: tried.length, crashes, faults };
}

function effectsOf({ effects }: Ran): readonly number[] {
  return Array.from({ length: effects }, (_, index) => index + 1);
}

function shareOf<Point>(all: readonly Point[], { oneOf, from, atMost }: Share): readonly Point[] {
  const step = Math.max(oneOf, Math.ceil(all.length / atMost));
  return all.filter((_, index) => index % step === from % step);
}

function faultsOf(scenario: Scenario, { calm, disturbed, points }: { readonly calm: Ran; readonly disturbed: Ran; readonly points: readonly CrashPoint[] }): readonly string[] {
  return differences(disturbed.ending, calm.ending).map((line) => `${titleOf(scenario, calm, points)}: ${line}`);
}

function titleOf({ name }: Scenario, calm: Ran, [first, second]: readonly CrashPoint[]): string {
  const at = first === undefined ? "" : `, ended ${first.when} effect ${first.effect} of ${calm.effects} (${calm.told[first.effect - 1] ?? ""})`;
  return `${name}${at}${second === undefined ? "" : ` and ${second.when} effect ${second.effect} of its successor`}`;
}

interface Ran {
  readonly effects: number;
  readonly told: readonly string[];
  readonly crashes: number;
  readonly ending: readonly string[];
}

/** Runs a scenario with processes that end at these points, one after the other; the last one lives on. */
async function run(scenario: Scenario, points: readonly CrashPoint[]): Promise<Ran> {
  const { options = {} } = scenario;
  const mortal = new Mortal();
  const place = inProcess(options.azure);
  const stage = await setStage({ ...options, place, grants: GRANTS, between: mortal.between });
  let crashes = 0;
  const survive = async (step: () => Promise<void>): Promise<void> => {
    for (let next = step; ; next = () => stage.restart()) {
      try {
        await next();
        // The queue takes the end of its process for a pass that failed.
        mortal.throwIfDead();
        return;
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        crashes += 1;
        mortal.dieAt(points[crashes]);
      }
    }
  };
  mortal.dieAt(points[0]);
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
    wait: (ms) => survive(() => stage.wait(ms)),
    recheckPermissions: () => survive(() => stage.recheckPermissions()),
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
