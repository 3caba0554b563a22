import { Entra } from "./entra/entra.ts";
import { fetchedJwks } from "./entra/assertion.ts";
import { Tokens } from "./entra/tokens.ts";
import { Authorization } from "./kernel/authorization.ts";
import type { Permission } from "./kernel/authorization.ts";
import { servingCertificate } from "./kernel/certificates.ts";
import { systemClock } from "./kernel/clock.ts";
import type { Clock } from "./kernel/clock.ts";
import type { Adjustable } from "./kernel/control.ts";
import type { ArmError } from "./kernel/errors.ts";
import { Faults } from "./kernel/faults.ts";
import type { Dose, Fault, IncomingRequest } from "./kernel/faults.ts";
import { serve } from "./kernel/front-door.ts";
import { History } from "./kernel/history.ts";
import type { JsonObject } from "./kernel/json.ts";
import { listen, type WireAnswer, type WireRequest } from "./kernel/listener.ts";
import { Operations } from "./kernel/operations.ts";
import type { OperationSubject } from "./kernel/operations.ts";
import { Directory } from "./kernel/principals.ts";
import type { Principal } from "./kernel/principals.ts";
import { Quota } from "./kernel/quota.ts";
import { Registrations } from "./kernel/registrations.ts";
import { Registry } from "./kernel/registry.ts";
import { RequestLog } from "./kernel/request-log.ts";
import type { RecordedRequest } from "./kernel/request-log.ts";
import { defaultSettings } from "./kernel/settings.ts";
import type { Settings } from "./kernel/settings.ts";
import { Store } from "./kernel/store.ts";
import { defaultSwitches } from "./kernel/switches.ts";
import type { Switches } from "./kernel/switches.ts";
import { TokenBuckets } from "./kernel/token-buckets.ts";
import type { World } from "./kernel/world.ts";
import { portalOf } from "./portal.ts";
import type { Portal } from "./portal.ts";
import { resourceTypes, routes } from "./providers/index.ts";
import { roleGrantsOf } from "./providers/role-grants.ts";

export { AdvancingClock, ManualClock, systemClock } from "./kernel/clock.ts";
export type { Clock } from "./kernel/clock.ts";
export type { ArmError } from "./kernel/errors.ts";
export type { Dose, Fault, IncomingRequest } from "./kernel/faults.ts";
export type { JsonObject, JsonValue } from "./kernel/json.ts";
export type { OperationSubject } from "./kernel/operations.ts";
export type { Permission } from "./kernel/authorization.ts";
export type { Portal } from "./portal.ts";
export type { RecordedRequest } from "./kernel/request-log.ts";
export type { Settings } from "./kernel/settings.ts";
export type { Switches } from "./kernel/switches.ts";
export { defaultSettings } from "./kernel/settings.ts";
export { defaultSwitches } from "./kernel/switches.ts";

/** How a simulated Azure is set up; everything has a default. */
export interface AzureOptions {
  /** Whose time operations, tokens and quotas pass in; default the machine's. */
  readonly clock?: Clock;
  /** Port on 127.0.0.1; default any free one. */
  readonly port?: number;
  readonly tenantId?: string;
  readonly subscriptionIds?: readonly string[];
  /** Who may do what beside what role assignments grant; by default nobody anything. */
  readonly permissions?: readonly Permission[];
  /** How the keys of an issuer are had; default its discovery document. */
  readonly jwksOf?: (issuer: string) => Promise<unknown>;
  readonly switches?: Partial<Switches>;
  /** Delays and limits; see `defaultSettings`. */
  readonly settings?: Partial<Settings>;
  /** Seconds of the clock that writes of a resource type take, by type; see `defaultDurations`. */
  readonly durations?: Readonly<Record<string, number>>;
  /** Items in a page of a list, as the setting. */
  readonly pageSize?: number;
  /** Lifetime of access tokens in seconds; default 86400 for user-assigned identities, 3600 for applications. */
  readonly tokenLifetimeSeconds?: number;
  /** Called with each request once it is answered. */
  readonly onAnswered?: (request: RecordedRequest) => void;
  /** Where ids of principals come from; default random ones. */
  readonly newId?: () => string;
  /** What the chance of faults is drawn from; default 0. */
  readonly seed?: number;
  /** Opens `/simulator/…` to requests that carry it in the header `x-simulator-key`; without it there is no such thing. */
  readonly controlKey?: string;
}

/** Who is registered so that it can log in. */
export interface Registration {
  readonly name: string;
  readonly federated?: { readonly issuer: string; readonly subject: string; readonly audience?: string };
  readonly secret?: string;
}

/** A running simulator of ARM and Entra. */
export interface Azure {
  /** `https://127.0.0.1:PORT`; ARM and Entra answer there. */
  readonly endpoint: string;
  readonly authorityHost: string;
  /** The certificate authority that clients have to trust. */
  readonly caPem: string;
  readonly tenantId: string;
  readonly subscriptionIds: readonly string[];
  readonly clock: Clock;
  /** Every request, in the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  clearRequests(): void;
  setPermissions(permissions: readonly Permission[]): void;
  grant(permission: Permission): void;
  revoke(predicate: (permission: Permission) => boolean): void;
  readonly portal: Portal;
  /** Registers an application that can log in by secret or by federated assertion. */
  registerPrincipal(registration: Registration): { clientId: string; principalId: string };
  /** The next requests that match, one unless said otherwise, meet the fault. Returns how to call it off. */
  intercept(match: (request: IncomingRequest) => boolean, fault: Fault, dose?: number | Dose): () => void;
  /** The next `times` (default 1) operations that match end as failed, with this error. Returns how to call it off. */
  failOperation(match: (subject: OperationSubject) => boolean, error: ArmError, times?: number): () => void;
  /** Changes settings while it runs. */
  adjust(settings: Partial<Settings>): void;
  stop(): Promise<void>;
}

/** Seconds that writes take where nothing else is set; other types say it themselves. Federated credentials are written at once. */
export const defaultDurations: Readonly<Record<string, number>> = {
  "Microsoft.Resources/resourceGroups": 15,
  "Microsoft.ContainerInstance/containerGroups": 30,
  "Microsoft.Compute/virtualMachines": 60,
  "Microsoft.Compute/virtualMachineScaleSets": 60,
};

const TENANT = "a0000000-0000-4000-8000-000000000001";
const SUBSCRIPTION = "b0000000-0000-4000-8000-000000000001";
const TOKEN_AUDIENCE = "api://AzureADTokenExchange";

/** A simulated Azure without a network, for who runs in its process. */
export interface AzureInProcess extends Azure {
  answer(request: WireRequest): Promise<WireAnswer>;
  /** Lets a token speak for a principal. */
  trust(token: string, principal: { readonly clientId: string; readonly principalId: string }): void;
}

/** Starts a simulated Azure. Rejects when the port cannot be had. */
export async function startAzure(options: AzureOptions = {}): Promise<Azure> {
  const site = { endpoint: "" };
  const azure = assembled(options, () => site.endpoint);
  const certificate = servingCertificate(Date.now());
  const listener = await listen(options.port ?? 0, certificate, (request) => azure.answer(request));
  site.endpoint = `https://127.0.0.1:${listener.port}`;
  const place = { endpoint: site.endpoint, authorityHost: site.endpoint, caPem: certificate.caPem };
  return {
    ...azure,
    ...place,
    get requests() {
      return azure.requests;
    },
    stop: () => listener.close(),
  };
}

/** A simulated Azure that is asked by calling {@link AzureInProcess.answer}; the endpoint is only a name. */
export function azureInProcess(options: AzureOptions & { readonly endpoint: string }): AzureInProcess {
  return assembled(options, () => options.endpoint);
}

function assembled(options: AzureOptions, endpoint: () => string): AzureInProcess {
  const { pageSize } = options;
  const settings = { ...defaultSettings, ...(pageSize === undefined ? {} : { pageSize }), ...options.settings };
  const switches = { ...defaultSwitches, ...options.switches };
  const world = worldOf(options, { settings, switches }, endpoint);
  const adjust = (changes: Partial<Settings>): void => void Object.assign(settings, changes);
  const faults = new Faults(options.seed);
  const tokens = new Tokens(world);
  const portal = portalOf(world);
  const door = {
    world,
    tokens,
    entra: entraOf(options, world, tokens),
    faults,
    controls: { key: options.controlKey, faults, clock: world.clock, settings: adjustable(settings), switches: adjustable(switches) },
    log: new RequestLog(options.onAnswered),
    quota: new Quota(world.clock, world.switches),
    edit: (id: string, patch: JsonObject) => void portal.patch(id, patch),
  };
  return {
    endpoint: endpoint(),
    authorityHost: endpoint(),
    caPem: "",
    answer: (request) => serve(door, request),
    trust: (token, principal) => tokens.trust(token, principal),
    tenantId: world.tenantId,
    subscriptionIds: world.subscriptionIds,
    clock: world.clock,
    get requests() {
      return door.log.requests;
    },
    clearRequests: () => door.log.clear(),
    setPermissions: (permissions) => world.authorization.replace(permissions),
    grant: (permission) => world.authorization.grant(permission),
    revoke: (predicate) => world.authorization.revoke(predicate),
    portal,
    registerPrincipal: (registration) => register(world, registration),
    intercept: (match, fault, dose = {}) => {
      const id = door.faults.add(match, fault, typeof dose === "number" ? { times: dose } : dose);
      return () => void door.faults.remove(id);
    },
    adjust,
    failOperation: (match, error, times = 1) => world.operations.failNext(match, error, times),
    stop: () => Promise.resolve(),
  };
}

function adjustable(values: object): Adjustable {
  const initial = { ...values };
  return { values, change: (changes) => void Object.assign(values, changes), restore: () => void Object.assign(values, initial) };
}

function worldOf(options: AzureOptions, behaviour: Pick<World, "settings" | "switches">, endpoint: () => string): World {
  const { settings, switches } = behaviour;
  const clock = options.clock ?? systemClock;
  const durations = lowerKeys({ ...defaultDurations, ...options.durations });
  const store = new Store(() => clock.now());
  const roles = { grantsOf: roleGrantsOf({ store, clock, settings }), wildcardSegment: () => switches.roleWildcardSegment };
  const registry = new Registry(resourceTypes(), routes);
  return {
    clock,
    endpoint,
    tenantId: options.tenantId ?? TENANT,
    subscriptionIds: options.subscriptionIds ?? [SUBSCRIPTION],
    store,
    history: new History(store, clock),
    directory: new Directory(clock, options.newId),
    authorization: new Authorization(options.permissions ?? [], roles),
    operations: new Operations(clock, endpoint, () => settings.operationRetryAfterSeconds),
    registry,
    registrations: new Registrations(settings),
    switches,
    settings,
    userQuotas: new TokenBuckets(clock),
    durationSeconds: (type) => durations[type.toLowerCase()] ?? registry.find(type)?.durationSeconds ?? 0,
  };
}

function lowerKeys(durations: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(durations).map(([type, seconds]) => [type.toLowerCase(), seconds]));
}

function entraOf(options: AzureOptions, world: World, tokens: Tokens): Entra {
  const lifetimes: Readonly<Record<Principal["kind"], number>> = { application: 3600, userAssigned: 86_400, systemAssigned: 86_400 };
  return new Entra({
    clock: world.clock,
    tenantId: world.tenantId,
    endpoint: world.endpoint,
    directory: world.directory,
    tokens,
    jwksOf: options.jwksOf ?? fetchedJwks,
    settings: world.settings,
    tokenLifetimeSeconds: (kind) => options.tokenLifetimeSeconds ?? lifetimes[kind],
  });
}

function register(world: World, registration: Registration): { clientId: string; principalId: string } {
  const { name, federated, secret } = registration;
  const trust = federated && { audience: TOKEN_AUDIENCE, ...federated, writtenAtMs: 0 };
  const { clientId, principalId } = world.directory.mint({ name, kind: "application", ...(secret === undefined ? {} : { secret }), trusts: () => (trust ? [trust] : []) });
  return { clientId, principalId };
}
