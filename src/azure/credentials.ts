import type { AccessToken, TokenCredential } from "@azure/core-auth";
import type { AzureFailure, Clock, Random } from "./contract.ts";
import { AzureError } from "./errors.ts";

/** A token as its issuer gave it. */
export interface IssuedToken {
  readonly token: string;
  readonly lifetimeMs: number;
}

/** Fetches a new token, never one that it remembers. Throws an {@link AzureError} when none can be had. */
export type TokenSource = (scope: string) => Promise<IssuedToken>;

/** What {@link CachedCredential} needs. */
export interface CachedCredentialOptions {
  readonly source: TokenSource;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of each refresh that failed while the old token still serves: nothing else shows it until that expires. */
  readonly onRefreshFailed?: (failure: AzureFailure) => void;
}

/** After a failure, or after a renewal that somebody forced, the authority is left alone for so long, whoever asks. */
const REST_MS = 10_000;
/** A token that ends within so long is not used for a request that may take that long; at most a tenth of its life. */
const MAX_MARGIN_MS = 60_000;
const REFRESH_FROM = 0.75;
const REFRESH_SPREAD = 0.1;

interface Held extends AccessToken {
  readonly refreshAtMs: number;
  readonly unusableAtMs: number;
}

interface Entry {
  held?: Held;
  fetching?: Promise<AccessToken>;
  renewedAtMs?: number;
  failedAtMs?: number;
  failure?: AzureError;
}

/**
 * One principal's tokens, for all clients. Each scope has one fetch at a time, which no caller's signal ends: with the
 * SDK's own cache the abort of one request fails all others that wait for the same token (stack.md 2.4). From about
 * 80 % of its life a token is renewed in the background while it still serves.
 */
export class CachedCredential implements TokenCredential {
  readonly #options: CachedCredentialOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: CachedCredentialOptions) {
    this.#options = options;
  }

  /** A usable token. Throws an {@link AzureError}, of class `credential` unless the authority could not be reached. */
  async getToken(scopes: string | string[]): Promise<AccessToken> {
    const scope = typeof scopes === "string" ? scopes : scopes.join(" ");
    const entry = this.#entry(scope);
    const { held } = entry;
    const now = this.#options.clock.now();
    if (held === undefined || now >= held.unusableAtMs) return this.#fetch(scope, entry);
    if (now >= held.refreshAtMs && !this.#isRecent(entry.failedAtMs)) void this.#refreshBehind(scope, entry);
    return held;
  }

  /**
   * A token in place of one that Azure did not take: the present one when another caller has renewed it already, or
   * when a renewal just before did not help either.
   */
  async renew(scope: string, rejected: string): Promise<AccessToken> {
    const entry = this.#entry(scope);
    if (entry.held === undefined || entry.held.token !== rejected) return this.getToken(scope);
    if (this.#isRecent(entry.renewedAtMs)) return entry.held;
    delete entry.held;
    entry.renewedAtMs = this.#options.clock.now();
    return this.#fetch(scope, entry);
  }

  /** A token that is there and can be used now, of whatever scope. */
  heldToken(): string | undefined {
    const now = this.#options.clock.now();
    return [...this.#entries.values()].find(({ held }) => held !== undefined && now < held.unusableAtMs)?.held?.token;
  }

  /** Renews the tokens whose time has come, used or not. Never rejects: failures are told as those of any renewal. */
  async renewDue(): Promise<void> {
    const now = this.#options.clock.now();
    const due = [...this.#entries].filter(([, { held, failedAtMs }]) => held !== undefined && now >= held.refreshAtMs && !this.#isRecent(failedAtMs));
    await Promise.all(due.map(([scope, entry]) => this.#refreshBehind(scope, entry)));
  }

  #entry(scope: string): Entry {
    const known = this.#entries.get(scope);
    if (known !== undefined) return known;
    const entry: Entry = {};
    this.#entries.set(scope, entry);
    return entry;
  }

  #isRecent(atMs: number | undefined): boolean {
    return atMs !== undefined && this.#options.clock.now() < atMs + REST_MS;
  }

  async #refreshBehind(scope: string, entry: Entry): Promise<void> {
    try {
      await this.#fetch(scope, entry);
    } catch (error) {
      if (error instanceof AzureError) this.#options.onRefreshFailed?.(error.failure);
    }
  }

  #fetch(scope: string, entry: Entry): Promise<AccessToken> {
    if (entry.fetching !== undefined) return entry.fetching;
    if (entry.failure !== undefined && this.#isRecent(entry.failedAtMs)) return Promise.reject(entry.failure);
    const fetching = this.#issue(scope, entry).finally(() => {
      delete entry.fetching;
    });
    entry.fetching = fetching;
    return fetching;
  }

  async #issue(scope: string, entry: Entry): Promise<AccessToken> {
    try {
      const issued = await this.#options.source(scope);
      entry.held = this.#hold(issued);
      delete entry.failedAtMs;
      delete entry.failure;
      return entry.held;
    } catch (error) {
      entry.failedAtMs = this.#options.clock.now();
      if (error instanceof AzureError) entry.failure = error;
      throw error;
    }
  }

  #hold(issued: IssuedToken): Held {
    const now = this.#options.clock.now();
    const refreshAfter = issued.lifetimeMs * (REFRESH_FROM + REFRESH_SPREAD * this.#options.random());
    const margin = Math.min(MAX_MARGIN_MS, issued.lifetimeMs / 10);
    return {
      token: issued.token,
      expiresOnTimestamp: now + issued.lifetimeMs,
      refreshAtMs: now + refreshAfter,
      unusableAtMs: now + issued.lifetimeMs - margin,
    };
  }
}
