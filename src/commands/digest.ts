import { createHash, createHmac, randomBytes } from "node:crypto";

/** A digest of values that Azure hides: HMAC-SHA256 with a key, as `<key id>:<hex>`. The id tells keys apart and tells nothing of them. */
export function digestWith(key: Uint8Array = randomBytes(32)): (value: string) => string {
  const keyId = createHash("sha256").update(key).digest("hex").slice(0, 8);
  return (value) => `${keyId}:${createHmac("sha256", key).update(value).digest("hex")}`;
}
