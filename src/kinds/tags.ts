import { OWNER_TAG } from "../api/group.ts";
import type { JsonObject } from "../api/json.ts";
import { tagsOf } from "../api/owner-tag.ts";
import type { Difference, Making, Step } from "./kind.ts";

/** The declared tags with the mark. */
export function markedTags(declared: Readonly<Record<string, string>>, mark: string): Readonly<Record<string, string>> {
  return { ...declared, [OWNER_TAG]: mark };
}

/** How the tags differ from what is declared, by keys without case (arm.md 2.2); tags that others set are none of our business. */
export function tagDifferences(declared: Readonly<Record<string, string>>, have: JsonObject, making: Making): readonly Difference[] {
  const actual = tagsOf(have);
  const byKey = new Map(Object.entries(actual).map(([key, value]) => [key.toLowerCase(), value]));
  const wanted = markedTags(declared, making.mark);
  const changed = Object.entries(wanted)
    .filter(([key, value]) => byKey.get(key.toLowerCase()) !== value)
    .map(([key, value]) => tagDifference(key, value, byKey.get(key.toLowerCase())));
  const gone = undeclared(declared, actual, making).map((key) => tagDifference(key, undefined, actual[key]));
  return [...changed, ...gone];
}

/** The whole map for a PATCH, which replaces it: what others set, then what is declared, less what we no longer declare. */
export function mergedTags(
  declared: Readonly<Record<string, string>>,
  have: JsonObject,
  making: Making,
): Readonly<Record<string, string>> {
  const actual = tagsOf(have);
  const wanted = markedTags(declared, making.mark);
  const ours = new Set([...Object.keys(wanted), ...undeclared(declared, actual, making)].map((key) => key.toLowerCase()));
  const others = Object.entries(actual).filter(([key]) => !ours.has(key.toLowerCase()));
  return { ...Object.fromEntries(others), ...wanted };
}

/** The PATCH that writes a whole map of tags; tags disturb nothing that runs. */
export function tagStep(tags: Readonly<Record<string, string>>): Step {
  return { method: "PATCH", path: "", body: { tags }, disruption: "None", effect: "disturbs nothing" };
}

function undeclared(declared: Readonly<Record<string, string>>, actual: Readonly<Record<string, string>>, making: Making): string[] {
  const held = new Set(making.heldTagKeys.map((key) => key.toLowerCase()));
  const wanted = new Set(Object.keys(declared).map((key) => key.toLowerCase()));
  return Object.keys(actual).filter((key) => held.has(key.toLowerCase()) && !wanted.has(key.toLowerCase()));
}

function tagDifference(key: string, want: string | undefined, have: string | undefined): Difference {
  return { path: `tags[${key}]`, want: want ?? "(absent)", have: have ?? "(absent)", mutable: true };
}
