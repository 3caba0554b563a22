import { isJsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Policy } from "../../src/reconcile/ports.ts";
import { type ActOfAdministrators, Administrators, isFlag, isOfAdministrators, type Setting } from "./administrators.ts";
import { ApiServer } from "./api-server.ts";
import { SUBSCRIPTION, type Write, WorldAzure } from "./azure.ts";
import { WorldClock } from "./clock.ts";
import { type Faults, NO_FAULTS } from "./faults.ts";
import { Operator } from "./operator.ts";
import { FOREIGN, Others } from "./others.ts";
import { Chance } from "./random.ts";
import { HOST_IDS } from "./specs.ts";
import { type Act, type ActOfOthers, isOfOthers } from "./story.ts";

const ROLES = ["Reader", "Contributor", "No Such Role", "Cosmos DB Built-in Data Reader"];

const POLICY: Policy = {
  installationId: "cluster",
  tenantId: "a0000000-0000-4000-8000-000000000001",
  sharedNamespaces: new Map([["default", { accountNamespace: undefined }]]),
  sharedScopes: [`/subscriptions/${SUBSCRIPTION}`],
  syncIntervalSeconds: 600,
  sweepIntervalSeconds: 300,
  clusterIssuer: "https://issuer.example.com",
  rules: {
    roles: ROLES.map((role) => ({ role, byId: false, scope: `/subscriptions/${SUBSCRIPTION}`, namespaces: undefined })),
    federation: [{ issuer: "cluster", subject: "system:serviceaccount:{namespace}:*", namespaces: undefined }],
  },
};

/** What is otherwise than in most worlds. */
export interface UniverseOptions {
  readonly policy?: Partial<Policy>;
  readonly maxSteps?: number;
  /** What an administrator decided; without it there is only the namespace default. */
  readonly setting?: Setting | undefined;
  /** Azure enforces its quotas, and the operator takes this part of them for its own. */
  readonly quotaShare?: number | undefined;
}

/** A cluster, an Azure, an operator between them, and other people, all of one seed. */
export class Universe {
  readonly clock: WorldClock;
  readonly api: ApiServer;
  readonly azure: WorldAzure;
  readonly others: Others;
  readonly administrators: Administrators;
  readonly trace: string[] = [];
  readonly defects: string[] = [];
  /** Names of objects that once were ObserveOnly: what they held before belongs to nobody since. */
  readonly letGo = new Set<string>();
  /** Names of objects of team that were to be retained: where no credential reaches them any more, they keep our mark. */
  readonly retained = new Set<string>();
  /** Whether an assignment ever was Exclusive: what others attach may go then. */
  wasExclusive = false;
  faults: Faults;
  readonly #chance: Chance;
  readonly #policy: Policy;
  #operator: Operator;
  #twoLeadUntilMs = Number.NEGATIVE_INFINITY;

  constructor(seed: number, faults: Faults, { policy = {}, maxSteps, setting, quotaShare }: UniverseOptions = {}) {
    this.clock = new WorldClock(maxSteps);
    this.api = new ApiServer(this.clock.now);
    this.#chance = new Chance(seed);
    this.#policy = { ...POLICY, ...policy };
    this.faults = faults;
    const say = (line: string): void => this.#say(line);
    this.azure = new WorldAzure({ clock: this.clock, chance: this.#chance, habits: new Chance(seed + 77_777), faults, trace: say, quotaShare });
    this.azure.meanwhile = (write) => this.#meanwhile(write);
    this.others = new Others(this.azure, this.#chance, this.clock);
    this.administrators = new Administrators(setting, { api: this.api, azure: this.azure, now: this.clock.now });
    this.#operator = this.#start();
  }

  /** Whether two operators work, or what they were about to do may still be on its way. */
  get areTwoLeading(): boolean {
    return this.clock.now() < this.#twoLeadUntilMs;
  }

  get operator(): Operator {
    return this.#operator;
  }

  /** Somebody does something. */
  act(act: Act): void {
    this.#say(JSON.stringify(act));
    if (isOfOthers(act)) this.others.act(act);
    else if (isOfAdministrators(act)) this.#decided(act);
    else this.#done(act);
    this.administrators.note();
  }

  #decided(act: ActOfAdministrators): void {
    this.administrators.act(act);
    if (isFlag(act)) this.#done({ do: "restart" });
  }

  #done(act: Exclude<Act, ActOfOthers | ActOfAdministrators>): void {
    switch (act.do) {
      case "apply":
        if (act.spec["managementPolicy"] === "ObserveOnly") this.letGo.add(act.name);
        this.others.rivals.excuse();
        if (act.namespace === "team" && act.spec["deletionPolicy"] === "Retain") this.retained.add(act.name);
        this.wasExclusive ||= act.spec["ownership"] === "Exclusive";
        return this.api.apply(act.kind, act.name, act.spec, act.namespace);
      case "delete":
        this.#deletes(act.key);
        return this.api.delete(act.key);
      case "pause":
        return this.api.annotate(act.key, { "azureidentity.dev/paused": "true" });
      case "resume":
        return this.api.annotate(act.key, {});
      case "ask":
        this.others.rivals.excuse();
        return this.api.annotate(act.key, { "azureidentity.dev/reconcile-requested-at": String(this.clock.now()) });
      case "vanish":
        for (const object of this.api.list().filter(({ metadata }) => metadata.namespace === (act.namespace ?? "default"))) this.#deletes(keysOf([object])[0] ?? "");
        return this.api.vanish(act.namespace ?? "default");
      case "outage":
        this.api.awayUntilMs = this.clock.now() + act.forMs;
        return;
      case "relist":
        return this.#operator.relist();
      case "secondLeader":
        return this.#secondLeader(act.forMs);
      case "restart":
        this.#operator.kill();
        this.#operator = this.#start();
    }
  }

  /** What one operator deletes, another that does not know of it yet may make again: what that leaves is counted, and nobody's. */
  #deletes(key: string): void {
    if (this.areTwoLeading) this.letGo.add(key.split("/").at(-1) ?? "");
  }

  /** Lets so much time pass without anything going wrong, before it goes on as it was. */
  async rest(ms: number): Promise<void> {
    const { faults } = this;
    await this.calm(ms);
    this.faults = faults;
    this.azure.faults = faults;
  }

  /** Lets so much time pass without anything going wrong, and with an operator that runs. */
  async calm(ms: number): Promise<void> {
    this.faults = NO_FAULTS;
    this.azure.faults = NO_FAULTS;
    await this.clock.advance(ms);
  }

  /** Looks at everything again, as on a resync. */
  lookAgain(): void {
    this.#operator.lookAgain();
  }

  /** Forgets what was told and asked so far, which only oracles and people read. */
  forget(): void {
    this.trace.length = 0;
    this.azure.simulator.clearRequests();
    this.api.trim(this.#operator.readUpTo());
  }

  close(): void {
    this.#operator.kill();
  }

  #start(): Operator {
    this.others.rivals.excuse();
    return new Operator({
      clock: this.clock,
      chance: this.#chance,
      api: this.api,
      azure: this.azure,
      policy: this.administrators.policyOver(this.#policy),
      access: this.administrators.access,
      hasAccounts: this.administrators.setting !== undefined,
      faults: () => this.faults,
      trace: (line) => this.#say(line),
      onCrash: () => this.clock.setTimer(2000, () => this.#revive()),
      onDefect: (text) => this.defects.push(text),
    });
  }

  /** Somebody else may have started it meanwhile. */
  #revive(): void {
    if (!this.#operator.isAlive) this.#operator = this.#start();
  }

  /** The old operator does not know yet that it lost its lease. */
  #secondLeader(forMs: number): void {
    const old = this.#operator;
    this.#operator = this.#start();
    this.#twoLeadUntilMs = this.clock.now() + forMs + ON_ITS_WAY_MS;
    this.clock.setTimer(forMs, () => old.kill());
  }

  /** Somebody else edits a host between our GET and our write. What a full map of ours loses by that is counted, and theirs to repeat. */
  #meanwhile({ method, path, body }: Write): () => void {
    const host = Object.keys(HOST_IDS).find((name) => HOST_IDS[name]?.toLowerCase() === path.toLowerCase());
    // Who declares that very identity has recorded it as about to be attached: it is theirs then, whoever was faster.
    const isDeclared = this.api.list().some(({ spec }) => JSON.stringify(spec).includes(FOREIGN));
    if (host === undefined || isDeclared || method === "DELETE" || this.others.foreignOn.has(host)) return () => undefined;
    this.#say(`  somebody attaches an identity to ${host} meanwhile`);
    this.others.attach(host);
    // Without any user-assigned identity the block says None, which is the smallest full map.
    const isNone = isJsonObject(body) && stringAt(objectAt(body, "identity"), "type")?.includes("UserAssigned") !== true;
    return () => {
      const identity = JSON.stringify(this.azure.simulator.portal.get(HOST_IDS[host] ?? "")?.["identity"] ?? {}).toLowerCase();
      if (!isNone && identity.includes(FOREIGN.toLowerCase())) return;
      this.others.gaps += 1;
      this.others.foreignOn.delete(host);
    };
  }

  #say(line: string): void {
    this.trace.push(`${((this.clock.now() - START_MS) / 1000).toFixed(3)} ${line}`);
  }
}

/** How long a request of an operator that was ended may still have its effect. */
const ON_ITS_WAY_MS = 60_000;

const START_MS = Date.UTC(2026, 5, 1, 12);

/** Objects by their keys. */
export function keysOf(objects: readonly KubeObject[]): readonly string[] {
  return objects.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`);
}
