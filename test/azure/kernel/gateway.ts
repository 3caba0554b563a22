import { textOf } from "./arm-id.ts";
import type { Answer } from "./errors.ts";
import { gatewayError, Refusal } from "./errors.ts";
import { isObject } from "./json.ts";
import type { JsonValue } from "./json.ts";
import { checkApiVersion, checkBody, checkGroup, checkLocation, checkName, checkParent, checkRegistered, checkScope, notFound } from "./gateway-checks.ts";
import { checkLinkedIdentities, checkLinkedScopes } from "./linked-identities.ts";
import { listing } from "./listing.ts";
import { checkLocks } from "./locks.ts";
import { checkPolicies } from "./policies.ts";
import type { Call, Caller, ResourceType } from "./resource-type.ts";
import { viewOf } from "./resource-type.ts";
import { actionOf, subscriptionOf } from "./target.ts";
import type { Target } from "./target.ts";
import type { World } from "./world.ts";

/** A request to ARM whose path has been read. */
export interface ArmRequest {
  readonly method: string;
  readonly path: string;
  /** Path and query as sent; polling URLs are known by it. */
  readonly url: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined when there is none; the symbol when it is not JSON. */
  readonly body: JsonValue | undefined | typeof notJson;
  readonly target: Target;
}

/** Stands for a body that is not JSON. */
export const notJson = Symbol("not JSON");

/** What is a polling URL by its looks; those that were handed out are known before it is asked for. */
const ANY_POLL = /\/(operations|operationresults|locations\/[^/]+\/.+)\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\/.*)?$/i;

/**
 * What ARM does with a request, in the order of arm.md 2.5: token, api-version present, subscription, authorization, locks and
 * policies, resource group, provider, type, api-version, location, parent, name and body, linked authorization, provider.
 * That a body is JSON at all has to come before its location.
 */
export async function gateway(world: World, request: ArmRequest, authenticate: () => Promise<Caller>): Promise<Answer> {
  try {
    const caller = await authenticate();
    return await dispatch(world, request, caller);
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

async function dispatch(world: World, request: ArmRequest, caller: Caller): Promise<Answer> {
  const apiVersion = request.query.get("api-version");
  if (apiVersion === null || apiVersion === "") {
    throw gatewayError(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.");
  }
  const { target } = request;
  checkSubscription(world, target);
  const poll = world.operations.poll(request.url);
  if (poll) {
    checkPollAllowed(world, caller, poll.action, subscriptionOf(target) ?? "");
    return poll.answer();
  }
  checkAuthorized(world, request, caller);
  if (world.switches.locksAndPolicies === "before-existence") checkLocksAndPolicies(world, request, caller);
  if (ANY_POLL.test(request.path)) throw gatewayError(400, "InvalidOperationUrl", "The URL of the operation is not one that was handed out.");
  return answerTarget(world, { ...request, apiVersion, caller });
}

/** What may forbid the request although the caller is allowed it. */
function checkLocksAndPolicies(world: World, request: ArmRequest, caller: Caller): void {
  const { target } = request;
  if (target.is === "resource" || target.is === "action" || target.is === "collection") checkLocks(world, request, scopeOf(target));
  checkPolicies(world, request, caller);
}

type Authorized = ArmRequest & { readonly apiVersion: string; readonly caller: Caller };

async function answerTarget(world: World, request: Authorized): Promise<Answer> {
  const { target } = request;
  switch (target.is) {
    case "route":
      return answerRoute(world, request, target);
    case "collection":
      return answerCollection(world, request, target);
    case "resource":
      return answerResource(world, request, target.id, target.type);
    case "action":
      return answerAction(world, request, target);
    case "nothing":
      throw gatewayError(404, "MissingSubscription", "The request did not have a subscription or a valid tenant level resource provider.");
  }
}

function answerRoute(world: World, request: Authorized, { route, parameters }: Extract<Target, { is: "route" }>): Answer {
  checkApiVersion(route, request.apiVersion);
  if (request.method !== route.method) throw methodNotAllowed(request.method);
  const group = parameters["group"];
  if (group !== undefined) checkGroup(world, { subscriptionId: parameters["subscriptionId"] ?? "", resourceGroup: group, namespace: "" }, request.method);
  const body = request.body === notJson ? undefined : request.body;
  return route.answer({ ...request, world, parameters, body });
}

async function answerCollection(world: World, request: Authorized, target: Extract<Target, { is: "collection" }>): Promise<Answer> {
  const { path } = target;
  checkGroup(world, path, request.method);
  const type = checkRegistered(world, path, target.typeName, target.type);
  checkApiVersion(type, request.apiVersion);
  if (request.method !== "GET") throw methodNotAllowed(request.method);
  return listing(world, type, path, request);
}

async function answerResource(world: World, request: Authorized, id: Call["id"], registered: ResourceType | undefined): Promise<Answer> {
  checkGroup(world, id, request.method);
  const type = checkRegistered(world, id, [id.namespace, ...id.types].join("/"), registered);
  checkApiVersion(type, request.apiVersion);
  if (world.switches.locksAndPolicies === "after-existence") checkLocksAndPolicies(world, request, request.caller);
  const call = callOf(world, request, { id, type });
  switch (request.method) {
    case "GET":
      return read(call);
    case "HEAD":
      return { status: call.existing ? 204 : 404 };
    case "PUT":
      return write(call, request, type.put);
    case "PATCH":
      if (!call.existing && !type.virtual) throw notFound(call);
      return write(call, request, type.patch);
    case "DELETE":
      checkParent(call, "delete");
      if (!type.delete) throw methodNotAllowed("DELETE");
      type.admit?.({ world, kind: "write", id: call.id });
      return type.delete(call);
    default:
      throw methodNotAllowed(request.method);
  }
}

function read(call: Call): Answer | Promise<Answer> {
  const { type, existing } = call;
  if (type.virtual) checkParent(call, "read");
  type.admit?.({ world: call.world, kind: "get", id: call.id });
  if (type.get) return type.get(call);
  if (!existing) throw notFound(call);
  return { status: 200, headers: type.headers?.(existing) ?? {}, body: type.show(existing, viewOf(call, "get")) };
}

function write(call: Call, request: Authorized, handler: ResourceType["put"]): Answer | Promise<Answer> {
  if (!handler) throw methodNotAllowed(request.method);
  checkBody(request.body);
  if (request.method === "PUT") checkLocation(call);
  checkParent(call, "write");
  if (request.method === "PUT") checkScope(call);
  if (request.method === "PUT") checkName(call);
  const rules = call.type.identity?.(call.world);
  if (rules && (request.method === "PUT" || rules.patch !== "unsupported")) checkLinkedIdentities(call, rules);
  checkLinkedScopes(call);
  call.type.admit?.({ world: call.world, kind: "write", id: call.id });
  return handler(call);
}

async function answerAction(world: World, request: Authorized, target: Extract<Target, { is: "action" }>): Promise<Answer> {
  checkGroup(world, target.id, request.method);
  const type = checkRegistered(world, target.id, [target.id.namespace, ...target.id.types].join("/"), target.type);
  checkApiVersion(type, request.apiVersion);
  const handler = type.actions?.[target.name.toLowerCase()];
  if (!handler) throw gatewayError(404, "NotFound", `No action '${target.name}' is known on '${type.type}'.`);
  const call = callOf(world, request, { id: target.id, type });
  if (type.virtual) checkParent(call, "action");
  else if (!call.existing) throw notFound(call);
  if (world.switches.locksAndPolicies === "after-existence") checkLocksAndPolicies(world, request, request.caller);
  return handler(call);
}

function callOf(world: World, request: Authorized, about: Pick<Call, "id" | "type">): Call {
  const existing = world.store.get(about.id);
  return {
    world,
    type: about.type,
    method: request.method,
    id: existing?.id ?? about.id,
    existing,
    body: isObject(request.body) ? request.body : {},
    query: request.query,
    headers: request.headers,
    apiVersion: request.apiVersion,
    caller: request.caller,
  };
}

function methodNotAllowed(method: string): Refusal {
  return gatewayError(405, "MethodNotAllowed", `The request method '${method}' is not allowed on the resource.`);
}

function checkSubscription(world: World, target: Target): void {
  const subscriptionId = subscriptionOf(target);
  if (subscriptionId === undefined || world.subscriptionIds.some((id) => id.toLowerCase() === subscriptionId.toLowerCase())) return;
  throw gatewayError(404, "SubscriptionNotFound", `The subscription '${subscriptionId}' could not be found.`);
}

function checkAuthorized(world: World, request: ArmRequest, caller: Caller): void {
  const { target } = request;
  if (target.is === "nothing" || (target.is === "route" && !target.route.action)) return;
  const action = actionOf(request.method, target);
  const scope = scopeOf(target);
  if (!world.authorization.allows(caller.principalId, [action], scope)) throw authorizationFailed(caller, action, scope);
}

/** Polling is allowed to whoever holds the action anywhere in the subscription, because the URL itself is signed. */
function checkPollAllowed(world: World, caller: Caller, action: string, subscriptionId: string): void {
  const scope = `/subscriptions/${subscriptionId}`;
  if (!world.authorization.allowsSomewhere(caller.principalId, [action], scope)) throw authorizationFailed(caller, action, scope);
}

function scopeOf(target: Exclude<Target, { is: "nothing" }>): string {
  switch (target.is) {
    case "resource":
    case "action":
      return textOf(target.id);
    case "collection":
      return collectionScope(target);
    case "route":
      return target.route.scope(target.parameters);
  }
}

/** A list is authorized on the parent of its items. */
function collectionScope(target: Extract<Target, { is: "collection" }>): string {
  const { scope, namespace, segments } = target.path;
  return segments.length === 1 ? scope : `${scope}/providers/${namespace}/${segments.slice(0, -1).join("/")}`;
}

function authorizationFailed(caller: Caller, action: string, scope: string): Refusal {
  return gatewayError(
    403,
    "AuthorizationFailed",
    `The client '${caller.clientId}' with object id '${caller.principalId}' does not have authorization to perform action '${action}' ` +
      `over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}
