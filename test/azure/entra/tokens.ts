import { randomUUID } from "node:crypto";
import { errors, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import type { CryptoKey, JWK, JWTPayload } from "jose";
import type { Clock } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Principal } from "../kernel/principals.ts";
import type { Caller } from "../kernel/resource-type.ts";

const ALGORITHM = "RS256";
const PUBLIC_AUDIENCES = ["https://management.azure.com", "https://management.core.windows.net"];

interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
  readonly keyId: string;
}

interface Verified {
  readonly caller: Caller;
  readonly expiresAtSeconds: number;
}

/** Issues access tokens with the simulator's own key, and checks them for ARM. */
export class Tokens {
  readonly #clock: Clock;
  readonly #tenantId: string;
  readonly #endpoint: () => string;
  #keys: Promise<KeyPair> | undefined;
  readonly #verified = new Map<string, Verified>();

  constructor(place: { readonly clock: Clock; readonly tenantId: string; readonly endpoint: () => string }) {
    this.#clock = place.clock;
    this.#tenantId = place.tenantId;
    this.#endpoint = place.endpoint;
  }

  /** Takes a token as one of ours without looking at it: who runs in the simulator's own process needs no signature. */
  trust(token: string, caller: Caller): void {
    this.#verified.set(token, { caller, expiresAtSeconds: Number.MAX_SAFE_INTEGER / 1000 });
  }

  /** The audience of a `{resource}/.default` scope; undefined when no such resource is known. */
  audienceOf(scope: string): string | undefined {
    const resource = scope.replace(/\/\.default$/, "");
    return this.#accepts(resource) ? resource : undefined;
  }

  /** A signed access token for a principal, valid for that many seconds of the clock. */
  async issue(principal: Principal, audience: string, lifetimeSeconds: number): Promise<string> {
    const nowSeconds = Math.floor(this.#clock.now() / 1000);
    const keys = await this.#pair();
    const claims = {
      appid: principal.clientId,
      appidacr: "2",
      idtyp: "app",
      oid: principal.principalId,
      tid: this.#tenantId,
      uti: randomUUID(),
      ver: "1.0",
      ...(principal.kind === "userAssigned" ? { xms_mirid: principal.owner } : {}),
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ: "JWT", kid: keys.keyId })
      .setIssuer(`https://sts.windows.net/${this.#tenantId}/`)
      .setSubject(principal.principalId)
      .setAudience(audience)
      .setIssuedAt(nowSeconds)
      .setNotBefore(nowSeconds)
      .setExpirationTime(nowSeconds + lifetimeSeconds)
      .sign(keys.privateKey);
  }

  /** The public keys that the tokens are signed with. */
  async jwks(): Promise<{ readonly keys: readonly JWK[] }> {
    const keys = await this.#pair();
    const key = await exportJWK(keys.publicKey);
    return { keys: [{ ...key, kid: keys.keyId, use: "sig", alg: ALGORITHM }] };
  }

  /** Who an Authorization header speaks for. Refuses with 401 (arm.md 2.5) whatever is missing, forged, foreign or expired. */
  async verify(authorization: string | undefined): Promise<Caller> {
    const token = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) throw this.#unauthorized("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.");
    const verified = this.#verified.get(token) ?? (await this.#examine(token));
    if (verified.expiresAtSeconds * 1000 <= this.#clock.now()) throw this.#expired();
    this.#verified.set(token, verified);
    return verified.caller;
  }

  async #examine(token: string): Promise<Verified> {
    const { payload } = await jwtVerify(token, (await this.#pair()).publicKey, { currentDate: new Date(this.#clock.now()) }).catch((error: unknown) => {
      if (error instanceof errors.JWTExpired) throw this.#expired();
      throw this.#unauthorized("InvalidAuthenticationToken", "The access token is invalid.");
    });
    if (!this.#accepts(String(payload.aud))) {
      const message = `The access token has been obtained for wrong audience or resource '${String(payload.aud)}'.`;
      throw this.#unauthorized("InvalidAuthenticationToken", message);
    }
    return { caller: callerOf(payload), expiresAtSeconds: payload.exp ?? 0 };
  }

  /** The key pair is made when it is first needed: it takes as long as everything else together. */
  #pair(): Promise<KeyPair> {
    this.#keys ??= generateKeyPair(ALGORITHM).then((pair) => ({ ...pair, keyId: randomUUID() }));
    return this.#keys;
  }

  #accepts(audience: string): boolean {
    return [...PUBLIC_AUDIENCES, this.#endpoint()].includes(audience.replace(/\/+$/, ""));
  }

  #expired(): Refusal {
    return this.#unauthorized("ExpiredAuthenticationToken", "The access token expiry is at a time that has passed.");
  }

  #unauthorized(code: string, message: string): Refusal {
    const challenge = `Bearer authorization_uri="${this.#endpoint()}/${this.#tenantId}", error="invalid_token", error_description="${message}"`;
    const headers = { "www-authenticate": challenge, "x-ms-failure-cause": "gateway" };
    return new Refusal({ status: 401, headers, body: { error: { code, message } } }, message);
  }
}

function callerOf(payload: JWTPayload): Caller {
  return { principalId: String(payload["oid"]), clientId: String(payload["appid"]) };
}
