import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EXPORT_LABELS } from "../../src/api/group.ts";
import { titleOf } from "../../src/api/object.ts";
import type { Program } from "../e2e/operator-process.ts";
import { Chance } from "../world/random.ts";
import type { SoakSize } from "./arguments.ts";
import { differences, stateOf } from "../azure/azure-state.ts";
import { type Declared, KubeClient } from "./kube-client.ts";
import { declaredIn, existingIn } from "./inventory.ts";
import { addressOf, type Deeds, keyOf, People } from "./people.ts";
import { NAMESPACES } from "./plots.ts";
import { restlessness, untilQuiet } from "./quiet.ts";
import { setSoakStage, type SoakStage } from "./soak-stage.ts";
import { Strangers } from "./strangers.ts";

const LONGEST_PAUSE_MS = 400;
const ACTS_AT_A_TIME = 4;
const LOOK_AROUND_EVERY = 10;
const MS_PER_OBJECT = 1_500;
const LEAST_PATIENCE_MS = 120_000;

/** What must never be seen outside of a Secret and of what Azure hides. */
const SECRET_VALUE = `hunter2-${randomBytes(12).toString("hex")}`;

/** What a soak came to. */
export interface SoakReport extends Deeds {
  /** What is wrong; empty when nothing is. */
  readonly faults: readonly string[];
  readonly objects: number;
  readonly kills: number;
  readonly outages: number;
  readonly strangersEdits: number;
  /** Edits of strangers that fell between a GET of the operator and its write. */
  readonly gaps: number;
  readonly azureRequests: number;
  readonly azureFaults: number;
  readonly azureResources: number;
  readonly seconds: number;
}

/** What a soak is run with. */
export interface SoakOptions extends SoakSize {
  readonly program: Program;
  readonly say: (line: string) => void;
}

/**
 * Kills the operator, the API server and etcd again and again while people, strangers and Azure do what they like; then lets
 * everything come to rest and compares what Azure has with what an undisturbed operator makes of the same objects.
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const startedMs = Date.now();
  const stage = await setSoakStage({ ...options, secretValue: SECRET_VALUE });
  const client = await KubeClient.open(stage.plane.adminKubeconfig);
  try {
    const run = new Run(options, stage, client);
    await run.disturb();
    const faults = await run.settle();
    if (faults.length > 0) await keep(stage, options);
    return { ...run.report(), faults, seconds: Math.round((Date.now() - startedMs) / 1000) };
  } catch (error) {
    await keep(stage, options);
    throw error;
  } finally {
    await client.close();
    await stage.close();
  }
}

/** Keeps what tells how it came to that. */
async function keep(stage: SoakStage, { seed, say }: SoakOptions): Promise<void> {
  const [log, requests] = [join(tmpdir(), `soak-${seed}.log`), join(tmpdir(), `soak-${seed}.requests`)];
  await writeFile(log, await stage.operator().output());
  await writeFile(requests, stage.answered().map((line) => `${line}\n`).join(""));
  say(`the operator's log is in ${log}, what it asked of Azure in ${requests}`);
}

class Run {
  readonly #options: SoakOptions;
  readonly #stage: SoakStage;
  readonly #client: KubeClient;
  readonly #people: People;
  readonly #strangers: Strangers;
  readonly #chance: Chance;
  readonly #patienceMs: number;
  #kills = 0;
  #outages = 0;
  #azureFaults = 0;
  #azureResources = 0;

  constructor(options: SoakOptions, stage: SoakStage, client: KubeClient) {
    this.#options = options;
    this.#stage = stage;
    this.#client = client;
    this.#chance = new Chance(options.seed);
    this.#people = new People(client, new Chance(options.seed + 1), options.objects);
    this.#strangers = new Strangers(stage.azure, this.#people.plots.length);
    this.#patienceMs = Math.max(LEAST_PATIENCE_MS, MS_PER_OBJECT * options.objects);
  }

  report(): Omit<SoakReport, "faults" | "seconds"> {
    const { deeds } = this.#people;
    return {
      ...deeds,
      objects: this.#options.objects,
      kills: this.#kills,
      outages: this.#outages,
      strangersEdits: this.#strangers.edits,
      gaps: this.#strangers.gaps,
      azureRequests: this.#stage.answered().length,
      azureFaults: this.#azureFaults,
      azureResources: this.#azureResources,
    };
  }

  /** Everything goes on at once until the operator has been killed as often as it is to be. */
  async disturb(): Promise<void> {
    await this.#stage.faultPlane.begin();
    await this.#people.plant();
    this.#say(`${this.#options.objects} objects are declared in ${this.#people.plots.length} plots; seed ${this.#options.seed}`);
    const ended = new AbortController();
    const others = this.#crowd(ended.signal);
    // Whoever of them fails ends the run, once the operator is between two lives.
    others.catch(() => undefined);
    try {
      for (let kill = 1; kill <= this.#options.kills; kill += 1) await this.#life(kill);
    } finally {
      ended.abort();
    }
    await others;
    this.#azureFaults = await this.#stage.faultPlane.end();
  }

  /** Lets everything come to rest and looks what came of it. */
  async settle(): Promise<readonly string[]> {
    const stage = this.#stage;
    await this.#people.resumeAll();
    await stage.startUntilUp();
    await this.#rest();
    this.#strangers.insist(stage.answered());
    this.#strangers.mend();
    const [have, existing] = [stateOf(stage.azure), existingIn(stage.azure)];
    this.#azureResources = have.length;
    this.#say(`at rest: Azure has ${have.length} resources, and objects are declared: ${JSON.stringify(this.#people.kinds)}`);
    const restless = await this.#lookAgain();
    const { declared } = this.#people;
    const inventory = differences(existing, declaredIn(declared, this.#strangers.theirs));
    const leaks = await this.#leakedSecrets();
    const exports = await this.#farewell();
    const left = stateOf(stage.azure);
    this.#say("everything is deleted; now the same objects undisturbed");
    const undisturbed = await this.#undisturbed(declared);
    return [
      ...inventory.map((line) => `Azure is not as declared: ${line}`),
      ...differences(have, undisturbed.made).map((line) => `Azure differs from the undisturbed run: ${line}`),
      ...restless,
      ...leaks,
      ...exports,
      ...differences(left, undisturbed.before).map((line) => `left over after the deletion: ${line}`),
    ];
  }

  async #life(kill: number): Promise<void> {
    await this.#stage.startUntilUp();
    const isOutage = Math.floor((kill * this.#options.outages) / this.#options.kills) > this.#outages;
    await delay(this.#chance.below(this.#options.longestLifeMs));
    if (isOutage) await this.#outage();
    await this.#stage.operator().stop("SIGKILL");
    this.#kills += 1;
    if (kill % 10 === 0) this.#say(`killed ${kill} times; ${JSON.stringify(this.report())}`);
  }

  /** The API server goes away under the operator, and every other time etcd does. */
  async #outage(): Promise<void> {
    const { plane } = this.#stage;
    this.#outages += 1;
    if (this.#outages % 2 === 0) await plane.restartEtcd();
    else {
      await plane.stopApiServer();
      await delay(this.#chance.below(2000));
      await plane.startApiServer();
    }
    await delay(this.#chance.below(3000));
  }

  /** People and strangers, until they are told to stop. */
  async #crowd(ended: AbortSignal): Promise<void> {
    const chance = new Chance(this.#options.seed + 2);
    for (let turn = 1; !ended.aborted; turn += 1) {
      for (let act = 0; act < ACTS_AT_A_TIME; act += 1) await this.#people.act();
      this.#strangers.act(chance, this.#people.identities);
      if (turn % LOOK_AROUND_EVERY === 0) await this.#people.lookAround();
      this.#stage.azure.clearRequests();
      await delay(chance.below(LONGEST_PAUSE_MS));
    }
  }

  async #rest(): Promise<void> {
    await this.#people.askForAll("rest");
    await untilQuiet(() => this.#restless("rest"), "rest", this.#patienceMs);
  }

  async #restless(token?: string): Promise<readonly string[]> {
    const objects = await this.#people.lookAround();
    const keys = new Set(objects.map((object) => keyOf(addressOf(object))));
    const missing = this.#people.declared.map(keyOf).filter((key) => !keys.has(key));
    return [...missing.map((key) => `${key} is not there`), ...objects.flatMap((object) => restlessness(object, token) ?? [])];
  }

  /** A new process looks at everything, and has nothing to write (invariant 4). */
  async #lookAgain(): Promise<readonly string[]> {
    const stage = this.#stage;
    await stage.operator().stop("SIGKILL");
    stage.azure.clearRequests();
    await stage.startUntilUp();
    await this.#people.askForAll("again");
    await untilQuiet(() => this.#restless("again"), "a second look", this.#patienceMs);
    const writes = stage.arm().filter(({ method, path }) => method !== "GET" && !/\/list[^/]*$/.test(path));
    return writes.map(({ method, path }) => `a look at a settled world wrote: ${method} ${path}`);
  }

  /** Half of the objects go by themselves, the others with their namespaces. */
  async #farewell(): Promise<readonly string[]> {
    const vanishing = new Set<string>(NAMESPACES.slice(NAMESPACES.length / 2));
    const objects = await this.#client.list();
    const vanished = this.#stage.kubectl("delete", "namespace", ...vanishing, "--wait=false");
    for (const object of objects) if (!vanishing.has(object.metadata.namespace)) await this.#client.delete(addressOf(object));
    await vanished;
    await untilQuiet(async () => (await this.#client.list()).map((object) => restlessness(object) ?? `${titleOf(object)} is still there`), "the deletion", this.#patienceMs);
    const exported = await this.#stage.kubectl("get", "configmaps", "--all-namespaces", "-l", `${EXPORT_LABELS.managedBy}=azure-identity-operator`, "-o", "name");
    await this.#stage.operator().stop("SIGKILL");
    await this.#stage.kubectl("delete", "namespace", ...NAMESPACES, "--ignore-not-found", "--timeout=60s");
    return exported.split("\n").filter((line) => line !== "").map((line) => `left over after the deletion: ${line}`);
  }

  async #leakedSecrets(): Promise<readonly string[]> {
    const stage = this.#stage;
    const seen = [
      ["the operator's log", await stage.operator().output()],
      ["an event", await stage.kubectl("get", "events", "--all-namespaces", "-o", "json")],
      ["an object", JSON.stringify(await this.#client.list())],
    ] as const;
    return seen.flatMap(([where, text]) => [
      ...(text.includes(SECRET_VALUE) ? [`${where} shows a Secret's value`] : []),
      ...(/\beyJ[\w-]{10,}\.eyJ/.test(text) ? [`${where} shows a token`] : []),
    ]);
  }

  /** What strangers alone have made of another Azure, and what an operator makes there of the same objects when nothing goes wrong. */
  async #undisturbed(declared: readonly Declared[]): Promise<{ readonly before: readonly string[]; readonly made: readonly string[] }> {
    const stage = await setSoakStage({ ...this.#options, secretValue: SECRET_VALUE, plane: this.#stage.plane });
    try {
      this.#strangers.repeatIn(stage.azure, this.#people.plots.length);
      const before = stateOf(stage.azure);
      await stage.startUntilUp();
      for (const object of declared) await this.#client.apply(object);
      await untilQuiet(async () => (await this.#client.list()).flatMap((object) => restlessness(object) ?? []), "the undisturbed run", this.#patienceMs);
      return { before, made: stateOf(stage.azure) };
    } finally {
      await stage.close();
    }
  }

  #say(line: string): void {
    this.#options.say(line);
  }
}
