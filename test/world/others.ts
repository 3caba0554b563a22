import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { TimerClock } from "../../src/queue/clock.ts";
import { Refusal } from "../azure/kernel/errors.ts";
import { GROUP, SUBSCRIPTION, type WorldAzure } from "./azure.ts";
import type { Chance } from "./random.ts";
import { Rivals } from "./rivals.ts";
import { HOST_IDS, identityId } from "./specs.ts";
import type { ActOfOthers } from "./story.ts";

/** The identity that somebody else attaches to hosts. */
export const FOREIGN = identityId("foreign");

const OWNER_TAG = "azureidentity.dev-owner";
const READER = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
const PLAN = `${GROUP}/providers/Microsoft.Web/serverfarms/plan`;

const HOST_BODIES: Readonly<Record<string, JsonObject>> = {
  web: { location: "westeurope", properties: { serverFarmId: PLAN } },
  vm: { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } },
  cosmos: { location: "westeurope", properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] } },
};

/** Everybody in Azure but the operator: what they make, change and remove, and what of it must stay. */
export class Others {
  /** Hosts to which they attached their identity. */
  readonly foreignOn = new Set<string>();
  /** Grants that they made, by their ids in lower case. */
  readonly grants = new Set<string>();
  /** System-assigned identities that they switched on, by host id in lower case: whoever did not may not switch them off. */
  readonly systemOn = new Map<string, string>();
  /** Federated credentials that they made, by id in lower case, and when. */
  readonly credentials = new Map<string, number>();
  /** When they attached their identity to a host last, by host id in lower case. */
  readonly attachedAtMs = new Map<string, number>();
  /** When they made an identity of a name that our objects use, in milliseconds since the epoch. */
  readonly squattedAtMs = new Map<string, number>();
  /** Additions of theirs that a full map of ours lost, for it was made before they came (the gap that DESIGN 2 admits). */
  gaps = 0;
  /** Those who change things back. */
  readonly rivals: Rivals;
  readonly #azure: WorldAzure;
  readonly #chance: Chance;
  readonly #now: () => number;
  #callOff: () => void = () => undefined;
  #awaited: () => void = () => undefined;
  readonly #deaf = new Map<string, () => void>();

  constructor(azure: WorldAzure, chance: Chance, clock: TimerClock) {
    this.#azure = azure;
    this.#chance = chance;
    this.#now = () => clock.now();
    this.rivals = new Rivals(clock, chance);
    const { portal } = azure.simulator;
    portal.put(FOREIGN, { location: "westeurope" });
    portal.put(PLAN, { location: "westeurope", sku: { name: "B1" } });
    for (const [host, body] of Object.entries(HOST_BODIES)) portal.put(HOST_IDS[host] ?? "", body);
  }

  /**
   * Hosts, by id in lower case, that ever took a write without effect and answered as if it had one: of what was attached such an
   * answer is believed (DESIGN 2) until the next look.
   */
  readonly wereDeaf = new Set<string>();

  /** Whether a host is deaf: what is declared there is tried again from time to time. */
  get isAnyDeaf(): boolean {
    return this.#deaf.size > 0;
  }

  /** They do something, unless Azure refuses it as it would refuse ours: a host that is busy takes nothing of anybody. */
  act(act: ActOfOthers): void {
    unlessBusy(() => this.#do(act));
  }

  #do(act: ActOfOthers): void {
    const { portal } = this.#azure.simulator;
    switch (act.do) {
      case "retag":
        return void this.#retag(act.identity);
      case "unmake":
        portal.delete(identityId(act.identity));
        return;
      case "squat":
        this.#squat(act.identity, {});
        return;
      case "squatMarked":
        this.#squat(act.identity, { [OWNER_TAG]: "another/default/owner" });
        return;
      case "squatCredential":
        this.#squatCredential(act.identity);
        return;
      case "raceCredential":
        this.#raceCredential(act.identity);
        return;
      case "switchOn":
        this.#switchOn(act.host);
        return;
      case "grantForeign":
        this.#grant(act.identity);
        return;
      case "attachForeign":
        this.attach(act.host);
        return;
      case "detachAll":
        if (this.#has(act.host)) this.#identify(act.host, { type: "None" });
        this.foreignOn.delete(act.host);
        return;
      case "unmakeHost":
        portal.delete(HOST_IDS[act.host] ?? "");
        this.foreignOn.delete(act.host);
        return;
      case "makeHost":
        if (!this.#has(act.host)) portal.put(HOST_IDS[act.host] ?? "", HOST_BODIES[act.host] ?? {});
        return;
      case "deafen":
        this.#deafen(act.host);
        return;
      case "heed":
        this.#heed(act.host);
        return;
      case "rival":
        return this.rivals.begin(`the tag of ${act.identity}`, () => this.#retag(act.identity));
      case "rivalOn":
        return this.rivals.begin(`the host ${act.host}`, () => this.#clear(act.host));
      case "drain":
        this.#azure.drain();
        return;
      case "failOperation":
        this.#callOff();
        this.#callOff = this.#azure.simulator.failOperation(() => true, { code: "InternalServerError", message: "the operation failed" });
        return;
    }
  }

  /** Returns whether the tag was another one. */
  #retag(identity: string): boolean {
    const { portal } = this.#azure.simulator;
    const tags = objectAt(portal.get(identityId(identity)), "tags");
    if (tags === undefined || (tags["team"] === "nobody" && tags["note"] === "theirs")) return false;
    portal.patch(identityId(identity), { tags: { ...tags, team: "nobody", note: "theirs" } });
    return true;
  }

  /** Leaves nothing on a host but what is theirs; returns whether there was anything else. */
  #clear(host: string): boolean {
    const map = objectAt(objectAt(this.#azure.simulator.portal.get(HOST_IDS[host] ?? ""), "identity"), "userAssignedIdentities") ?? {};
    const isTheirs = (key: string): boolean => key.toLowerCase() === FOREIGN.toLowerCase();
    const [ours, theirs] = [Object.keys(map).filter((key) => !isTheirs(key)), Object.keys(map).filter(isTheirs)];
    if (ours.length === 0) return false;
    if (theirs.length === 0) return !isRefused(() => this.#identify(host, { type: "None" }));
    // What a PATCH does not name stays.
    const taken = host === "web" ? [] : ours.map((key) => [key, null] as const);
    const userAssignedIdentities = Object.fromEntries([...theirs.map((key) => [key, {}] as const), ...taken]);
    return !isRefused(() => this.#identify(host, { type: "UserAssigned", userAssignedIdentities }));
  }

  /** Every host heeds what is written to it, and no operation is going to fail. */
  relent(): void {
    this.#callOff();
    this.#awaited();
    this.rivals.relent();
    for (const host of this.#deaf.keys()) this.#heed(host);
  }

  /** Attaches their identity to a host, and leaves what is there. */
  attach(host: string): void {
    unlessBusy(() => this.#attach(host));
  }

  #attach(host: string): void {
    if (!this.#has(host)) return;
    const id = HOST_IDS[host] ?? "";
    const { portal } = this.#azure.simulator;
    const identity = objectAt(portal.get(id), "identity");
    const known = Object.keys(objectAt(identity, "userAssignedIdentities") ?? {}).filter((key) => portal.get(key) !== undefined);
    const system = (stringAt(identity, "type") ?? "").includes("SystemAssigned");
    if (known.some((key) => key.toLowerCase() === FOREIGN.toLowerCase())) return;
    const map = Object.fromEntries([...known, FOREIGN].map((key) => [key, {}]));
    this.#identify(host, { type: system ? "SystemAssigned, UserAssigned" : "UserAssigned", userAssignedIdentities: map });
    this.attachedAtMs.set(id.toLowerCase(), this.#now());
    // An operation of theirs may fail like one of ours.
    if (JSON.stringify(portal.get(id)).toLowerCase().includes(FOREIGN.toLowerCase())) this.foreignOn.add(host);
  }

  /** Their tools write sites by PUT: what PATCH does there is a habit of the seed. */
  #identify(host: string, identity: JsonObject): void {
    const id = HOST_IDS[host] ?? "";
    const { portal } = this.#azure.simulator;
    if (host === "web") portal.put(id, { ...HOST_BODIES[host], identity });
    else portal.patch(id, { identity });
  }

  #has(host: string): boolean {
    return this.#azure.simulator.portal.get(HOST_IDS[host] ?? "") !== undefined;
  }

  #squat(identity: string, mark: JsonObject): void {
    const { portal } = this.#azure.simulator;
    portal.delete(identityId(identity));
    portal.put(identityId(identity), { location: "westeurope", tags: { team: "strangers", ...mark } });
    this.squattedAtMs.set(identity, this.#now());
  }

  #grant(identity: string): void {
    const { portal } = this.#azure.simulator;
    const principalId = stringAt(objectAt(portal.get(identityId(identity)), "properties"), "principalId");
    const id = `${GROUP}/providers/Microsoft.Authorization/roleAssignments/${this.#chance.guid()}`;
    const isThere = portal.list("Microsoft.Authorization/roleAssignments").some((body) => stringAt(objectAt(body, "properties"), "principalId") === principalId);
    if (principalId === undefined || isThere) return;
    portal.put(id, { properties: { principalId, roleDefinitionId: READER, principalType: "ServicePrincipal" } });
    this.grants.add(id.toLowerCase());
  }

  /** Under the name of one of our objects, for somebody else. */
  #squatCredential(identity: string): void {
    const { portal } = this.#azure.simulator;
    const id = `${identityId(identity)}/federatedIdentityCredentials/fic`;
    if (portal.get(identityId(identity)) === undefined || portal.get(id) !== undefined) return;
    portal.put(id, { properties: { issuer: "https://issuer.example.com", subject: "system:serviceaccount:strangers:theirs", audiences: ["api://AzureADTokenExchange"] } });
    this.credentials.set(id.toLowerCase(), this.#now());
  }

  /** The next one of ours is told to come later, and theirs is there first. */
  #raceCredential(identity: string): void {
    const path = `${identityId(identity)}/federatedIdentityCredentials/fic`.toLowerCase();
    const isOurs = (request: { readonly method: string; readonly path: string }): boolean => {
      const isMet = request.method === "PUT" && request.path.toLowerCase() === path;
      if (isMet) this.#squatCredential(identity);
      return isMet;
    };
    this.#awaited();
    this.#awaited = this.#azure.simulator.intercept(isOurs, { do: "throttle", retryAfterSeconds: 20 });
  }

  #switchOn(host: string): void {
    const { portal } = this.#azure.simulator;
    const id = HOST_IDS[host] ?? "";
    const identity = objectAt(portal.get(id), "identity");
    if (!this.#has(host) || (stringAt(identity, "type") ?? "").includes("SystemAssigned")) return;
    const map = objectAt(identity, "userAssignedIdentities") ?? {};
    const known = Object.keys(map).filter((key) => portal.get(key) !== undefined);
    const users = Object.fromEntries(known.map((key) => [key, {}]));
    this.#identify(host, known.length === 0 ? { type: "SystemAssigned" } : { type: "SystemAssigned, UserAssigned", userAssignedIdentities: users });
    const principalId = stringAt(objectAt(portal.get(id), "identity"), "principalId");
    if (principalId !== undefined) this.systemOn.set(id.toLowerCase(), principalId);
  }

  #deafen(host: string): void {
    if (this.#deaf.has(host)) return;
    const path = (HOST_IDS[host] ?? "").toLowerCase();
    this.wereDeaf.add(path);
    const isWrite = (request: { readonly method: string; readonly path: string }) => ["PUT", "PATCH"].includes(request.method) && request.path.toLowerCase() === path;
    this.#deaf.set(host, this.#azure.simulator.intercept(isWrite, { do: "ignore" }, Number.MAX_SAFE_INTEGER));
  }

  #heed(host: string): void {
    this.#deaf.get(host)?.();
    this.#deaf.delete(host);
  }
}

/** What Azure refuses because something is busy, has not happened. */
function unlessBusy(work: () => void): void {
  isRefused(work);
}

/** Whether Azure refused something because something is busy. */
function isRefused(work: () => void): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (!(error instanceof Refusal) || ![409, 412].includes(error.answer.status)) throw error;
    return true;
  }
}
