import type { ArmId } from "../api/arm-id.ts";
import { armIdParts } from "../api/arm-id.ts";

/** What a pointer of Azure's may not leave. */
export interface TrustedPlace {
  /** The endpoint of ARM. */
  readonly endpoint: string;
  /** The id that was asked for: its subscription. */
  readonly id: ArmId;
}

/**
 * The absolute URL to which an answer points when it stays with this endpoint and subscription, else undefined: the token
 * goes along with it. It is used verbatim, since its query is signed (arm.md 2.3).
 */
export function trustedUrl({ endpoint, id }: TrustedPlace, pointer: string): string | undefined {
  if (!URL.canParse(pointer, endpoint)) return undefined;
  const url = new URL(pointer, endpoint);
  const subscription = /^\/subscriptions\/([^/]+)\//i.exec(url.pathname)?.[1]?.toLowerCase();
  const sameHost = url.protocol === "https:" && url.host === new URL(endpoint).host;
  const trusted = sameHost && url.username === "" && subscription === armIdParts(id).subscriptionId.toLowerCase();
  if (!trusted) return undefined;
  return pointer.startsWith("https://") ? pointer : url.href;
}
