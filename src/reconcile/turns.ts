import { armIdParts, type ArmId } from "../api/arm-id.ts";
import { isJsonObject, stringAt } from "../api/json.ts";
import type { Claim, UnitKey } from "./claim.ts";
import { needsNoAzure } from "./ending.ts";
import type { UnitMemory } from "./memory.ts";
import type { Operation, Urgency, World } from "./ports.ts";

/** A unit that is about to ask Azure. */
export interface Turning {
  readonly unit: UnitKey;
  readonly target: ArmId;
  readonly credential: string;
  readonly claims: readonly Claim[];
  readonly memory: UnitMemory;
  readonly urgency: Urgency;
  readonly signal: AbortSignal;
}

/** Turns of one pass: of its beginning, and of each write that it decides on. */
export interface Turns {
  /** Milliseconds until it may begin; 0 when that is now. */
  readonly firstAfterMs: number;
  /** Milliseconds until it may do something; 0 when that is now. The region is that of the resource, where it is known. */
  readonly turn: (operation: Operation, region?: string) => number;
}

/** Of a pass that asks Azure nothing. */
export const NO_TURNS: Turns = { firstAfterMs: 0, turn: () => 0 };

/**
 * Asks for the turn of a pass before its first request. What it will write for sure is asked for together with what it reads: a turn
 * that comes later than the look would make the look again.
 */
export async function turnsOf(world: World, turning: Turning): Promise<Turns> {
  const { unit, target, credential, urgency, claims } = turning;
  if (claims.every(needsNoAzure)) return NO_TURNS;
  const namespace = claims[0]?.object.metadata.namespace ?? "";
  const operations = neededBy(turning);
  const known = operations.includes("create") ? await regionOf(world, turning) : undefined;
  const ask = (asked: readonly Operation[], region: string | undefined) =>
    world.governor.turn({ unit, credential, target, operations: asked, urgency, namespace, ...(region === undefined ? {} : { region }) });
  return { firstAfterMs: ask(operations, known), turn: (operation, region) => ask([operation], region ?? known) };
}

/** What a pass does for sure, as far as its claims tell it before Azure was asked. */
function neededBy({ claims, memory }: Turning): readonly Operation[] {
  if (memory.running !== undefined) return ["read"];
  const first = claims.find(({ mode }) => mode === "live" || mode === "leaving");
  const write = first === undefined ? undefined : (writeOf(first) ?? (memory.isDrifted && first.mode === "live" ? "write" : undefined));
  return write === undefined ? ["read"] : ["read", write];
}

function writeOf({ mode, kind, holds, retain, spec, object }: Claim): Operation | undefined {
  if (mode === "leaving") return kind.shape.is === "resource" && holds !== undefined && !retain ? "delete" : undefined;
  if (spec === undefined) return undefined;
  // A spec that nobody has seen yet mostly differs from what is there.
  if (holds?.confirmed === true) return isNews(object) ? "write" : undefined;
  return kind.shape.is === "resource" ? "create" : "write";
}

function isNews({ metadata, status }: Claim["object"]): boolean {
  return !isJsonObject(status) || status["observedGeneration"] !== metadata.generation;
}

/** The region in which the resource will be: some quotas are of a region. That of its group is remembered for some minutes. */
async function regionOf({ azure }: World, { claims, target, credential, signal, unit }: Turning): Promise<string | undefined> {
  const [declared] = claims.flatMap(({ kind: { shape }, spec, surroundings }) =>
    shape.is !== "resource" || shape.location === undefined || spec === undefined ? [] : [{ region: shape.location(spec, surroundings) }],
  );
  if (declared === undefined || declared.region !== undefined) return declared?.region;
  const { subscriptionId, resourceGroup } = armIdParts(target);
  const group = await azure.groupLocation(subscriptionId, resourceGroup, { apiVersion: "2021-04-01", credential, signal, unit });
  return group.is === "found" ? stringAt(group.body, "location") : undefined;
}
