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
 * goes along with it. It is used verbatim, since its query is signed (arm.md 2.3). What belongs to no subscription is followed
 * nowhere: nothing of this program is asked of Azure outside of one.
 */
export function trustedUrl({ endpoint, id }: TrustedPlace, pointer: string): string | undefined {
  if (!URL.canParse(pointer, endpoint)) return undefined;
  const url = new URL(pointer, endpoint);
  const subscription = /^\/subscriptions\/([^/]+)\//i.exec(url.pathname)?.[1]?.toLowerCase();
  const sameHost = url.protocol === "https:" && url.host === new URL(endpoint).host;
  const trusted = sameHost && url.username === "" && isPlain(pointer) && subscription === armIdParts(id).subscriptionId.toLowerCase();
  if (!trusted) return undefined;
  return pointer.startsWith("https://") ? pointer : url.href;
}

/**
 * Whether a pointer is sent as it was judged: judging resolves dots, backslashes and line breaks in its path, and sending it verbatim
 * does not.
 */
function isPlain(pointer: string): boolean {
  const path = pointer.split(/[?#]/, 1)[0] ?? "";
  const isDots = (segment: string) => [".", ".."].includes(segment.toLowerCase().replaceAll("%2e", "."));
  return !/[\\\p{Cc}]/u.test(path) && !path.split("/").some(isDots);
}
