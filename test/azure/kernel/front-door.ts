import { Entra } from "../entra/entra.ts";
import type { Tokens } from "../entra/tokens.ts";
import { keyOf, parentOf } from "./arm-id.ts";
import type { ResourceId } from "./arm-id.ts";
import { pass } from "./clock.ts";
import type { Answer } from "./errors.ts";
import type { Fault, Faults, IncomingRequest } from "./faults.ts";
import { gateway, notJson } from "./gateway.ts";
import type { ArmRequest } from "./gateway.ts";
import type { JsonValue } from "./json.ts";
import type { WireAnswer, WireRequest } from "./listener.ts";
import { metadataDocument } from "./metadata.ts";
import { armHeaders, baseHeaders } from "./headers.ts";
import type { Allowance, OperationKind, Quota } from "./quota.ts";
import type { RequestLog } from "./request-log.ts";
import type { Caller } from "./resource-type.ts";
import type { Resource } from "./store.ts";
import { actionOf, subscriptionOf, targetOf, typeNameOf } from "./target.ts";
import type { World } from "./world.ts";

/** What stands behind the one port that ARM and Entra share here. */
export interface FrontDoor {
  readonly world: World;
  readonly entra: Entra;
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly quota: Quota;
  /** Whether a drained bucket refuses, or is only shown. */
  readonly quotasEnforced: boolean;
}

interface Reading {
  readonly incoming: IncomingRequest;
  readonly arm: ArmRequest;
  readonly form: URLSearchParams;
  readonly caller: Caller | undefined;
  readonly tooLarge: boolean;
  /** Undefined for requests that fall under no quota. */
  readonly allowance: Allowance | undefined;
}

/** Answers one request from the wire, with whatever fault waits for it. */
export async function serve(door: FrontDoor, wire: WireRequest): Promise<WireAnswer> {
  door.world.operations.settle();
  const reading = await read(door, wire);
  const answered = door.log.arrived(reading.incoming, door.world.clock.now());
  const fault = door.faults.take(reading.incoming);
  const answer = await underFault(door, reading, fault).catch(internalError);
  if (answer === "reset") {
    answered(0);
    return { is: "reset" };
  }
  answered(answer.status);
  return finished(door, reading, answer);
}

async function read(door: FrontDoor, wire: WireRequest): Promise<Reading> {
  const { world } = door;
  const url = new URL(wire.url.replace(/^\/+/, "/"), "https://localhost");
  const path = decodedPath(url.pathname);
  const isEntra = Entra.serves(path);
  const text = wire.body?.toString("utf8") ?? "";
  const form = new URLSearchParams(isEntra ? text : "");
  const body = isEntra ? undefined : parsedBody(text);
  const target = targetOf(wire.method, path, world.registry);
  const poll = world.operations.poll(wire.url);
  const caller = isEntra ? undefined : await door.tokens.verify(wire.headers["authorization"]).catch(() => undefined);
  const incoming: IncomingRequest = {
    method: wire.method,
    path,
    query: Object.fromEntries(url.searchParams),
    type: isEntra ? "entra" : (poll?.type ?? typeNameOf(target)),
    action: isEntra ? "" : (poll?.action ?? actionOf(wire.method, target)),
    principalId: caller?.principalId,
    headers: wire.headers,
    body: isEntra ? safeForm(form) : body === notJson ? undefined : body,
  };
  const arm: ArmRequest = { method: wire.method, path, url: wire.url, query: url.searchParams, headers: wire.headers, body, target };
  return { incoming, arm, form, caller, tooLarge: wire.body === undefined, allowance: caller && allowanceOf(door, arm, caller) };
}

function allowanceOf(door: FrontDoor, arm: ArmRequest, caller: Caller): Allowance {
  const { target } = arm;
  return door.quota.take({
    kind: kindOf(arm.method),
    subscriptionId: subscriptionOf(target),
    principalId: caller.principalId,
    resourceRequests: "type" in target ? target.type?.resourceRequests : undefined,
  });
}

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function parsedBody(text: string): JsonValue | undefined | typeof notJson {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return notJson;
  }
}

function safeForm(form: URLSearchParams): JsonValue {
  const secret = ["client_secret", "client_assertion"];
  return Object.fromEntries([...form].map(([name, value]) => [name, secret.includes(name) ? "REDACTED" : value]));
}

async function underFault(door: FrontDoor, reading: Reading, fault: Fault | undefined): Promise<Answer | "reset"> {
  if (!fault) return plainly(door, reading);
  switch (fault.do) {
    case "answer":
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body, ...(fault.text === undefined ? {} : { text: fault.text }) };
    case "throttle":
      return throttled(reading, fault);
    case "reset":
      if (fault.effect === "done") await plainly(door, reading);
      return "reset";
    case "delay":
      await pass(door.world.clock, fault.ms);
      door.world.operations.settle();
      return plainly(door, reading);
    case "gateway-timeout":
      await plainly(door, reading);
      return gatewayTimeout;
    case "ignore":
      return withoutEffect(door, reading);
  }
}

/** A mistake of the simulator itself; its message tells the developer. */
function internalError(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error);
  return { status: 500, body: { error: { code: "InternalServerError", message } } };
}

const tooLarge: Answer = {
  status: 413,
  headers: { "x-ms-failure-cause": "gateway" },
  body: { error: { code: "RequestContentTooLarge", message: "The request content size exceeds the maximum size of 8 MB." } },
};

const gatewayTimeout: Answer = {
  status: 504,
  headers: { "x-ms-failure-cause": "gateway" },
  body: { error: { code: "GatewayTimeout", message: "The gateway did not receive a response from the resource provider within the specified time period." } },
};

function throttled(reading: Reading, limit: { readonly retryAfterSeconds: number; readonly code?: string }): Answer {
  const kind = kindOf(reading.incoming.method).slice(0, -1);
  const subscription = subscriptionOf(reading.arm.target) ?? "";
  const actor = reading.caller?.principalId ?? "";
  const message = `Number of '${kind}' requests for subscription '${subscription}' actor '${actor}' exceeded. Please try again after '${limit.retryAfterSeconds}' seconds after additional tokens are available.`;
  return {
    status: 429,
    headers: { "retry-after": String(limit.retryAfterSeconds), "x-ms-failure-cause": "gateway" },
    body: { error: { code: limit.code ?? "SubscriptionRequestsThrottled", message } },
  };
}

async function withoutEffect(door: FrontDoor, reading: Reading): Promise<Answer> {
  const { store } = door.world;
  const ids = touched(reading);
  const before = ids.map((id) => store.get(id));
  const answer = await plainly(door, reading);
  ids.forEach((id, index) => putBack(door.world, id, before[index]));
  return answer;
}

function touched(reading: Reading): readonly ResourceId[] {
  const { target } = reading.arm;
  if (target.is !== "resource" && target.is !== "action") return [];
  const parent = parentOf(target.id);
  return parent ? [target.id, parent] : [target.id];
}

function putBack(world: World, id: ResourceId, before: Resource | undefined): void {
  if (before) world.store.restore(before);
  else if (world.store.delete(id)) world.directory.destroyOwnedBy(keyOf(id));
}

async function plainly(door: FrontDoor, reading: Reading): Promise<Answer> {
  const { arm, incoming, form, allowance } = reading;
  if (reading.tooLarge) return tooLarge;
  if (door.quotasEnforced && allowance?.exceededForSeconds !== undefined) return throttled(reading, { retryAfterSeconds: allowance.exceededForSeconds });
  if (incoming.type === "entra") return door.entra.answer(arm.method, arm.path, form);
  if (arm.path === "/metadata/endpoints") return { status: 200, body: metadataDocument(door.world) };
  return gateway(door.world, arm, () => door.tokens.verify(arm.headers["authorization"]));
}

const kinds: Readonly<Record<string, OperationKind>> = { GET: "reads", HEAD: "reads", DELETE: "deletes" };

function kindOf(method: string): OperationKind {
  return kinds[method] ?? "writes";
}

function finished(door: FrontDoor, reading: Reading, answer: Answer): WireAnswer {
  const { arm, incoming, allowance } = reading;
  const text = answer.text ?? (answer.body === undefined ? "" : JSON.stringify(answer.body));
  const contentType = answer.body === undefined ? {} : { "content-type": "application/json; charset=utf-8" };
  const common = incoming.type === "entra" ? baseHeaders() : armHeaders(arm.headers, door.world.clock.now());
  const headers = { ...common, ...allowance?.headers, ...contentType, ...answer.headers };
  return { is: "answer", status: answer.status, headers, body: arm.method === "HEAD" ? "" : text };
}
