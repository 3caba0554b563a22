import { createHttpHeaders, type HttpClient, type PipelineRequest, type PipelineResponse } from "@azure/core-rest-pipeline";
import type { CredentialSet } from "../../src/azure/credential-set.ts";
import { createAzure } from "../../src/azure/gateway.ts";
import { Governor } from "../../src/azure/governor.ts";
import { TransportError } from "../../src/azure/transport.ts";
import type { AzurePort } from "../../src/reconcile/ports.ts";
import { connectionFailed, wireRequest } from "../azure-client/without-network.ts";
import { type AzureInProcess, azureInProcess, type Settings, type Switches } from "../azure/azure.ts";
import { type Answer, identityThrottled, webError } from "../azure/kernel/errors.ts";
import { broken, gatewayTimeout } from "../azure/kernel/fault-answers.ts";
import { latencyMs } from "../azure/kernel/latencies.ts";
import { kindOf } from "../azure/kernel/quota.ts";
import type { WorldClock } from "./clock.ts";
import { errand } from "./errand.ts";
import type { Faults } from "./faults.ts";
import { APPLICATIONS, type Application, TOKEN, tokenFor } from "./principals.ts";
import type { Chance } from "./random.ts";
import { Traffic } from "./traffic.ts";

const ENDPOINT = "https://arm.world.test";
export const SUBSCRIPTION = "b0000000-0000-4000-8000-000000000001";
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg`;

/** A request to ARM that is about to change something. */
export interface Write {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** Who writes. */
  readonly principalId: string | undefined;
}

/** An operator process, as far as its requests are concerned. */
export interface Process {
  readonly isAlive: () => boolean;
  /** Called where it may end in the middle of its work. */
  readonly mayEnd: () => void;
}

/** Azure refuses what its documented buckets do not allow (arm.md 2.6, 3.6, 4). */
const ENFORCED = { quotas: "enforced", identityRates: "documented", federatedCredentialRates: "documented" } as const;

/** The Azure of a world: the simulator without a network, behind the real gateway. */
export class WorldAzure {
  readonly simulator: AzureInProcess;
  requests = 0;
  /** Writes that were taken; what Azure refuses is tried again from time to time. */
  writes = 0;
  faults: Faults;
  /** Told of each write before it happens, by the process that makes it. */
  beforeWrite: (write: Write) => void = () => undefined;
  /** Somebody else, just before a write of ours; returns what is to be looked at after it. */
  meanwhile: (write: Write) => () => void = () => () => undefined;
  /** What is on its way, and what was told to come back later. */
  readonly traffic: Traffic;
  readonly trace: (line: string) => void;
  readonly #clock: WorldClock;
  readonly #chance: Chance;
  /** The part of Azure's quotas that the operator takes for its own. */
  readonly #quotaShare: number;
  /** Principals by the header that speaks for them. */
  readonly #principals = new Map<string, string>();

  constructor(parts: { readonly clock: WorldClock; readonly chance: Chance; readonly habits: Chance; readonly faults: Faults; readonly trace: (line: string) => void; readonly quotaShare?: number | undefined }) {
    this.#clock = parts.clock;
    this.#chance = parts.chance;
    this.faults = parts.faults;
    this.trace = parts.trace;
    this.simulator = azureInProcess({ clock: parts.clock, endpoint: ENDPOINT, newId: parts.chance.guid, subscriptionIds: [SUBSCRIPTION], switches: { ...habitsOf(parts.habits), ...(parts.quotaShare === undefined ? {} : { emptyPages: false }) }, settings: { ...lagsOf(parts.habits), ...(parts.quotaShare === undefined ? {} : ENFORCED) } });
    this.#quotaShare = parts.quotaShare ?? 1;
    this.traffic = new Traffic(parts.clock.now);
    this.#trust(TOKEN, APPLICATIONS.operator);
    this.simulator.setPermissions(Object.values(APPLICATIONS).map(({ principalId }) => ({ principalId, actions: ["*"], scope: "/" })));
    this.simulator.portal.createResourceGroup(SUBSCRIPTION, "rg", "westeurope");
  }

  /** A new token of an application. */
  readonly issue = (application: Application): string => {
    const token = tokenFor(application, this.#principals.size);
    this.#trust(token, application);
    return token;
  };

  /** Somebody else who signs in as the operator does uses up what Azure allows it. */
  drain(): void {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const spend = (method: string, url: string): void => void this.simulator.answer({ method, url, headers, body: Buffer.alloc(0) });
    for (let sent = 0; sent < 250; sent += 1) {
      spend("GET", `${GROUP}?api-version=2021-04-01`);
      spend("PATCH", `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nobody?api-version=2024-11-30`);
      spend("DELETE", `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nobody?api-version=2024-11-30`);
    }
  }

  #trust(token: string, application: Application): void {
    this.simulator.trust(token, application);
    this.#principals.set(`Bearer ${token}`, application.principalId);
  }

  /** The gateway of one operator process. */
  gateway(process: Process, credentials: CredentialSet): { readonly azure: AzurePort; readonly governor: Governor } {
    const credential = (name: string) => credentials.provider(name);
    const httpClient: HttpClient = { sendRequest: (request) => this.#send(request, process) };
    const governor = new Governor({ clock: this.#clock, share: this.#quotaShare, principalOf: (name) => credentials.principalOf(name) });
    return { governor, azure: createAzure({ endpoint: ENDPOINT, httpClient, credential, clock: this.#clock, governor, userAgent: "azid/world" }) };
  }

  async #send(request: PipelineRequest, { isAlive, mayEnd }: Process): Promise<PipelineResponse> {
    const { method, url } = request;
    await this.#clock.sleep(latencyMs("recorded", kindOf(method), this.#chance.next()));
    const wire = wireRequest(request, ENDPOINT);
    const path = wire.url;
    const isWrite = method !== "GET" && !/\/(?:list|listSecrets)\?/.test(path);
    if (isWrite && this.faults.crash > 0) mayEnd();
    if (!isAlive()) throw gone();
    this.requests += 1;
    const at = errand.getStore();
    this.traffic.ask(at, { method, url: path });
    const fault = this.#fault(isWrite);
    const name = decodeURIComponent(path.split("?")[0] ?? "").replace(/^.*\/providers\//, "");
    if (fault !== "none") this.trace(`    ${method} ${name}: ${fault}`);
    switch (fault) {
      case "unavailable":
        return this.#brokenAnswer(request);
      case "throttled":
        this.traffic.throttled(at, { method, url: path, seconds: 7 });
        return answered(request, throttledAnswer(this.#chance.pick(["arm", "msi", "web"])));
      case "strange404":
        this.traffic.forgets(url);
        return answered(request, { status: 404, headers: { "content-type": "application/json" }, body: JSON.stringify({ error: { code: "SubscriptionNotFound", message: "The subscription could not be found." } }) });
      case "resetBefore":
        throw connectionFailed();
      case "lostAnswer":
      case "none":
        break;
    }
    const text = typeof request.body === "string" ? request.body : "";
    const write = { method, path: path.split("?")[0] ?? "", body: text === "" ? undefined : (JSON.parse(text) as unknown), principalId: this.#principals.get(request.headers.get("authorization") ?? "") };
    if (isWrite) this.beforeWrite(write);
    const landed = isWrite ? this.traffic.writes(at, path) : undefined;
    const callOff = isWrite && this.#chance.happens(this.faults.movedOperation) ? this.#moves({ method, path: write.path }) : undefined;
    const afterwards = isWrite && this.#chance.happens(this.faults.foreignEdit) ? this.meanwhile(write) : undefined;
    const answer = await this.simulator.answer(wire);
    callOff?.();
    if (answer.is === "answer" && answer.status === 429) this.traffic.throttled(at, { method, url: path, seconds: Number(answer.headers["retry-after"] ?? 0) });
    afterwards?.();
    if (isWrite && answer.is === "answer" && answer.status < 300) this.writes += 1;
    if (answer.is !== "answer" || fault === "lostAnswer") {
      landed?.();
      if (answer.is !== "answer" || this.#chance.happens(0.5)) throw connectionFailed();
      return this.#brokenAnswer(request);
    }
    if (isWrite) this.trace(`    ${method} ${name} ${answer.status}`);
    await this.#clock.sleep(5);
    if (isWrite && this.faults.crash > 0) mayEnd();
    landed?.();
    if (!isAlive()) throw gone();
    if (isWrite && answer.is === "answer" && answer.status < 300) this.traffic.took(at, write);
    this.traffic.answered(at, { url, isWrite, answer });
    return answered(request, answer);
  }

  /** Has the operation of a write hand out a new URL at each poll, while the old one goes on working, or is gone. */
  #moves({ method, path }: { readonly method: string; readonly path: string }): () => void {
    const old = this.#chance.pick(["works", "gone"] as const);
    this.trace(`  an operation is going to move, and its old URL ${old === "works" ? "works" : "is gone"}`);
    return this.simulator.intercept((asked) => asked.method === method && asked.path.toLowerCase() === path.toLowerCase(), { do: "move-operation", old });
  }

  /** An error whose body says nothing; half a body is an end of the connection to who reads it. */
  #brokenAnswer(request: PipelineRequest): PipelineResponse {
    const body = this.#chance.pick(["html", "html", "empty", "half", "words"] as const);
    if (body === "half") throw connectionFailed();
    const { status, headers, text } = body === "words" ? gatewayTimeout : broken({ status: this.#chance.pick([500, 502, 503, 504]), body });
    return answered(request, { status, headers: headers ?? {}, body: text ?? JSON.stringify(gatewayTimeout.body) });
  }

  #fault(isWrite: boolean): "none" | "unavailable" | "throttled" | "strange404" | "resetBefore" | "lostAnswer" {
    const { unavailable, throttled, strange404, resetBefore, lostAnswer } = this.faults;
    if (this.#chance.happens(unavailable)) return "unavailable";
    if (this.#chance.happens(throttled)) return "throttled";
    if (this.#chance.happens(strange404)) return "strange404";
    if (this.#chance.happens(resetBefore)) return "resetBefore";
    return isWrite && this.#chance.happens(lostAnswer) ? "lostAnswer" : "none";
  }
}

/** Habits of Azure of which nothing was recorded (arm.md 18): a seed has some, and the operator copes with all. */
function habitsOf(chance: Chance): Partial<Switches> {
  return {
    webPatchIdentity: chance.pick(["merge-keys", "full-map-replaces", "rejected", "ignored"]),
    webPatchNullKey: chance.pick(["removes", "rejected", "ignored"]),
    containerGroupPutWithoutIdentity: chance.pick(["clears", "keeps"]),
    containerGroupDeleteStatus: chance.pick([200, 202]),
    reattachedIdentity: chance.pick(["stays-stale", "refreshes"]),
    vanishedIdentity: chance.pick(["FailedIdentityOperation", "LinkedAuthorizationFailed"]),
    federatedDuplicateStatus: chance.pick([400, 409]),
    roleAssignmentRepeatStatus: chance.pick([200, 201]),
    cosmosUnknownPrincipal: chance.pick(["refused", "failed-operation"]),
    emptyPages: chance.happens(0.5),
  };
}

/** How far Azure's replicas lag behind each other, and how patient its operations ask us to be; most seeds have little of it. */
function lagsOf(chance: Chance): Partial<Settings> {
  return {
    principalReplicationSeconds: chance.pick([0, 0, 15, 60]),
    federatedCredentialDelaySeconds: chance.pick([0, 20]),
    listLagSeconds: chance.pick([0, 0, 3, 20]),
    resourcesLagSeconds: chance.pick([0, 0, 60]),
    operationRetryAfterSeconds: chance.happens(0.5) ? null : chance.pick([3, 25]),
  };
}

/** 429 as ARM, the identity provider and Microsoft.Web say it (arm.md 2.6, 3.6, 6). */
function throttledAnswer(flavour: "arm" | "msi" | "web"): { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const { status, headers, body } = THROTTLED[flavour];
  return { status, headers: { "content-type": "application/json", ...headers, "retry-after": "7" }, body: JSON.stringify(body) };
}

const THROTTLED: Readonly<Record<"arm" | "msi" | "web", Answer>> = {
  arm: { status: 429, body: { error: { code: "SubscriptionRequestsThrottled", message: "Number of requests for the subscription exceeded." } } },
  msi: identityThrottled(7).answer,
  web: webError(429, "429", "Cannot acquire exclusive lock to create, update or delete this site. Retry the request later.", "59206").answer,
};

function answered(request: PipelineRequest, { status, headers, body }: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }): PipelineResponse {
  return { request, status, headers: createHttpHeaders(headers), bodyAsText: body };
}

function gone(): Error {
  return new TransportError("aborted", "RequestAborted", "the process is gone");
}
