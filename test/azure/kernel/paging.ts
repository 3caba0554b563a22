import { createHmac, randomBytes } from "node:crypto";
import type { Answer } from "./errors.ts";
import { gatewayError } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { World } from "./world.ts";

/** One request for a page. */
export interface PageRequest {
  readonly endpoint: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly pageSize: number;
  /** Whether the first page comes empty, with a nextLink (arm.md 2.4). */
  readonly emptyFirst: boolean;
}

/** An item of a list, with what it is ordered by. */
export interface Item {
  readonly key: string;
  readonly body: () => JsonObject;
}

const key = randomBytes(16);

/** What answers the pages of a list request. */
export function pageOf(world: World, request: Pick<PageRequest, "path" | "query">): PageRequest {
  const { path, query } = request;
  return { endpoint: world.endpoint(), path, query, pageSize: world.settings.pageSize, emptyFirst: world.switches.emptyPages };
}

/** A page's body. */
export interface PageAnswer extends Answer {
  readonly body: { readonly value: readonly JsonObject[]; readonly nextLink?: string };
}

/** A page of items, with an absolute nextLink while there are more (arm.md 2.4). Items must be ordered by key. */
export function page(items: readonly Item[], request: PageRequest): PageAnswer {
  const token = request.query.get("$skiptoken");
  const after = token === null ? undefined : cursorOf(token);
  if (after === undefined && request.emptyFirst && items.length > 0) {
    return { status: 200, body: { value: [], nextLink: nextLink(request, "") } };
  }
  const rest = items.filter((item) => after === undefined || item.key > after);
  const shown = rest.slice(0, topOf(request));
  const last = shown.at(-1);
  const more = last !== undefined && rest.length > shown.length ? { nextLink: nextLink(request, last.key) } : {};
  return { status: 200, body: { value: shown.map((item) => item.body()), ...more } };
}

/** `$top` makes pages smaller, never larger than the server's own. */
function topOf({ query, pageSize }: PageRequest): number {
  const asked = query.get("$top");
  if (asked === null) return pageSize;
  if (!/^[1-9]\d{0,8}$/.test(asked)) throw gatewayError(400, "InvalidTopInQueryString", `Invalid $top '${asked}' specified in the query string.`);
  return Math.min(Number(asked), pageSize);
}

function nextLink(request: PageRequest, cursor: string): string {
  const kept = [...request.query].filter(([name]) => name !== "$skiptoken");
  const members = kept.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `${request.endpoint}${request.path}?${[...members, `%24skiptoken=${encodeURIComponent(tokenOf(cursor))}`].join("&")}`;
}

function tokenOf(cursor: string): string {
  return `${Buffer.from(cursor, "utf8").toString("base64url")}.${seal(cursor)}`;
}

function cursorOf(token: string): string {
  const [encoded = "", sealed] = token.split(".");
  const cursor = Buffer.from(encoded, "base64url").toString("utf8");
  if (sealed !== seal(cursor)) throw gatewayError(400, "InvalidSkipToken", "The skip token of the request is not valid.");
  return cursor;
}

function seal(cursor: string): string {
  return createHmac("sha256", key).update(cursor).digest("base64url").slice(0, 16);
}
