import { type Account, accountSubject, parseCredential } from "../api/credential.ts";
import type { AzureFailure, Clock, Random } from "./contract.ts";
import { CachedCredential, type TokenSource } from "./credentials.ts";
import type { TokenProvider } from "./pipeline.ts";
import { claimsOfToken, type TokenClaims } from "./token-claims.ts";

/** What {@link CredentialSet} needs. */
export interface CredentialSetOptions {
  /** The operator's own tokens; undefined when it has no identity in Azure. */
  readonly operator: CachedCredential | undefined;
  /** Subject of the token that the operator exchanges for its own, where it exchanges one. */
  readonly operatorSubject?: () => string | undefined;
  /** Where the tokens of an account come from. */
  readonly sourceOf: (account: Account) => TokenSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly onRefreshFailed?: (credential: string, failure: AzureFailure) => void;
}

/**
 * The tokens of all credentials by their names: one cache per life of an account and what it is annotated with, so that one which
 * was made anew or signs in as another application begins without any.
 */
export class CredentialSet {
  readonly #options: CredentialSetOptions;
  readonly #accounts = new Map<string, CachedCredential>();
  /** What tokens said, by the tokens themselves: they are asked for more often than renewed. */
  readonly #claims = new WeakMap<CachedCredential, { readonly token: string; readonly claims: TokenClaims }>();

  constructor(options: CredentialSetOptions) {
    this.#options = options;
  }

  /** Tokens of a credential, as long as it is known; undefined for a name that means none. What is forgotten meanwhile begins anew. */
  provider(name: string): TokenProvider | undefined {
    if (this.#obtain(name) === undefined) return undefined;
    const now = (): CachedCredential => {
      const cached = this.#obtain(name);
      if (cached === undefined) throw new TypeError(`the name ${name} means a credential`);
      return cached;
    };
    return { getToken: async (scope) => now().getToken(scope), renew: async (scope, rejected) => now().renew(scope, rejected) };
  }

  /** Whether an unexpired token is there. */
  isHeld(name: string): boolean {
    return this.#known(name)?.heldToken() !== undefined;
  }

  /** Forgets the tokens of an account; those of the operator itself stay. */
  forget(name: string): void {
    const account = parseCredential(name)?.account;
    if (account !== undefined) this.#accounts.delete(keyOf(account));
  }

  /** Renews what is due, so that a token is there also for an account of which none can be had any more. Never rejects. */
  async renewDue(): Promise<void> {
    await Promise.all([...this.#accounts.values()].map((cached) => cached.renewDue()));
  }

  /** Who the tokens of a credential speak for, once one was had; the client id of an account is known before. */
  claims(name: string): TokenClaims | undefined {
    const held = this.#claimsHeld(name);
    const account = parseCredential(name)?.account;
    const subject = account === undefined ? this.#options.operatorSubject?.() : accountSubject(account.namespace);
    if (held !== undefined) return { ...held, subject };
    return account === undefined ? undefined : { principalId: undefined, clientId: account.clientId, resourceId: undefined, hostId: undefined, subject };
  }

  /** What Azure counts the requests of a credential by: its principal, else its application, else its name. */
  principalOf(name: string): string {
    const { principalId, clientId } = this.claims(name) ?? {};
    return (principalId ?? clientId ?? name).toLowerCase();
  }

  #claimsHeld(name: string): TokenClaims | undefined {
    const cached = this.#known(name);
    const token = cached?.heldToken();
    if (cached === undefined || token === undefined) return undefined;
    const before = this.#claims.get(cached);
    if (before?.token === token) return before.claims;
    const claims = claimsOfToken(token);
    this.#claims.set(cached, { token, claims });
    return claims;
  }

  #known(name: string): CachedCredential | undefined {
    const parsed = parseCredential(name);
    if (parsed === undefined) return undefined;
    return parsed.account === undefined ? this.#options.operator : this.#accounts.get(keyOf(parsed.account));
  }

  #obtain(name: string): CachedCredential | undefined {
    const account = parseCredential(name)?.account;
    const known = this.#known(name);
    if (known !== undefined || account === undefined) return known;
    const { sourceOf, clock, random, onRefreshFailed } = this.#options;
    const made = new CachedCredential({ source: sourceOf(account), clock, random, onRefreshFailed: (failure) => onRefreshFailed?.(name, failure) });
    this.#accounts.set(keyOf(account), made);
    return made;
  }
}

function keyOf({ namespace, uid, clientId, tenantId }: Account): string {
  return [namespace, uid, clientId, tenantId].join(" ");
}
