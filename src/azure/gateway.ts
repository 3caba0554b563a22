import type { PipelineResponse } from "@azure/core-rest-pipeline";
import type { ArmId } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import { bodyOf, failureOfThrown, foundOf } from "./answers.ts";
import { guardCleanup } from "./cleanup-guard.ts";
import type { ClientCall, ClientsOptions } from "./clients.ts";
import { Clients } from "./clients.ts";
import type { ArmCall, AzureFailure, AzureList, AzureListRequest, AzurePage, AzurePageRequest, AzureRead, AzureRequest, AzureWrite, Clock } from "./contract.ts";
import { AzureError, absentCode, failureOf } from "./errors.ts";
import { onBehalfOf, type Sender } from "./governor-policy.ts";
import { GroupLocations } from "./group-locations.ts";
import { listAll, listPage } from "./list.ts";
import { startedOperation } from "./operations.ts";
import { secretsIn, withoutSecrets } from "./sent-secrets.ts";
import type { RoleIdentifier } from "./role-definitions.ts";
import { RoleDefinitions } from "./role-definitions.ts";

/** What {@link createAzure} needs. */
export type AzureOptions = ClientsOptions;

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
  /** One page of a collection, so that a long one is never in memory as a whole. */
  page(parent: ArmId, collection: string, request: AzurePageRequest): Promise<AzurePage>;
  groupLocation(subscriptionId: string, resourceGroup: string, request: AzureRequest): Promise<AzureRead>;
  /** The definition of a role at a scope, by its name or GUID, remembered for ten minutes. */
  roleDefinition(scope: ArmId, by: RoleIdentifier, request: AzureRequest): Promise<AzureRead>;
}

/** Opens Azure. Throws a TypeError when the endpoint is no https URL. */
export function createAzure(options: AzureOptions): Azure {
  const endpoint = endpointOf(options.endpoint);
  const clients = new Clients({ ...options, endpoint });
  const groups = new GroupLocations(options.clock);
  const source = (credential: string) => ({ client: clients.generic(credential), endpoint, clock: options.clock });
  const roles = new RoleDefinitions(source, options.clock);
  const read = (call: GatewayCall) => settle(call, () => readOnce(options.clock, clients, call));
  const write = (call: GatewayCall) => settle(call, () => writeOnce({ ...options, endpoint }, clients, call));
  return guardCleanup({
    read: (id, request) => read(callOf("GET", id, request)),
    put: (id, body, request) => write({ ...callOf("PUT", id, request), body }),
    patch: (id, body, request) => write({ ...callOf("PATCH", id, request), body }),
    delete: (id, request) => write(callOf("DELETE", id, request)),
    readAction: (id, action, request) => read({ ...callOf("POST", id, request), action }),
    act: (id, action, body, request) => write({ ...callOf("POST", id, request), action, body }),
    list: (parent, collection, request) => settle(request, async () => listAll(source(request.credential), { parent, collection, request })),
    page: (parent, collection, request) => settle(request, async () => listPage(source(request.credential), { parent, collection, request })),
    groupLocation: (subscriptionId, resourceGroup, request) =>
      settle(request, () => groups.read(() => clients.generic(request.credential), { subscriptionId, resourceGroup, credential: request.credential })),
    roleDefinition: (scope, by, request) => settle(request, () => roles.read({ scope, by, credential: request.credential })),
  });
}

function endpointOf(text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== "https:") {
    throw new TypeError("cannot use the endpoint of Azure Resource Manager: it must be an https URL");
  }
  return text.replace(/\/+$/, "");
}

type GatewayCall = ClientCall & Sender;

function callOf(method: ArmCall["method"], id: ArmId, request: AzureRequest): GatewayCall {
  const { apiVersion, credential, signal, ifMatch, typed = false, query, unit, region } = request;
  const optional = { ...(ifMatch === undefined ? {} : { ifMatch }), ...(query === undefined ? {} : { query }) };
  return { method, id, apiVersion, credential, signal, typed, unit, region, ...optional };
}

async function settle<Answer>(sender: Sender, ask: () => Promise<Answer>): Promise<Answer | { readonly is: "failed"; readonly failure: AzureFailure }> {
  try {
    return await onBehalfOf(sender, ask);
  } catch (error) {
    return { is: "failed", failure: failureOfThrown(error) };
  }
}

async function readOnce(clock: Clock, clients: Clients, call: ClientCall): Promise<AzureRead> {
  const { answer } = await clients.send(call);
  return isSuccess(answer) ? foundOf(answer) : refusedOf(answer, call, clock);
}

async function writeOnce(options: AzureOptions, clients: Clients, call: GatewayCall): Promise<AzureWrite> {
  const { answer, ask } = await clients.send(call);
  const conceal = concealing(secretsIn(call.id, call.body));
  if (!isSuccess(answer)) return refusedOf(conceal(answer), call, options.clock);
  const generic = clients.generic(call.credential);
  const poll = asking(call, ask ?? ((url, signal) => generic.request({ method: "GET", url, signal })));
  const get: Ask = async (url, signal) => conceal(await poll(url, signal));
  const context = { id: call.id, endpoint: options.endpoint, clock: options.clock, get };
  const resource = { url: generic.urlOf(call.id, { "api-version": call.apiVersion }), deleting: call.method === "DELETE" };
  const started = startedOperation(context, answer, resource);
  if (started !== undefined) return started;
  const body = bodyOf(answer);
  return { is: "done", status: answer.status, ...(body === undefined ? {} : { body }) };
}

/** Answers without what was sent and is to stay hidden. */
function concealing(secrets: readonly string[]): <Given extends PipelineResponse | undefined>(answer: Given) => Given {
  return (answer) => (answer?.bodyAsText ? { ...answer, bodyAsText: withoutSecrets(answer.bodyAsText, secrets) } : answer);
}

type Ask = (url: string, signal: AbortSignal) => Promise<PipelineResponse | undefined>;

/** Asks, and throws nothing but an {@link AzureError} where there is no answer. */
function asking(sender: Sender, ask: Ask): Ask {
  return async (url, signal) => {
    try {
      return await onBehalfOf(sender, () => ask(url, signal));
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
