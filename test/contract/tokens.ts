import { CredentialSet } from "../../src/azure/credential-set.ts";
import { CachedCredential } from "../../src/azure/credentials.ts";
import type { CredentialPort, TokenClaims } from "../../src/reconcile/credential-port.ts";

/** Tokens outlive every story. */
const LIFETIME_MS = 1e12;

/** The real credentials, whose tokens an authority issues that never refuses: one is held once it was asked for. */
export class Tokens implements CredentialPort {
  readonly #set: CredentialSet;
  #issued = 0;

  constructor(clock: { now(): number } = { now: () => 0 }) {
    const source = () => Promise.resolve({ token: `token ${(this.#issued += 1)}`, lifetimeMs: LIFETIME_MS });
    const random = () => 0.5;
    this.#set = new CredentialSet({ operator: new CachedCredential({ source, clock, random }), sourceOf: () => source, clock, random });
  }

  /** Has a token of a credential. */
  async hold(credential: string): Promise<void> {
    await this.#set.provider(credential)?.getToken("https://management.azure.com/.default");
  }

  isHeld(credential: string): boolean {
    return this.#set.isHeld(credential);
  }

  claims(credential: string): TokenClaims | undefined {
    return this.#set.claims(credential);
  }

  forget(credential: string): void {
    this.#set.forget(credential);
  }
}
