import { OWNER_TAG } from "./group.ts";
import { type JsonObject, objectAt } from "./json.ts";

/** Tags of a resource as Azure shows them; empty when there are none. */
export function tagsOf(body: JsonObject): Readonly<Record<string, string>> {
  const entries = Object.entries(objectAt(body, "tags") ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** The value of the owner tag, if the resource has it. */
export function ownerTagOf(body: JsonObject): string | undefined {
  return Object.entries(tagsOf(body)).find(([key]) => isOwnerTag(key))?.[1];
}

/** Every tag but the owner tag: what a resource keeps that is given up. */
export function withoutOwnerTag(body: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tagsOf(body)).filter(([key]) => !isOwnerTag(key)));
}

/** Keys of tags compare without case (arm.md 2.2). */
function isOwnerTag(key: string): boolean {
  return key.toLowerCase() === OWNER_TAG.toLowerCase();
}
