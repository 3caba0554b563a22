import type { KubeObject } from "../../src/api/object.ts";
import type { Chance } from "../world/random.ts";
import type { Address, Declared, KubeClient } from "./kube-client.ts";
import { grown, type Plot, plotsOf, type Seedling } from "./plots.ts";

/** The key of an object. */
export function keyOf({ kind, namespace, name }: Address): string {
  return `${kind}/${namespace}/${name}`;
}

/** Where an object is. */
export function addressOf({ kind, metadata }: KubeObject): Address {
  return { kind, namespace: metadata.namespace, name: metadata.name };
}

/** What people did. */
export interface Deeds {
  applied: number;
  deleted: number;
  paused: number;
  asked: number;
}

interface Planted {
  readonly plot: Plot;
  readonly seedling: Seedling;
}

/** People who declare objects, change, pause and delete them, and declare them anew. */
export class People {
  readonly deeds: Deeds = { applied: 0, deleted: 0, paused: 0, asked: 0 };
  readonly plots: readonly Plot[];
  readonly #client: KubeClient;
  readonly #chance: Chance;
  /** What is declared now, by key. */
  readonly #declared = new Map<string, Declared>();
  /** Deleted and perhaps not gone: a spec would be lost on it. */
  readonly #leaving = new Set<string>();
  readonly #paused = new Map<string, Address>();

  constructor(client: KubeClient, chance: Chance, objects: number) {
    this.#client = client;
    this.#chance = chance;
    this.plots = plotsOf(objects);
  }

  /** What is declared now. */
  get declared(): readonly Declared[] {
    return [...this.#declared.values()];
  }

  /** How many objects of each kind are declared now. */
  get kinds(): Readonly<Record<string, number>> {
    const all = this.declared.map(({ kind }) => kind);
    return Object.fromEntries([...new Set(all)].toSorted().map((kind) => [kind, all.filter((each) => each === kind).length]));
  }

  /** Names of the identities that are declared now. */
  get identities(): readonly string[] {
    return this.declared.flatMap(({ kind, name }) => (kind === "UserAssignedIdentity" ? [name] : []));
  }

  /** Declares everything. */
  async plant(): Promise<void> {
    for (const planted of this.#everything()) await this.#declare(planted);
  }

  /** They do one thing. */
  async act(): Promise<void> {
    const plot = this.#chance.pick(this.plots);
    const planted = { plot, seedling: this.#chance.pick(plot.seedlings) };
    const roll = this.#chance.below(100);
    if (this.#isFallow(plot)) return this.#replant(plot);
    if (roll < 68) await this.#declare(planted);
    else if (roll < 78) await this.#togglePause(planted);
    else if (roll < 88) await this.#ask(planted);
    else if (roll < 97 && isLeaf(planted.seedling)) await this.#remove(planted);
    else if (roll >= 97) for (const seedling of plot.seedlings) await this.#remove({ plot, seedling });
  }

  /** Looks which of the deleted are gone: they can be declared anew. */
  async lookAround(): Promise<readonly KubeObject[]> {
    const objects = await this.#client.list();
    const keys = new Set(objects.map((object) => keyOf(addressOf(object))));
    for (const key of this.#leaving) if (!keys.has(key)) this.#leaving.delete(key);
    return objects;
  }

  /** Nothing is paused any more. */
  async resumeAll(): Promise<void> {
    for (const address of this.#paused.values()) await this.#client.annotate(address, { paused: null });
    this.#paused.clear();
  }

  /** Asks for a look at every object that is there. */
  async askForAll(token: string): Promise<void> {
    for (const object of await this.#client.list()) await this.#client.annotate(addressOf(object), { reconcileRequestedAt: token });
  }

  #everything(): readonly Planted[] {
    return this.plots.flatMap((plot) => plot.seedlings.map((seedling) => ({ plot, seedling })));
  }

  /** Whether all of a plot was deleted. */
  #isFallow({ namespace, seedlings }: Plot): boolean {
    return seedlings.every(({ kind, name }) => isLeaf({ kind }) || !this.#declared.has(keyOf({ kind, namespace, name })));
  }

  /** Declares a plot anew once all of it is gone: what refers to it would keep one half of it. */
  async #replant(plot: Plot): Promise<void> {
    const planted = plot.seedlings.map((seedling) => ({ plot, seedling }));
    if (planted.some((one) => this.#leaving.has(keyOf(addressIn(one))))) return this.#togglePause(this.#chance.pick(planted));
    for (const one of planted) await this.#declare(one);
  }

  async #declare({ plot, seedling }: Planted): Promise<void> {
    const object = grown(plot, seedling, this.#chance);
    const key = keyOf(object);
    if (this.#leaving.has(key)) return;
    this.#declared.set(key, object);
    this.deeds.applied += 1;
    await this.#client.apply(object);
  }

  async #remove(planted: Planted): Promise<void> {
    const address = addressIn(planted);
    if (!this.#declared.delete(keyOf(address))) return;
    this.#leaving.add(keyOf(address));
    this.deeds.deleted += 1;
    await this.#client.delete(address);
  }

  async #togglePause(planted: Planted): Promise<void> {
    const address = addressIn(planted);
    const key = keyOf(address);
    const isPaused = this.#paused.delete(key);
    if (!isPaused && !this.#declared.has(key)) return;
    if (!isPaused) this.#paused.set(key, address);
    this.deeds.paused += 1;
    await this.#client.annotate(address, { paused: isPaused ? null : "true" });
  }

  async #ask(planted: Planted): Promise<void> {
    const address = addressIn(planted);
    if (!this.#declared.has(keyOf(address))) return;
    this.deeds.asked += 1;
    await this.#client.annotate(address, { reconcileRequestedAt: String(this.deeds.asked) });
  }
}

function addressIn({ plot, seedling }: Planted): Address {
  return { kind: seedling.kind, namespace: plot.namespace, name: seedling.name };
}

/** Whether nothing refers to it: the others go with all of their plot, for they wait for whom they serve. */
function isLeaf({ kind }: Pick<Seedling, "kind">): boolean {
  return kind !== "UserAssignedIdentity" && kind !== "AppServicePlan";
}
