import type { LookedUp, RoleLookup } from "../kinds/kind.ts";
import type { ObjectKey } from "../api/object.ts";
import type { Claim } from "./claim.ts";
import type { AzurePort, AzureFailure, AzureRequest, Clock } from "./ports.ts";

/** How long an answer counts. What a role allows can change, and a role can be made (arm.md 13). */
const MAX_AGE_MS = 10 * 60_000;

const PENDING: LookedUp = { is: "pending" };

interface Known {
  readonly atMs: number;
  readonly answer: LookedUp;
}

/** What rests on a lookup. */
export type Resting = Pick<Claim, "lookup" | "credential">;

/**
 * What was looked up in Azure so that objects can be resolved: kept for some minutes, so that resolving stays free of I/O. Only what
 * an object rests on is kept, so that no edits, however many, make it grow.
 */
export class Lookups {
  readonly #azure: AzurePort;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  /** Which lookup each object rests on, and how many objects rest on each. */
  readonly #restsOn = new Map<ObjectKey, string>();
  readonly #users = new Map<string, number>();

  constructor(azure: AzurePort, clock: Clock) {
    this.#azure = azure;
    this.#clock = clock;
  }

  /** Takes what an object rests on; undefined when it is gone. While it asks for nothing, as when it is deleted, it keeps what it has. */
  rest(object: ObjectKey, claim: Resting | undefined): void {
    const before = this.#restsOn.get(object);
    const { lookup, credential } = claim ?? {};
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

  /** How many answers are kept. */
  get size(): number {
    return this.#known.size;
  }

  /** What is known: the same object until there is a newer answer, however old it is. */
  role(lookup: RoleLookup, credential: string | undefined): LookedUp {
    return (credential === undefined ? undefined : this.#known.get(keyOf(lookup, credential))?.answer) ?? PENDING;
  }

  /** Forgets an answer: somebody asks to look anew. */
  forget(lookup: RoleLookup, credential: string): void {
    this.#known.delete(keyOf(lookup, credential));
  }

  /** Whether a lookup has to be made before the pass of a unit goes on. */
  isDue(lookup: RoleLookup, credential: string): boolean {
    const known = this.#known.get(keyOf(lookup, credential));
    return known === undefined || this.#clock.now() - known.atMs > MAX_AGE_MS;
  }

  /** Makes a lookup; returns the failure that stood in the way, if one did. */
  async make(lookup: RoleLookup, request: AzureRequest): Promise<AzureFailure | undefined> {
    const { by } = lookup;
    const read = await this.#azure.roleDefinition(lookup.scope, by.is === "name" ? { name: by.name } : { id: by.id }, request);
    if (read.is === "failed") return read.failure;
    const key = keyOf(lookup, request.credential);
    if (!this.#users.has(key)) return undefined;
    this.#known.set(key, { atMs: this.#clock.now(), answer: read.is === "found" ? { is: "found", body: read.body } : { is: "absent" } });
    return undefined;
  }
}

/** Who may read what differs by credential. */
function keyOf({ scope, by }: RoleLookup, credential: string): string {
  return `${credential} ${scope} ${by.is} ${by.is === "name" ? by.name : by.id}`.toLowerCase();
}
