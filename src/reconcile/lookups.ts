import { armIdParts, subscriptionScope } from "../api/arm-id.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { LookedUp, RoleLookup } from "../kinds/kind.ts";
import type { ObjectKey } from "../api/object.ts";
import type { Claim } from "./claim.ts";
import { ended } from "./ending.ts";
import { outcomeOf } from "./failures.ts";
import type { Conclusion } from "./outcome.ts";
import type { AzurePort, AzureFailure, AzureRequest, Clock } from "./ports.ts";

/** The version of Microsoft.Authorization/roleDefinitions (arm.md 2.8). */
const ROLE_DEFINITION_VERSION = "2022-04-01";

/** How long an answer counts. What a role allows can change, and a role can be made (arm.md 13). */
const MAX_AGE_MS = 10 * 60_000;

/** How long the answer of a built-in role is kept when nobody asks for a newer one. */
const MAX_KEPT_MS = 24 * 60 * 60_000;

const PENDING: LookedUp = { is: "pending" };

interface Known {
  readonly atMs: number;
  readonly answer: LookedUp;
}

/** What rests on a lookup. */
export type Resting = Pick<Claim, "lookup" | "credential"> & Partial<Pick<Claim, "lookedUp">>;

/**
 * What was looked up in Azure so that objects can be resolved: kept for some minutes, so that resolving stays free of I/O. Only what
 * an object rests on is kept, so that no edits, however many, make it grow.
 */
export class Lookups {
  readonly #azure: AzurePort;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  /** Of roles that Azure defines, by subscription. */
  readonly #builtIn = new Map<string, Known>();
  /** Which lookup each object rests on, and how many objects rest on each. */
  readonly #restsOn = new Map<ObjectKey, string>();
  readonly #users = new Map<string, number>();
  /** Objects whose claim was made without an answer. */
  readonly #unanswered = new Set<ObjectKey>();

  constructor(azure: AzurePort, clock: Clock) {
    this.#azure = azure;
    this.#clock = clock;
  }

  /** Takes what an object rests on; undefined when it is gone. While it asks for nothing, as when it is deleted, it keeps what it has. */
  rest(object: ObjectKey, claim: Resting | undefined): void {
    const before = this.#restsOn.get(object);
    const { lookup, credential, lookedUp } = claim ?? {};
    if (lookup !== undefined && lookedUp?.is === "pending") this.#unanswered.add(object);
    else this.#unanswered.delete(object);
    const after = lookup === undefined || credential === undefined ? undefined : keyOf(lookup, credential);
    if (before === after || (claim !== undefined && after === undefined)) return;
    if (after === undefined) this.#restsOn.delete(object);
    else {
      this.#restsOn.set(object, after);
      this.#users.set(after, (this.#users.get(after) ?? 0) + 1);
    }
    if (before !== undefined) this.#release(before);
  }

  #release(key: string): void {
    const users = (this.#users.get(key) ?? 1) - 1;
    if (users > 0) this.#users.set(key, users);
    else {
      this.#users.delete(key);
      this.#known.delete(key);
    }
  }

  /** Objects that rest on a lookup without knowing its answer. */
  get unanswered(): Iterable<ObjectKey> {
    return this.#unanswered;
  }

  /** How many answers are kept. */
  get size(): number {
    return this.#known.size;
  }

  /** What is known: the same object until there is a newer answer, however old it is. */
  role(lookup: RoleLookup, credential: string | undefined): LookedUp {
    return (credential === undefined ? undefined : this.#knownOf(lookup, credential)?.answer) ?? PENDING;
  }

  /** Forgets an answer: somebody asks to look anew. */
  forget(lookup: RoleLookup, credential: string): void {
    this.#known.delete(keyOf(lookup, credential));
    this.#builtIn.delete(builtInKeyOf(lookup, credential));
  }

  /** Whether a lookup has to be made before the pass of a unit goes on. */
  isDue(lookup: RoleLookup, credential: string): boolean {
    const known = this.#knownOf(lookup, credential);
    return known === undefined || this.#clock.now() - known.atMs > MAX_AGE_MS;
  }

  /** Whether a claim rests on a lookup that has to be made, or that was made since for another claim. */
  isDueFor(claim: Claim): boolean {
    const { lookup, credential } = claim;
    return lookup !== undefined && credential !== undefined && (this.isDue(lookup, credential) || this.isUnresolved(claim));
  }

  /** Whether a claim was made without an answer, or with another one than what is known by now. */
  isUnresolved({ lookup, lookedUp, credential }: Claim): boolean {
    return lookup !== undefined && credential !== undefined && (lookedUp === undefined || lookedUp.is === "pending" || this.role(lookup, credential) !== lookedUp);
  }

  /** Makes the lookups that claims wait for; returns what is said of those of which one failed. */
  async makeAll(due: readonly Claim[], asking: Pick<AzureRequest, "signal" | "unit">): Promise<readonly Conclusion[]> {
    const failed: Conclusion[] = [];
    for (const claim of due) {
      const { lookup, credential } = claim;
      if (lookup === undefined || credential === undefined || !this.isDue(lookup, credential)) continue;
      const failure = await this.make(lookup, { apiVersion: ROLE_DEFINITION_VERSION, credential, ...asking });
      if (failure !== undefined) failed.push(ended(claim, outcomeOf(failure, claim, "look up the role of")));
    }
    return failed;
  }

  /** Makes a lookup; returns the failure that stood in the way, if one did. */
  async make(lookup: RoleLookup, request: AzureRequest): Promise<AzureFailure | undefined> {
    const { by } = lookup;
    const read = await this.#azure.roleDefinition(lookup.scope, by.is === "name" ? { name: by.name } : { id: by.id }, request);
    if (read.is === "failed") return read.failure;
    const known: Known = { atMs: this.#clock.now(), answer: read.is === "found" ? { is: "found", body: read.body } : { is: "absent" } };
    if (read.is === "found" && isBuiltInRole(read.body)) this.#keepBuiltIn(builtInKeyOf(lookup, request.credential), known);
    else this.#keep(keyOf(lookup, request.credential), known);
    return undefined;
  }

  #keep(key: string, known: Known): void {
    if (this.#users.has(key)) this.#known.set(key, known);
  }

  /** What nobody asked for since long goes; there are as many as Azure has roles, for each subscription. */
  #keepBuiltIn(key: string, known: Known): void {
    this.#builtIn.set(key, known);
    for (const [other, { atMs }] of this.#builtIn) if (atMs < known.atMs - MAX_KEPT_MS) this.#builtIn.delete(other);
  }

  #knownOf(lookup: RoleLookup, credential: string): Known | undefined {
    return this.#known.get(keyOf(lookup, credential)) ?? this.#builtIn.get(builtInKeyOf(lookup, credential));
  }
}

/** Whether Azure itself defines a role: then it is the same at every scope, and its name is nobody else's (arm.md 16). */
export function isBuiltInRole(definition: JsonObject): boolean {
  return stringAt(objectAt(definition, "properties"), "type") === "BuiltInRole";
}

/** A built-in role is looked up once for all scopes of a subscription: grants are often at a resource each. */
function builtInKeyOf({ scope, by }: RoleLookup, credential: string): string {
  return keyOf({ scope: subscriptionScope(armIdParts(scope).subscriptionId), by }, `${credential} built-in`);
}

/** Who may read what differs by credential. */
function keyOf({ scope, by }: RoleLookup, credential: string): string {
  return `${credential} ${scope} ${by.is} ${by.is === "name" ? by.name : by.id}`.toLowerCase();
}
