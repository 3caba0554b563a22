import type { LookedUp, RoleLookup } from "../kinds/kind.ts";
import type { AzurePort, AzureFailure, AzureRequest, Clock } from "./ports.ts";

/** How long an answer counts. What a role allows can change, and a role can be made (arm.md 13). */
const MAX_AGE_MS = 10 * 60_000;

/** How long an answer is kept when nobody asks for a newer one. */
const MAX_KEPT_MS = 24 * 60 * 60_000;

const PENDING: LookedUp = { is: "pending" };

interface Known {
  readonly atMs: number;
  readonly answer: LookedUp;
}

/** What was looked up in Azure so that objects can be resolved: kept for some minutes, so that resolving stays free of I/O. */
export class Lookups {
  readonly #azure: AzurePort;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(azure: AzurePort, clock: Clock) {
    this.#azure = azure;
    this.#clock = clock;
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
    this.#prune();
    this.#known.set(keyOf(lookup, request.credential), { atMs: this.#clock.now(), answer: read.is === "found" ? { is: "found", body: read.body } : { is: "absent" } });
    return undefined;
  }

  /** What nobody asked for so long belongs to objects that are no more. */
  #prune(): void {
    const oldestMs = this.#clock.now() - MAX_KEPT_MS;
    for (const [key, { atMs }] of this.#known) if (atMs < oldestMs) this.#known.delete(key);
  }
}

/** Who may read what differs by credential. */
function keyOf({ scope, by }: RoleLookup, credential: string): string {
  return `${credential} ${scope} ${by.is} ${by.is === "name" ? by.name : by.id}`.toLowerCase();
}
