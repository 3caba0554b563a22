import { objectAt, stringAt } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Policy } from "../../src/reconcile/ports.ts";
import { ApiServer } from "./api-server.ts";
import { GROUP, SUBSCRIPTION, WorldAzure } from "./azure.ts";
import { WorldClock } from "./clock.ts";
import { type Faults, NO_FAULTS } from "./faults.ts";
import { Operator } from "./operator.ts";
import { Chance } from "./random.ts";
import { type Act, HOST_IDS, identityId } from "./story.ts";

const POLICY: Policy = {
  installationId: "cluster",
  tenantId: "a0000000-0000-4000-8000-000000000001",
  sharedNamespaces: new Set(["default"]),
  sharedScopes: [`/subscriptions/${SUBSCRIPTION}`],
  syncIntervalSeconds: 600,
  clusterIssuer: "https://issuer.example.com",
  rules: {
    roles: ["Reader", "Contributor"].map((role) => ({ role, byId: false, scope: `/subscriptions/${SUBSCRIPTION}`, namespaces: undefined })),
    federation: [{ issuer: "cluster", subject: "system:serviceaccount:{namespace}:*", namespaces: undefined }],
  },
};

/** The identity that somebody else attaches to hosts. */
const FOREIGN = identityId("foreign");

/** A cluster, an Azure, an operator between them, and other people, all of one seed. */
export class Universe {
  readonly clock = new WorldClock();
  readonly api = new ApiServer(this.clock.now);
  readonly azure: WorldAzure;
  readonly trace: string[] = [];
  readonly defects: string[] = [];
  /** Hosts to which somebody else attached their identity. */
  readonly foreignOn = new Set<string>();
  faults: Faults;
  readonly #chance: Chance;
  #operator: Operator;

  constructor(seed: number, faults: Faults) {
    this.#chance = new Chance(seed);
    this.faults = faults;
    const say = (line: string): void => void this.trace.push(`${((this.clock.now() - START_MS) / 1000).toFixed(3)} ${line}`);
    this.azure = new WorldAzure({ clock: this.clock, chance: this.#chance, faults, trace: say });
    const { portal } = this.azure.simulator;
    portal.put(FOREIGN, { location: "westeurope" });
    portal.put(`${GROUP}/providers/Microsoft.Web/serverfarms/plan`, { location: "westeurope", sku: { name: "B1" } });
    portal.put(HOST_IDS["web"] ?? "", { location: "westeurope", properties: { serverFarmId: `${GROUP}/providers/Microsoft.Web/serverfarms/plan` } });
    portal.put(HOST_IDS["vm"] ?? "", { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
    this.#operator = this.#start();
  }

  get isRunning(): boolean {
    return this.#operator.isAlive;
  }

  /** Somebody does something. */
  act(act: Act): void {
    this.#say(JSON.stringify(act));
    const { portal } = this.azure.simulator;
    switch (act.do) {
      case "apply":
        return this.api.apply(act.kind, act.name, act.spec);
      case "delete":
        return this.api.delete(act.key);
      case "pause":
        return this.api.annotate(act.key, { "azureidentity.dev/paused": "true" });
      case "resume":
        return this.api.annotate(act.key, {});
      case "ask":
        return this.api.annotate(act.key, { "azureidentity.dev/reconcile-requested-at": String(this.clock.now()) });
      case "retag":
        if (portal.get(identityId(act.identity)) !== undefined) portal.patch(identityId(act.identity), { tags: { ...(this.#tagsOf(act.identity) as object), team: "nobody" } });
        return;
      case "unmake":
        return portal.delete(identityId(act.identity));
      case "attachForeign":
        return this.#attachForeign(act.host);
      case "detachAll":
        return this.#detachAll(act.host);
      case "restart":
        this.#operator.kill();
        this.#operator = this.#start();
    }
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

  close(): void {
    this.#operator.kill();
  }

  #start(): Operator {
    return new Operator({
      clock: this.clock,
      chance: this.#chance,
      api: this.api,
      azure: this.azure,
      policy: POLICY,
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

  #attachForeign(host: string): void {
    const id = HOST_IDS[host] ?? "";
    const { portal } = this.azure.simulator;
    const body = portal.get(id) ?? {};
    const keys = Object.keys(objectAt(objectAt(body, "identity"), "userAssignedIdentities") ?? {});
    const known = keys.filter((key) => portal.get(key) !== undefined);
    const system = (stringAt(objectAt(body, "identity"), "type") ?? "").includes("SystemAssigned");
    const map = Object.fromEntries([...known, FOREIGN].map((key) => [key, {}]));
    portal.patch(id, { identity: { type: system ? "SystemAssigned, UserAssigned" : "UserAssigned", userAssignedIdentities: map } });
    this.foreignOn.add(host);
  }

  #detachAll(host: string): void {
    this.azure.simulator.portal.patch(HOST_IDS[host] ?? "", { identity: { type: "None" } });
    this.foreignOn.delete(host);
  }

  #tagsOf(identity: string): unknown {
    return this.azure.simulator.portal.get(identityId(identity))?.["tags"] ?? {};
  }

  #say(line: string): void {
    this.trace.push(`${((this.clock.now() - START_MS) / 1000).toFixed(3)} ${line}`);
  }
}

const START_MS = Date.UTC(2026, 5, 1, 12);

/** Objects by their keys. */
export function keysOf(objects: readonly KubeObject[]): readonly string[] {
  return objects.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`);
}
