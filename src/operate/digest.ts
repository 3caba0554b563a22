import { createHash, createHmac } from "node:crypto";

/** Tells whether a hidden value is still the one that was written, without keeping the value (DESIGN 6). */
export interface Digester {
  /** HMAC of a value, `<keyId>:<hex>`; digests with another key id say nothing about each other. */
  digest(value: string): string;
  /** First 8 hex digits of the key's SHA-256. */
  readonly digestKeyId: string;
}

const KEY_ID_LENGTH = 8;

/** A digester by HMAC-SHA-256 with a key of 32 bytes. */
export function createDigester(key: Uint8Array): Digester {
  const digestKeyId = createHash("sha256").update(key).digest("hex").slice(0, KEY_ID_LENGTH);
  return { digest: (value) => `${digestKeyId}:${createHmac("sha256", key).update(value).digest("hex")}`, digestKeyId };
}
