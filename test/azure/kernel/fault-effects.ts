import { keyOf, parentOf, textOf } from "./arm-id.ts";
import type { ResourceId } from "./arm-id.ts";
import { pass } from "./clock.ts";
import type { Answer } from "./errors.ts";
import { broken, gatewayTimeout, throttled } from "./fault-answers.ts";
import type { Fault, Faults } from "./faults.ts";
import type { ArmRequest } from "./gateway.ts";
import type { JsonObject } from "./json.ts";
import { latencyMs } from "./latencies.ts";
import { pastOf } from "./history.ts";
import type { OperationSubject } from "./operations.ts";
import { kindOf } from "./quota.ts";
import type { Caller } from "./resource-type.ts";
import type { Resource } from "./store.ts";
import type { World } from "./world.ts";

/** Changes a resource as somebody else would, who asks nobody. */
export type Edit = (id: string, patch: JsonObject) => void;

/** The request that meets faults. */
export interface Victim {
  readonly door: { readonly world: World; readonly faults: Faults; readonly edit: Edit };
  readonly arm: ArmRequest;
  readonly caller: Caller | undefined;
  /** Handles it as Azure would, in that world. */
  readonly plainly: (world: World) => Promise<Answer>;
}

/** Answers a request under what it meets: the latencies first, then the fault. */
export async function underFaults(victim: Victim, met: readonly Fault[]): Promise<Answer | "reset"> {
  for (const fault of met) if (fault.do === "latency") await late(victim, latencyOf(victim, fault.of));
  const fault = met.find((one) => one.do !== "latency");
  return fault ? underFault(victim, fault) : victim.plainly(victim.door.world);
}

async function underFault(victim: Victim, fault: Fault): Promise<Answer | "reset"> {
  const { world } = victim.door;
  const done = (): Promise<Answer> => victim.plainly(world);
  switch (fault.do) {
    case "answer":
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body, ...(fault.text === undefined ? {} : { text: fault.text }) };
    case "throttle":
      return throttled(victim, fault);
    case "break":
      if (fault.effect === "done") await done();
      return broken(fault);
    case "reset":
      if (fault.effect === "done") await done();
      return "reset";
    case "delay":
      await late(victim, fault.ms);
      return done();
    case "gateway-timeout":
      await done();
      return gatewayTimeout;
    case "latency":
      return done();
    case "ignore":
      return victim.plainly(scratchOf(world));
    case "revert":
      return undone(victim, fault.afterSeconds);
    case "edit":
      return edited(victim, fault);
    case "stale":
      return victim.arm.method === "GET" || victim.arm.method === "HEAD" ? victim.plainly(pastOf(world, fault.seconds)) : done();
    case "fail-operation":
      return prepared(world.operations.failNext(isOf(victim), fault.error, 1), done);
    case "move-operation":
      return prepared(world.operations.moveNext(isOf(victim), fault.old), done);
  }
}

function latencyOf({ door, arm }: Victim, name: Parameters<typeof latencyMs>[0]): number {
  return latencyMs(name, kindOf(arm.method), door.faults.drawNext("latency"));
}

async function late({ door }: Victim, ms: number): Promise<void> {
  await pass(door.world.clock, ms);
  door.world.operations.settle();
}

async function prepared(callOff: () => void, done: () => Promise<Answer>): Promise<Answer> {
  try {
    return await done();
  } finally {
    callOff();
  }
}

function isOf({ arm }: Victim): (subject: OperationSubject) => boolean {
  const id = arm.target.is === "resource" || arm.target.is === "action" ? keyOf(arm.target.id) : undefined;
  return (subject) => subject.resourceId === id && subject.method === arm.method;
}

async function edited(victim: Victim, { when, patch, id }: Extract<Fault, { readonly do: "edit" }>): Promise<Answer> {
  const [own] = touched(victim);
  const edit = (): void => {
    if (id !== undefined) victim.door.edit(id, patch);
    else if (own && victim.door.world.store.get(own)) victim.door.edit(textOf(own), patch);
  };
  if (when === "before") edit();
  const answer = await victim.plainly(victim.door.world);
  if (when === "after") edit();
  return answer;
}

/** A copy of what is stored and of the directory: what is done there happens nowhere, and neither do the ends of its operations. */
function scratchOf(world: World): World {
  return { ...world, store: world.store.without([]), directory: world.directory.copy() };
}

/** Handles a request, and has what it changed put back when its time has come: what an operation does, not before that has ended. */
async function undone(victim: Victim, afterSeconds: number): Promise<Answer> {
  const { world } = victim.door;
  const ids = touched(victim);
  const before = ids.map((id) => world.store.get(id));
  const [own] = victim.arm.method === "DELETE" ? ids : [];
  const below = own ? world.store.below(own) : [];
  const answer = await victim.plainly(world);
  const atMs = Math.max(world.clock.now() + afterSeconds * 1000, ...ids.map((id) => world.operations.endOf(keyOf(id))));
  world.operations.at(atMs, () => {
    for (const [index, id] of ids.entries()) putBack(world, id, before[index]);
    for (const resource of below) if (!world.store.get(resource.id)) putBack(world, resource.id, resource);
  });
  world.operations.settle();
  return answer;
}

function touched({ arm }: Victim): readonly ResourceId[] {
  const { target } = arm;
  if (target.is !== "resource" && target.is !== "action") return [];
  const parent = parentOf(target.id);
  return parent ? [target.id, parent] : [target.id];
}

function putBack(world: World, id: ResourceId, before: Resource | undefined): void {
  if (before) {
    world.store.restore(before);
    world.directory.reviveOwnedBy(keyOf(id));
  } else if (world.store.delete(id)) world.directory.destroyOwnedBy(keyOf(id));
}
