import { type ArmId, armIdKey, type ArmIdKey, parseArmId } from "../../src/api/arm-id.ts";
import type { UnitKey } from "../../src/reconcile/claim.ts";
import { Memories, type UnitMemory } from "../../src/reconcile/memory.ts";
import type { Pass } from "../../src/reconcile/pass.ts";
import type { AzureRead } from "../../src/reconcile/ports.ts";
import { Snapshots } from "../../src/reconcile/snapshots.ts";
import { HOST, POLICY } from "./hosts.ts";
import { Footings } from "../../src/reconcile/footing.ts";
import { Units } from "../../src/reconcile/units.ts";
import { neverAzure, neverWorld, noTokens } from "./never.ts";

/** A pass over the host of {@link HOST}, and what it read of Azure. */
export interface ReadingPass {
  readonly pass: Pass;
  readonly memory: UnitMemory;
  /** Ids that were read, in this order. */
  readonly read: ArmId[];
}

const NOT_FOUND: AzureRead = { is: "absent", code: "ResourceNotFound" };

/** A pass that may only read: of these resources, by key, each is what the table says, and any other is absent. */
export function readingPass(resources: ReadonlyMap<ArmIdKey, AzureRead>, nowMs = 0): ReadingPass {
  const target = parseArmId(HOST);
  if (!target.ok) throw new Error(target.error);
  const memory = new Memories().of("unit" as UnitKey);
  const read: ArmId[] = [];
  const pass: Pass = {
    world: neverWorld(POLICY, {
      azure: neverAzure({
        read: (id) => {
          read.push(id);
          return Promise.resolve(resources.get(armIdKey(id)) ?? NOT_FOUND);
        },
      }),
      clock: { now: () => nowMs },
    }),
    unit: "unit" as UnitKey,
    target: target.id,
    credential: "shared",
    claims: [],
    others: [],
    memory,
    signal: new AbortController().signal,
    isUrgent: false,
    listedAfter: undefined,
    snapshots: new Snapshots(neverAzure(), { now: () => nowMs }),
    turn: () => 0,
    hosts: new Map(),
    footings: new Footings(new Units(), { credentials: noTokens, policy: POLICY }),
    referrersOf: () => [],
  };
  return { pass, memory, read };
}

/** An identity as Azure shows it to whoever may read it. */
export function identityRead(clientId: string): AzureRead {
  return { is: "found", body: { properties: { principalId: "p", clientId, tenantId: POLICY.tenantId } } };
}
