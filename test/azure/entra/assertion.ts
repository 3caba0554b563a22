import { createLocalJWKSet, decodeJwt, errors, jwtVerify } from "jose";
import type { JSONWebKeySet, JWTPayload } from "jose";
import { Refusal } from "../kernel/errors.ts";
import type { FederatedTrust, Principal } from "../kernel/principals.ts";
import { entraError } from "./entra-error.ts";

/** How federated assertions are judged. */
export interface AssertionJudge {
  readonly now: () => number;
  readonly jwksOf: (issuer: string) => Promise<unknown>;
  /** Says whether tokens of an issuer are Entra's own; those are refused (AADSTS700222). */
  readonly isEntraIssuer: (issuer: string) => boolean;
  /** Seconds of the clock before a new credential is seen (arm.md 4). */
  readonly credentialDelaySeconds: number;
  /** Seconds of the clock for which a miss is remembered (arm.md 4). */
  readonly missCacheSeconds: number;
  readonly misses: Misses;
}

/** The refusals that are repeated for a while, whatever has been written since (arm.md 4: a negative answer can be cached). */
export class Misses {
  readonly #byAssertion = new Map<string, { readonly refusal: Refusal; readonly untilMs: number }>();

  /** Throws the refusal that is remembered, or the one that the check throws now, which is remembered from then on. */
  through(key: string, { now, missCacheSeconds }: AssertionJudge, check: () => void): void {
    const known = this.#byAssertion.get(key);
    if (known && known.untilMs > now()) throw known.refusal;
    this.#byAssertion.delete(key);
    try {
      check();
    } catch (error) {
      if (error instanceof Refusal && missCacheSeconds > 0) this.#byAssertion.set(key, { refusal: error, untilMs: now() + missCacheSeconds * 1000 });
      throw error;
    }
  }
}

/** Refuses an assertion unless a federated credential of the principal matches it and its issuer has signed it. */
export async function checkAssertion(judge: AssertionJudge, principal: Principal, assertion: string): Promise<void> {
  const nowMs = judge.now();
  const claims = decoded(assertion, nowMs);
  const issuer = claims.iss ?? "";
  if (judge.isEntraIssuer(issuer)) {
    throw entraError("invalid_client", 700222, "Entra ID tokens are not supported for federated identity credential flows.", nowMs);
  }
  const key = JSON.stringify([principal.clientId, issuer, claims.sub, claims.aud]);
  judge.misses.through(key, judge, () => checkMatch(judge, principal, principal.trusts(), claims));
  await checkSignature(judge, assertion, issuer);
}

function decoded(assertion: string, nowMs: number): JWTPayload {
  try {
    return decodeJwt(assertion);
  } catch {
    throw entraError("invalid_client", 50027, "JWT token is invalid or malformed.", nowMs);
  }
}

function checkMatch(judge: AssertionJudge, principal: Principal, trusts: readonly FederatedTrust[], claims: JWTPayload): void {
  const nowMs = judge.now();
  const refusal = (number: number, message: string): Refusal => entraError("invalid_client", number, message, nowMs);
  const { iss: issuer = "", sub: subject = "" } = claims;
  const audiences = [claims.aud ?? []].flat();
  if (trusts.length === 0) {
    throw refusal(70025, `The client '${principal.clientId}'(${principal.name}) has no configured federated identity credentials.`);
  }
  const ofIssuer = trusts.filter((trust) => trust.issuer === issuer);
  if (ofIssuer.length === 0) throw refusal(700211, `No matching federated identity record found for presented assertion issuer '${issuer}'.`);
  const ofSubject = ofIssuer.filter((trust) => trust.subject === subject);
  const differsInCaseOnly = ofIssuer.some((trust) => trust.subject.toLowerCase() === subject.toLowerCase());
  if (ofSubject.length === 0 && differsInCaseOnly) {
    const message = `No matching federated identity record found for presented assertion subject '${subject}'. Subjects are compared case-sensitively.`;
    throw refusal(7_002_138, message);
  }
  if (ofSubject.length === 0) throw refusal(700213, `No matching federated identity record found for presented assertion subject '${subject}'.`);
  const matching = ofSubject.filter((trust) => audiences.includes(trust.audience));
  if (matching.length === 0) {
    throw refusal(700212, `No matching federated identity record found for presented assertion audience '${audiences.join(",")}'.`);
  }
  if (matching.some((trust) => trust.writtenAtMs + judge.credentialDelaySeconds * 1000 <= nowMs)) return;
  throw refusal(
    70021,
    `No matching federated identity record found for presented assertion. Assertion Issuer: '${issuer}'. ` +
      `Assertion Subject: '${subject}'. Assertion Audience: '${audiences.join(",")}'.`,
  );
}

async function checkSignature(judge: AssertionJudge, assertion: string, issuer: string): Promise<void> {
  const nowMs = judge.now();
  const keys = await judge.jwksOf(issuer).catch(() => {
    throw entraError("invalid_request", 90061, `Request to External OIDC endpoint '${issuer}' failed.`, nowMs);
  });
  await jwtVerify(assertion, createLocalJWKSet(keys as JSONWebKeySet), { currentDate: new Date(nowMs) }).catch((error: unknown) => {
    const untimely = error instanceof errors.JWTExpired || (error instanceof errors.JWTClaimValidationFailed && error.claim === "nbf");
    if (untimely) throw entraError("invalid_client", 700024, "Client assertion is not within its valid time range.", nowMs);
    throw entraError("invalid_client", 700027, "Client assertion failed signature validation.", nowMs);
  });
}

/** The keys of an issuer, by its discovery document. Throws when they cannot be had. */
export async function fetchedJwks(issuer: string): Promise<unknown> {
  const discovery = await fetchedJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  return fetchedJson(String((discovery as { readonly jwks_uri?: unknown }).jwks_uri));
}

async function fetchedJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`cannot read ${url}: HTTP ${response.status}`);
  return response.json();
}
