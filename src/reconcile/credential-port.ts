/** What tokens say of whom they speak for. */
export interface TokenClaims {
  readonly principalId: string | undefined;
  readonly clientId: string | undefined;
  /** ARM id of the managed identity. */
  readonly resourceId: string | undefined;
  /** ARM id of the host on which it was asked for a token. */
  readonly hostId: string | undefined;
  /** Subject of the token that was exchanged for it, where there was one. */
  readonly subject: string | undefined;
}

/** The tokens of credentials, as far as the engine has a say in them. */
export interface CredentialPort {
  /** Whether an unexpired token of a credential is there. */
  isHeld(credential: string): boolean;
  /** Who the tokens of a credential speak for, as far as it is known; not verified, so good only to protect. */
  claims(credential: string): TokenClaims | undefined;
  /** Forgets the tokens of a credential: no object uses it any more. */
  forget(credential: string): void;
}
