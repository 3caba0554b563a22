import { randomUUID } from "node:crypto";
import type { Clock } from "./clock.ts";

/** One line of a federated identity credential: who may become the principal. */
export interface FederatedTrust {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** Epoch milliseconds of the write, for propagation. */
  readonly writtenAtMs: number;
}

/** A service principal of the tenant. */
export interface Principal {
  readonly principalId: string;
  readonly clientId: string;
  readonly name: string;
  /** Epoch milliseconds, for replication. */
  readonly createdAtMs: number;
  readonly kind: "application" | "userAssigned" | "systemAssigned";
  /** Lower-cased id of the ARM resource it belongs to; undefined for registered applications. */
  readonly owner: string | undefined;
  readonly secret: string | undefined;
  /** Read at each token request, because credentials come and go. */
  readonly trusts: () => readonly FederatedTrust[];
}

/** What a principal is made of; the ids are minted. */
export type PrincipalSeed = Pick<Principal, "name" | "kind"> & Partial<Pick<Principal, "owner" | "secret" | "trusts">>;

/** How long destroyed principals are kept for those who look at the past. */
const HISTORY_MS = 600_000;

/** The tenant's service principals. Each one that is minted has ids that never were there before. */
export class Directory {
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #byClient = new Map<string, Principal>();
  readonly #byOwner = new Map<string, Principal>();
  readonly #byPrincipal = new Map<string, Principal>();
  #destroyed: readonly { readonly principal: Principal; readonly atMs: number }[] = [];

  constructor(clock: Clock, newId: () => string = randomUUID) {
    this.#clock = clock;
    this.#newId = newId;
  }

  mint(seed: PrincipalSeed): Principal {
    const principal: Principal = {
      owner: undefined,
      secret: undefined,
      trusts: () => [],
      ...seed,
      principalId: this.#newId(),
      clientId: this.#newId(),
      createdAtMs: this.#clock.now(),
    };
    this.#add(principal);
    return principal;
  }

  #add(principal: Principal): void {
    this.#byPrincipal.set(principal.principalId, principal);
    this.#byClient.set(principal.clientId, principal);
    if (principal.owner !== undefined) this.#byOwner.set(principal.owner, principal);
  }

  /** The directory as it was at that moment, in epoch milliseconds and not long ago: for reading only. */
  at(ms: number): Directory {
    const past = new Directory(this.#clock);
    const gone = this.#destroyed.filter(({ atMs }) => atMs > ms).map(({ principal }) => principal);
    const known = [...gone, ...this.#byPrincipal.values()].filter(({ createdAtMs }) => createdAtMs <= ms);
    for (const principal of known) past.#add(principal);
    return past;
  }

  /** A copy, in which principals can come and go without anybody noticing. */
  copy(): Directory {
    const copy = new Directory(this.#clock, this.#newId);
    for (const principal of this.#byPrincipal.values()) copy.#add(principal);
    return copy;
  }

  findByClientId(clientId: string): Principal | undefined {
    return this.#byClient.get(clientId.toLowerCase());
  }

  findByPrincipalId(principalId: string): Principal | undefined {
    return this.#byPrincipal.get(principalId.toLowerCase());
  }

  /** The principal of a user-assigned identity, or the system-assigned one of a host. */
  findByOwner(ownerKey: string): Principal | undefined {
    return this.#byOwner.get(ownerKey);
  }

  /** Brings back the principal that a resource last lost, unless it has one. */
  reviveOwnedBy(ownerKey: string): void {
    const lost = this.#destroyed.findLast(({ principal }) => principal.owner === ownerKey);
    if (lost === undefined || this.#byOwner.has(ownerKey)) return;
    this.#destroyed = this.#destroyed.filter((one) => one !== lost);
    this.#add(lost.principal);
  }

  /** Destroys the principal of a resource; tokens that it has stay valid until they expire. */
  destroyOwnedBy(ownerKey: string): void {
    const principal = this.#byOwner.get(ownerKey);
    if (!principal) return;
    this.#byOwner.delete(ownerKey);
    this.#byClient.delete(principal.clientId);
    this.#byPrincipal.delete(principal.principalId);
    const nowMs = this.#clock.now();
    const kept = this.#destroyed.filter(({ atMs }) => atMs > nowMs - HISTORY_MS);
    this.#destroyed = [...kept, { principal, atMs: nowMs }];
  }
}
