import { createHash } from "node:crypto";

/** A short stand-in for what a body says; what is public in Azure may be stored so in a status. */
export function contentDigest(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
