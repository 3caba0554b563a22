import type { HttpClient, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import { conditionOf, conditionsOf } from "../../src/api/conditions.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { createAzure } from "../../src/azure/gateway.ts";
import { Governor } from "../../src/azure/governor.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { KINDS } from "../../src/kinds/index.ts";
import { KeyedQueue } from "../../src/queue/queue.ts";
import type { UnitKey } from "../../src/reconcile/claim.ts";
import { Engine } from "../../src/reconcile/engine.ts";
import type { Policy } from "../../src/reconcile/ports.ts";
import { askedInProcess } from "../azure-client/without-network.ts";
import { type AzureInProcess, azureInProcess } from "../azure/azure.ts";
import { Cluster } from "../contract/cluster.ts";
import { WorldClock } from "./clock.ts";
import { noTokens } from "../reconcile/never.ts";
import { TOKEN } from "./principals.ts";
import { Chance } from "./random.ts";

const ENDPOINT = "https://arm.quota.test";
const SUBSCRIPTION = "b0000000-0000-4000-8000-000000000001";
const KIND = "UserAssignedIdentity";

/** Regions over which identities are spread. */
export const REGIONS = ["westeurope", "northeurope", "eastus", "westus2", "uksouth"];

/** A request to ARM, and when it was sent. */
export interface SentRequest {
  readonly method: string;
  /** Last segment of its path. */
  readonly name: string;
  readonly atMs: number;
  status: number;
}

/**
 * The real engine, queue, gateway and governor before an Azure with its documented limits and recorded latencies, all in virtual time. The
 * cluster answers at once, so that nothing but Azure takes time.
 */
export class QuotaWorld {
  readonly clock = new WorldClock();
  readonly cluster = new Cluster();
  readonly simulator: AzureInProcess;
  /** Every request to ARM. */
  readonly sent: SentRequest[] = [];
  /** When each object was first Ready for its spec, by name. */
  readonly readyAtMs = new Map<string, number>();
  readonly #engine: Engine;
  readonly #queue: KeyedQueue;

  constructor({ namespaces = ["default"], workers = 64 }: { readonly namespaces?: readonly string[]; readonly workers?: number } = {}) {
    const { now } = this.clock;
    const clock = { now, until: (atMs: number) => this.clock.sleep(Math.max(0, atMs - now())) };
    const chance = new Chance(1);
    this.simulator = azureInProcess({ clock, endpoint: ENDPOINT, newId: chance.guid, subscriptionIds: [SUBSCRIPTION], settings: { quotas: "enforced", identityRates: "documented", federatedCredentialRates: "documented" } });
    this.simulator.intercept(() => true, { do: "latency", of: "recorded" }, { times: Number.MAX_SAFE_INTEGER });
    const operator = { clientId: "c0000000-0000-4000-8000-000000000001", principalId: "d0000000-0000-4000-8000-000000000001" };
    this.simulator.trust(TOKEN, operator);
    this.simulator.grant({ principalId: operator.principalId, actions: ["*"], scope: "/" });
    this.simulator.portal.createResourceGroup(SUBSCRIPTION, "rg", "westeurope");
    this.#engine = this.#engineFor(policyFor(namespaces), chance);
    this.#queue = this.#queueOf(workers, chance);
    this.cluster.watch = (change) => {
      this.#noteReady(change.next);
      this.#engine.onChange(change);
    };
    this.#queue.start();
  }

  /** Declares an identity, or changes its tags. */
  declare(name: string, { region, namespace, tags }: { readonly region: string; readonly namespace?: string; readonly tags?: JsonObject }): void {
    this.readyAtMs.delete(name);
    this.cluster.apply(KIND, name, { subscriptionId: SUBSCRIPTION, resourceGroup: "rg", location: region, ...(tags === undefined ? {} : { tags }) }, namespace);
  }

  /** Lets time pass until so many objects are Ready, at most so long. */
  async untilReady(count: number, withinMs: number): Promise<void> {
    for (let passedMs = 0; this.readyAtMs.size < count && passedMs < withinMs; passedMs += 500) await this.clock.advance(500);
  }

  /** Looks at everything again, as on a resync. */
  lookAgain(): void {
    for (const { unit } of this.#engine.claims()) this.#queue.add(unit, { priority: "resync" });
  }

  /** Seconds of this world from one moment until the last object became Ready. */
  secondsSince(startMs: number): number {
    return (Math.max(...this.readyAtMs.values()) - startMs) / 1000;
  }

  /** How many requests there were by method, and how many of all were refused with 429. */
  counts(): Readonly<Record<string, number>> {
    const byMethod = Map.groupBy(this.sent, ({ method }) => method);
    return { ...Object.fromEntries([...byMethod].map(([method, of]) => [method, of.length])), refused: this.sent.filter(({ status }) => status === 429).length };
  }

  async close(): Promise<void> {
    void this.#queue.drain();
    await this.clock.advance(10_000);
  }

  #engineFor(policy: Policy, chance: Chance): Engine {
    const token = { token: TOKEN, expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
    const credential = () => ({ getToken: () => Promise.resolve(token), renew: () => Promise.resolve(token) });
    const httpClient: HttpClient = { sendRequest: (request) => this.#send(request) };
    const governor = new Governor({ clock: this.clock, share: 1 });
    const azure = createAzure({ endpoint: ENDPOINT, httpClient, credential, clock: this.clock, governor, userAgent: "azid/quota" });
    const silent = () => undefined;
    const log = { debug: silent, info: silent, warn: silent, error: (fields: unknown) => { throw new Error(JSON.stringify(fields)); } };
    const world = { azure, governor, kube: this.cluster, credentials: noTokens, cache: this.cluster, clock: this.clock, random: chance.next, log, policy, digest: (value: string) => value };
    return new Engine({ world, kinds: KINDS, hosts: HOSTS, enqueue: (unit, options) => this.#queue.add(unit, options) });
  }

  #queueOf(concurrency: number, chance: Chance): KeyedQueue {
    return new KeyedQueue({
      concurrency,
      run: (key, context) => this.#engine.run(key as UnitKey, context),
      laneOf: this.#engine.laneOf,
      clock: this.clock,
      random: chance.next,
      deadlineMs: 300_000,
      backoff: { baseMs: 500, maxMs: 60_000 },
    });
  }

  #noteReady(object: KubeObject | undefined): void {
    if (object === undefined || this.readyAtMs.has(object.metadata.name)) return;
    const ready = conditionOf(conditionsOf(object), "Ready");
    if (ready?.status === "True" && ready.observedGeneration === object.metadata.generation) this.readyAtMs.set(object.metadata.name, this.clock.now());
  }

  async #send(request: PipelineRequest): Promise<PipelineResponse> {
    const { method, url } = request;
    const path = url.slice(ENDPOINT.length);
    const sent: SentRequest = { method, name: decodeURIComponent(path.split("?")[0] ?? "").split("/").at(-1) ?? "", atMs: this.clock.now(), status: 0 };
    this.sent.push(sent);
    const answer = await askedInProcess(this.simulator, request);
    sent.status = answer.status;
    return answer;
  }
}

function policyFor(namespaces: readonly string[]): Policy {
  return {
    installationId: "cluster",
    tenantId: "a0000000-0000-4000-8000-000000000001",
    sharedNamespaces: new Map(namespaces.map((namespace) => [namespace, { accountNamespace: undefined }])),
    sharedScopes: [`/subscriptions/${SUBSCRIPTION}`],
    syncIntervalSeconds: 36_000,
    clusterIssuer: undefined,
    rules: { roles: [], federation: [] },
  };
}
