import { z } from "zod";
import type { Answer } from "./errors.ts";
import { parseRule } from "./fault-rules.ts";
import type { Faults } from "./faults.ts";
import type { WireRequest } from "./listener.ts";
import { defaultSettings } from "./settings.ts";
import type { Settings } from "./settings.ts";

/** The header that carries the key, by which the control plane is told from ARM. */
export const CONTROL_KEY_HEADER = "x-simulator-key";

/** What the control plane works on. */
export interface Controls {
  /** Without a key there is no control plane. */
  readonly key: string | undefined;
  readonly faults: Faults;
  readonly settings: Settings;
  readonly adjust: (settings: Partial<Settings>) => void;
}

/** The settings that can be changed while the simulator runs. */
const adjustable = z
  .strictObject({
    principalReplicationSeconds: z.number().min(0),
    roleAssignmentDelaySeconds: z.number().min(0),
    federatedCredentialDelaySeconds: z.number().min(0),
    federatedMissCacheSeconds: z.number().min(0),
    listLagSeconds: z.number().min(0),
    resourcesLagSeconds: z.number().min(0),
    identityRates: z.enum(["unlimited", "documented"]),
    federatedCredentialRates: z.enum(["unlimited", "documented"]),
    quotas: z.enum(["shown", "enforced"]),
    unregisteredProviders: z.array(z.string()),
  })
  .partial();

/**
 * Answers a request to the simulator itself, below `/simulator/`; undefined for all that is ARM's or Entra's, which is
 * everything that does not carry the key. Nothing of this is in the request log, and no fault meets it.
 */
export function control(controls: Controls, wire: WireRequest): Answer | undefined {
  const { pathname } = new URL(wire.url, "https://localhost");
  if (!pathname.startsWith("/simulator/") || controls.key === undefined || wire.headers[CONTROL_KEY_HEADER] !== controls.key) return undefined;
  const [, , plane, id] = pathname.split("/");
  if (plane === "faults") return faultPlane(controls, wire, id);
  if (plane === "settings" && id === undefined) return settingsPlane(controls, wire);
  return refused(404, `There is no '${pathname}'; there are /simulator/faults and /simulator/settings.`);
}

function faultPlane({ faults }: Controls, wire: WireRequest, id: string | undefined): Answer {
  if (wire.method === "GET" && id === undefined) return { status: 200, text: JSON.stringify({ value: faults.list() }) };
  if (wire.method === "DELETE" && id === undefined) faults.clear();
  if (wire.method === "DELETE") return { status: id === undefined || faults.remove(id) ? 204 : 404 };
  if (wire.method !== "POST" || id !== undefined) return refused(405, `'${wire.method}' is not allowed here.`);
  const rule = parseRule(bodyOf(wire));
  if (typeof rule === "string") return refused(400, rule);
  return { status: 201, body: { id: faults.add(rule.match, rule.fault, rule.dose) } };
}

function settingsPlane({ settings, adjust }: Controls, wire: WireRequest): Answer {
  if (wire.method === "PATCH") {
    const parsed = adjustable.safeParse(bodyOf(wire));
    if (!parsed.success) return refused(400, z.prettifyError(parsed.error));
    adjust(parsed.data as Partial<Settings>);
  } else if (wire.method === "DELETE") adjust(defaultSettings);
  else if (wire.method !== "GET") return refused(405, `'${wire.method}' is not allowed here.`);
  const shown = Object.keys(adjustable.shape).map((name) => [name, settings[name as keyof z.infer<typeof adjustable>]]);
  return { status: 200, body: Object.fromEntries(shown) as Record<string, string> };
}

function bodyOf(wire: WireRequest): unknown {
  try {
    return JSON.parse(wire.body?.toString("utf8") ?? "");
  } catch {
    return undefined;
  }
}

function refused(status: number, message: string): Answer {
  return { status, body: { error: { code: "InvalidControl", message } } };
}
