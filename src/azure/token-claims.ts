import { isJsonObject, type JsonObject, stringAt } from "../api/json.ts";
import { parseJson } from "./envelope.ts";

/** Who a token speaks for, as it says itself. It is not verified: good to protect something, never to allow something. */
export interface TokenClaims {
  /** Object id of the principal (`oid`). */
  readonly principalId: string | undefined;
  /** Application id (`appid`). */
  readonly clientId: string | undefined;
  /** ARM id of the managed identity (`xms_mirid`). */
  readonly resourceId: string | undefined;
  /** ARM id of the host that a managed identity's token was asked for on (`xms_az_rid`). */
  readonly hostId: string | undefined;
  /** Subject of the federated token that was exchanged for it; not a claim, and known only where we exchange one. */
  readonly subject: string | undefined;
}

/** Reads the claims of an access token; nothing of what is no JSON web token. */
export function claimsOfToken(token: string): TokenClaims {
  const payload = payloadOf(token);
  return {
    principalId: stringAt(payload, "oid"),
    clientId: stringAt(payload, "appid"),
    resourceId: stringAt(payload, "xms_mirid"),
    hostId: stringAt(payload, "xms_az_rid"),
    subject: undefined,
  };
}

/** The subject of a token. */
export function subjectOfToken(token: string): string | undefined {
  return stringAt(payloadOf(token), "sub");
}

function payloadOf(token: string): JsonObject {
  const [, payload = ""] = token.split(".");
  const parsed = parseJson(Buffer.from(payload, "base64url").toString("utf8"));
  return isJsonObject(parsed) ? parsed : {};
}
