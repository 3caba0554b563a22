import { OWNER_TAG } from "./group.ts";
import { type JsonObject, objectAt } from "./json.ts";

/** Tags of a resource as Azure shows them; empty when there are none. */
export function tagsOf(body: JsonObject): Readonly<Record<string, string>> {
  const entries = Object.entries(objectAt(body, "tags") ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** The value of a tag; keys compare without case (arm.md 2.2). */
export function tagValue(tags: Readonly<Record<string, string>>, key: string): string | undefined {
  if (tags[key] !== undefined) return tags[key];
  const found = Object.keys(tags).find((candidate) => candidate.toLowerCase() === key.toLowerCase());
  return found === undefined ? undefined : tags[found];
}

/** The value of the owner tag, if the resource has it. */
export function ownerTagOf(body: JsonObject): string | undefined {
  return tagValue(tagsOf(body), OWNER_TAG);
}

/** Every tag but the owner tag: what a resource keeps that is given up. */
export function withoutOwnerTag(body: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tagsOf(body)).filter(([key]) => key.toLowerCase() !== OWNER_TAG.toLowerCase()));
}
