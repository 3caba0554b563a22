import { Entra } from "../entra/entra.ts";
import type { Tokens } from "../entra/tokens.ts";
import { control } from "./control.ts";
import type { Controls } from "./control.ts";
import type { Answer } from "./errors.ts";
import { Refusal } from "./errors.ts";
import { throttled } from "./fault-answers.ts";
import { underFaults } from "./fault-effects.ts";
import type { Edit } from "./fault-effects.ts";
import type { Faults, IncomingRequest } from "./faults.ts";
import { gateway, notJson } from "./gateway.ts";
import type { ArmRequest } from "./gateway.ts";
import type { JsonValue } from "./json.ts";
import type { WireAnswer, WireRequest } from "./listener.ts";
import { metadataAnswer } from "./metadata.ts";
import { armHeaders, baseHeaders } from "./headers.ts";
import { kindOf } from "./quota.ts";
import type { Allowance, Quota } from "./quota.ts";
import type { RequestLog } from "./request-log.ts";
import type { Caller } from "./resource-type.ts";
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
  readonly controls: Controls;
  /** How somebody else changes a resource. */
  readonly edit: Edit;
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
  const controlled = control(door.controls, wire);
  if (controlled) return { is: "answer", status: controlled.status, headers: { "content-type": "application/json" }, body: textOf(controlled) };
  const reading = await read(door, wire);
  const answered = door.log.arrived(reading.incoming, door.world.clock.now());
  const met = door.faults.take(reading.incoming);
  const victim = { door, arm: reading.arm, caller: reading.caller, plainly: (world: World) => plainly(door, reading, world) };
  const answer = await underFaults(victim, met).catch(internalError);
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

async function plainly(door: FrontDoor, reading: Reading, world: World): Promise<Answer> {
  const { arm, incoming, form, allowance } = reading;
  if (reading.tooLarge) return tooLarge;
  if (world.settings.quotas === "enforced" && allowance?.exceededForSeconds !== undefined) return throttled(reading, { flavour: "arm", retryAfterSeconds: allowance.exceededForSeconds });
  if (incoming.type === "entra") return door.entra.answer(arm.method, arm.path, form);
  if (arm.path.toLowerCase() === "/metadata/endpoints") return withoutLogin(() => metadataAnswer(world, arm.query.get("api-version")));
  return gateway(world, arm, () => door.tokens.verify(arm.headers["authorization"]));
}

function withoutLogin(answer: () => Answer): Answer {
  try {
    return answer();
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

function finished(door: FrontDoor, reading: Reading, answer: Answer): WireAnswer {
  const { arm, incoming, allowance } = reading;
  const text = textOf(answer);
  const contentType = answer.body === undefined ? {} : { "content-type": "application/json; charset=utf-8" };
  const common = incoming.type === "entra" ? baseHeaders() : armHeaders(arm.headers, door.world.clock.now());
  const headers = { ...common, ...allowance?.headers, ...contentType, ...answer.headers };
  return { is: answer.half ? "half" : "answer", status: answer.status, headers, body: arm.method === "HEAD" ? "" : text };
}

function textOf(answer: Answer): string {
  return answer.text ?? (answer.body === undefined ? "" : JSON.stringify(answer.body));
}
