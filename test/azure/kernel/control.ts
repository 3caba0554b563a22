import { z } from "zod";
import { adjustableSettings, adjustableSwitches } from "./adjustable.ts";
import { movable } from "./clock.ts";
import type { Clock } from "./clock.ts";
import type { Answer } from "./errors.ts";
import { parseRule } from "./fault-rules.ts";
import type { Faults } from "./faults.ts";
import type { JsonObject } from "./json.ts";
import type { WireRequest } from "./listener.ts";

/** The header that carries the key, by which the control plane is told from ARM. */
export const CONTROL_KEY_HEADER = "x-simulator-key";

/** Values that can be changed while the simulator runs, and put back as they were at its start. */
export interface Adjustable {
  readonly values: object;
  readonly change: (changes: object) => void;
  readonly restore: () => void;
}

/** What the control plane works on. */
export interface Controls {
  /** Without a key there is no control plane. */
  readonly key: string | undefined;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly settings: Adjustable;
  readonly switches: Adjustable;
}

const advance = z.strictObject({ advanceSeconds: z.number().min(0) });

/**
 * Answers a request to the simulator itself, below `/simulator/`; undefined for all that is ARM's or Entra's, which is
 * everything that does not carry the key. Nothing of this is in the request log, and no fault meets it.
 */
export function control(controls: Controls, wire: WireRequest): Answer | undefined {
  const { pathname } = new URL(wire.url, "https://localhost");
  if (!pathname.startsWith("/simulator/") || controls.key === undefined || wire.headers[CONTROL_KEY_HEADER] !== controls.key) return undefined;
  const [, , plane, id] = pathname.split("/");
  if (plane === "faults") return faultPlane(controls, wire, id);
  if (plane === "settings" && id === undefined) return valuePlane(controls.settings, adjustableSettings, wire);
  if (plane === "switches" && id === undefined) return valuePlane(controls.switches, adjustableSwitches, wire);
  if (plane === "clock" && id === undefined) return clockPlane(controls.clock, wire);
  return refused(404, `There is no '${pathname}'; there are /simulator/faults, /simulator/settings, /simulator/switches and /simulator/clock.`);
}

function faultPlane({ faults }: Controls, wire: WireRequest, id: string | undefined): Answer {
  if (wire.method === "GET" && id === undefined) return { status: 200, text: JSON.stringify({ value: faults.list() }) };
  if (wire.method === "DELETE" && id === undefined) faults.clear();
  if (wire.method === "DELETE") return { status: id === undefined || faults.remove(id) ? 204 : 404 };
  if (wire.method !== "POST" || id !== undefined) return notAllowed(wire);
  const rule = parseRule(bodyOf(wire));
  if (typeof rule === "string") return refused(400, rule);
  return { status: 201, body: { id: faults.add(rule.match, rule.fault, rule.dose) } };
}

function valuePlane(values: Adjustable, schema: typeof adjustableSettings | typeof adjustableSwitches, wire: WireRequest): Answer {
  if (wire.method === "PATCH") {
    const parsed = schema.safeParse(bodyOf(wire));
    if (!parsed.success) return refused(400, z.prettifyError(parsed.error));
    values.change(parsed.data);
  } else if (wire.method === "DELETE") values.restore();
  else if (wire.method !== "GET") return notAllowed(wire);
  return { status: 200, text: JSON.stringify(values.values) };
}

function clockPlane(clock: Clock, wire: WireRequest): Answer {
  if (wire.method === "POST") {
    const parsed = advance.safeParse(bodyOf(wire));
    if (!parsed.success) return refused(400, z.prettifyError(parsed.error));
    const hands = movable(clock);
    if (!hands) return refused(409, "This clock goes by itself.");
    hands.advance(parsed.data.advanceSeconds * 1000);
  } else if (wire.method !== "GET") return notAllowed(wire);
  const body: JsonObject = { now: new Date(clock.now()).toISOString() };
  return { status: 200, body };
}

function bodyOf(wire: WireRequest): unknown {
  try {
    return JSON.parse(wire.body?.toString("utf8") ?? "");
  } catch {
    return undefined;
  }
}

function notAllowed(wire: WireRequest): Answer {
  return refused(405, `'${wire.method}' is not allowed here.`);
}

function refused(status: number, message: string): Answer {
  return { status, body: { error: { code: "InvalidControl", message } } };
}
