import { type JsonObject, stringAt } from "../api/json.ts";
import type { Difference, Making } from "./kind.ts";

/** How the region differs from the declared one; regions come as names and as display names (arm.md 2.2). */
export function locationDifferences(have: JsonObject, { location }: Making): readonly Difference[] {
  const region = stringAt(have, "location") ?? "";
  const isElsewhere = location !== "" && regionName(location) !== regionName(region);
  return isElsewhere ? [{ path: "location", want: location, have: region, mutable: false }] : [];
}

/** The name of a region, from that or from its display name. */
export function regionName(location: string): string {
  return location.toLowerCase().replaceAll(" ", "");
}
