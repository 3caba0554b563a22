import type { HttpClient, PipelineResponse } from "@azure/core-rest-pipeline";
import type { ArmId } from "../api/arm-id.ts";
import { armIdParts, armIdType } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import { bodyOf, failureOfThrown, foundOf } from "./answers.ts";
import type { ResourceClient } from "./arm-client.ts";
import { ArmClient } from "./arm-client.ts";
import type { ArmCall, AzureFailure, AzureList, AzureListRequest, AzureRead, AzureRequest, AzureWrite, Clock } from "./contract.ts";
import { AzureError, absentCode, failureOf } from "./errors.ts";
import { GroupLocations } from "./group-locations.ts";
import { listAll } from "./list.ts";
import { LruMap } from "./lru.ts";
import { createMsiClient } from "./msi.ts";
import { startedOperation } from "./operations.ts";
import type { PipelineOptions, TokenProvider } from "./pipeline.ts";
import type { RoleIdentifier } from "./role-definitions.ts";
import { RoleDefinitions } from "./role-definitions.ts";

/** What {@link createAzure} needs. */
export interface AzureOptions {
  /** ARM's endpoint, for example `https://management.azure.com`. */
  readonly endpoint: string;
  /** The audience of tokens; default the endpoint. */
  readonly audience?: string;
  /** The connections to ARM, with their time-out. */
  readonly httpClient: HttpClient;
  /** The credential of a name, or undefined when there is none. */
  readonly credential: (name: string) => TokenProvider | undefined;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly correlationId?: () => string | undefined;
}

/** Azure Resource Manager as the rest of the program sees it: one attempt per call, and no answer is thrown. */
export interface Azure {
  read(id: ArmId, request: AzureRequest): Promise<AzureRead>;
  put(id: ArmId, body: JsonObject, request: AzureRequest): Promise<AzureWrite>;
  patch(id: ArmId, body: JsonObject, request: AzureRequest): Promise<AzureWrite>;
  delete(id: ArmId, request: AzureRequest): Promise<AzureWrite>;
  /** POST of an action that only reads, for example `list` of `<site>/config/appsettings`. */
  readAction(id: ArmId, action: string, request: AzureRequest): Promise<AzureRead>;
  /** POST of an action that changes something, for example `start`. */
  act(id: ArmId, action: string, body: JsonObject, request: AzureRequest): Promise<AzureWrite>;
  /** All items of a collection below a scope or a resource, for example `federatedIdentityCredentials` of an identity. */
  list(parent: ArmId, collection: string, request: AzureListRequest): Promise<AzureList>;
  groupLocation(subscriptionId: string, resourceGroup: string, request: AzureRequest): Promise<AzureRead>;
  /** The definition of a role at a scope, by its name or GUID, remembered for ten minutes. */
  roleDefinition(scope: ArmId, by: RoleIdentifier, request: AzureRequest): Promise<AzureRead>;
}

type MakeClient = (options: PipelineOptions & { endpoint: string; subscriptionId: string; apiVersion: string }) => ResourceClient;

/** Types that go through an SDK client of their own; all others go through the generic client. */
const CLIENT_BY_TYPE: Readonly<Record<string, MakeClient>> = {
  "microsoft.managedidentity/userassignedidentities": createMsiClient,
};

const MAX_CLIENTS = 256;

/** Opens Azure. Throws a TypeError when the endpoint is no https URL. */
export function createAzure(options: AzureOptions): Azure {
  const endpoint = endpointOf(options.endpoint);
  const clients = new Clients({ ...options, endpoint });
  const groups = new GroupLocations(options.clock);
  const source = (credential: string) => ({ client: clients.generic(credential), endpoint, clock: options.clock });
  const roles = new RoleDefinitions(source, options.clock);
  const write = (call: ArmCall, credential: string) => settle(() => writeOnce({ ...options, endpoint }, clients, call, credential));
  const read = (call: ArmCall, credential: string) => settle(() => readOnce(options.clock, clients, call, credential));
  return {
    read: (id, request) => read(callOf("GET", id, request), request.credential),
    put: (id, body, request) => write({ ...callOf("PUT", id, request), body }, request.credential),
    patch: (id, body, request) => write({ ...callOf("PATCH", id, request), body }, request.credential),
    delete: (id, request) => write(callOf("DELETE", id, request), request.credential),
    readAction: (id, action, request) => read({ ...callOf("POST", id, request), action }, request.credential),
    act: (id, action, body, request) => write({ ...callOf("POST", id, request), action, body }, request.credential),
    list: (parent, collection, request) => settle(async () => listAll(source(request.credential), { parent, collection, request })),
    groupLocation: (subscriptionId, resourceGroup, request) =>
      settle(() => groups.read(() => clients.generic(request.credential), { subscriptionId, resourceGroup, credential: request.credential })),
    roleDefinition: (scope, by, { credential }) => settle(() => roles.read({ scope, by, credential })),
  };
}

function endpointOf(text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== "https:") {
    throw new TypeError("cannot use the endpoint of Azure Resource Manager: it must be an https URL");
  }
  return text.replace(/\/+$/, "");
}

function callOf(method: ArmCall["method"], id: ArmId, request: AzureRequest): ArmCall {
  const { apiVersion, signal, ifMatch, query } = request;
  return { method, id, apiVersion, signal, ...(ifMatch === undefined ? {} : { ifMatch }), ...(query === undefined ? {} : { query }) };
}

async function settle<Answer>(ask: () => Promise<Answer>): Promise<Answer | { readonly is: "failed"; readonly failure: AzureFailure }> {
  try {
    return await ask();
  } catch (error) {
    return { is: "failed", failure: failureOfThrown(error) };
  }
}

async function readOnce(clock: Clock, clients: Clients, call: ArmCall, credential: string): Promise<AzureRead> {
  const answer = await clients.of(call, credential).send(call);
  return isSuccess(answer) ? foundOf(answer) : refusedOf(answer, call, clock);
}

async function writeOnce(options: AzureOptions, clients: Clients, call: ArmCall, credential: string): Promise<AzureWrite> {
  const answer = await clients.of(call, credential).send(call);
  if (!isSuccess(answer)) return refusedOf(answer, call, options.clock);
  const generic = clients.generic(credential);
  const context = { id: call.id, endpoint: options.endpoint, clock: options.clock, get: pollBy(generic) };
  const resource = { url: generic.urlOf(call.id, { "api-version": call.apiVersion }), deleting: call.method === "DELETE" };
  const started = startedOperation(context, answer, resource);
  if (started !== undefined) return started;
  const body = bodyOf(answer);
  return { is: "done", status: answer.status, ...(body === undefined ? {} : { body }) };
}

function pollBy(client: ArmClient) {
  return async (url: string, signal: AbortSignal): Promise<PipelineResponse> => {
    try {
      return await client.request({ method: "GET", url, signal });
    } catch (error) {
      throw new AzureError(failureOfThrown(error));
    }
  };
}

type Refused = Extract<AzureRead, { is: "absent" | "failed" }>;

function refusedOf(answer: PipelineResponse, call: ArmCall, clock: Clock): Refused {
  const code = absentCode(answer, call.method, call.id);
  return code === undefined ? { is: "failed", failure: failureOf(answer, clock.now()) } : { is: "absent", code };
}

function isSuccess(answer: PipelineResponse): boolean {
  return answer.status >= 200 && answer.status < 300;
}

/** The clients by credential, and those of an SDK by subscription and version too. */
class Clients {
  readonly #options: AzureOptions;
  readonly #generic = new LruMap<ArmClient>(MAX_CLIENTS);
  readonly #ofTypes = new LruMap<ResourceClient>(MAX_CLIENTS);

  constructor(options: AzureOptions) {
    this.#options = options;
  }

  of(call: ArmCall, credential: string): ResourceClient {
    const type = armIdType(call.id);
    const make = CLIENT_BY_TYPE[type];
    if (make === undefined || call.method === "POST") return this.generic(credential);
    const { subscriptionId } = armIdParts(call.id);
    const { apiVersion } = call;
    return this.#ofTypes.obtain([type, credential, subscriptionId, apiVersion].join(" "), () =>
      make({ ...this.#pipelineOf(credential), endpoint: this.#options.endpoint, subscriptionId, apiVersion }),
    );
  }

  generic(credential: string): ArmClient {
    return this.#generic.obtain(credential, () => new ArmClient(this.#options.endpoint, this.#pipelineOf(credential)));
  }

  #pipelineOf(name: string): PipelineOptions {
    const { audience, endpoint, httpClient, userAgent, correlationId } = this.#options;
    const credential = this.#options.credential(name);
    if (credential === undefined) throw new AzureError(unknownCredential(name));
    const scope = `${(audience ?? endpoint).replace(/\/+$/, "")}/.default`;
    return { credential, scope, httpClient, userAgent, ...(correlationId === undefined ? {} : { correlationId }) };
  }
}

function unknownCredential(name: string): AzureFailure {
  return { class: "credential", code: "CredentialUnknown", message: `the operator has no credential named ${name}` };
}
