import type { Refusal } from "../kernel/errors.ts";
import type { NameRule } from "../kernel/resource-type.ts";

export const ROLE_ASSIGNMENT_TYPE = "Microsoft.Authorization/roleAssignments";

export const AUTHORIZATION_API_VERSIONS: readonly string[] = [
  "2015-07-01",
  "2018-01-01-preview",
  "2020-04-01-preview",
  "2020-10-01-preview",
  "2021-04-01-preview",
  "2022-04-01",
];

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Says whether a text is a GUID with dashes. */
export function isGuid(text: string): boolean {
  return GUID.test(text);
}

/** The rule of names that are GUIDs, with the provider's own refusal. */
export function guidName(refusal: (name: string) => Refusal): NameRule {
  return { pattern: GUID, says: "a GUID", refusal };
}
