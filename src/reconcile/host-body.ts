import { isJsonObject, type Json, type JsonObject } from "../api/json.ts";
import type { HiddenValue, HostRow } from "../kinds/host-row.ts";
import { type Found, valuesAt } from "./body-paths.ts";
import type { Refusal } from "./refusal.ts";

/** A place in a host's body by which the host itself uses an identity, named by ARM id or client id. */
export interface HostUse {
  readonly path: string;
  readonly identity: string;
}

/** What a body says that the row's paths point to: the identities that the host itself uses. */
export function usesOf(row: HostRow, body: JsonObject): readonly HostUse[] {
  return textUses(row.uses, body);
}

/** The identities that stand at these paths of a body. */
export function textUses(paths: readonly string[], body: JsonObject): readonly HostUse[] {
  const texts = paths.flatMap((path) => valuesAt(body, path));
  return texts.flatMap(({ path, value }) => (typeof value === "string" && value !== "" ? [{ path, identity: namedBy(value) }] : []));
}

/** Paths of values that Azure takes and does not show, so that writing the GET back would lose them. */
export function hiddenIn(row: HostRow, body: JsonObject): readonly string[] {
  return row.hidden.flatMap((rule) => valuesAt(body, rule.at).flatMap((place) => hiddenAt(rule, place)));
}

/** What keeps a row's way from working on this host; undefined when nothing does. */
export function barrierOf({ requires }: HostRow, body: JsonObject): Refusal | undefined {
  if (requires === undefined) return undefined;
  const others = valuesAt(body, requires.at).filter(({ value }) => !isText(value, requires.is));
  return others.length === 0 ? undefined : { reason: "HostNotSupported", message: requires.otherwise };
}

/** Cosmos DB writes `<kind of identity>=<id>`, with more after an ampersand (arm.md 11). */
function namedBy(text: string): string {
  return text.replace(/^[A-Za-z]+=/, "").replace(/&.*$/, "");
}

function hiddenAt({ value, unless, when }: HiddenValue, { path, value: place }: Found): readonly string[] {
  if (!isJsonObject(place)) return [];
  if (when !== undefined && !when.is.some((text) => isText(place[when.member], text))) return [];
  if (value === "*") return isFilled(place) ? [] : [path];
  const shown = [...(value === undefined ? [] : [value]), ...(unless ?? [])];
  if (shown.some((name) => place[name] !== undefined && place[name] !== null)) return [];
  return [value === undefined ? path : `${path}.${value}`];
}

/** An object whose members are all hidden shows none, or none with a value. */
function isFilled(place: JsonObject): boolean {
  const members = Object.values(place);
  return members.length > 0 && members.every((member) => member !== undefined && member !== null);
}

function isText(value: Json | undefined, text: string): boolean {
  return typeof value === "string" && value.toLowerCase() === text.toLowerCase();
}
