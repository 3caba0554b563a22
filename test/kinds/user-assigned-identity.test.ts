import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OWNER_TAG } from "../../src/api/group.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { UserAssignedIdentitySpec } from "../../src/api/user-assigned-identity.ts";
import { userAssignedIdentity } from "../../src/kinds/user-assigned-identity.ts";
import { making, surroundings } from "../reconcile/never.ts";
import { objectWith, resourceShapeOf } from "./objects.ts";

const shape = resourceShapeOf(userAssignedIdentity);
const MARK = "cluster/default/a";
const specOf = (spec: JsonObject): UserAssignedIdentitySpec => {
  const parsed = userAssignedIdentity.parse(objectWith(spec));
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.spec;
};

/** Tag keys that Azure takes, and that are unlike when case is ignored, as it compares them; also names that every object of JavaScript has. */
const key = fc.oneof(fc.string({ minLength: 1, maxLength: 8 }), fc.constantFrom("constructor", "toString", "hasOwnProperty", "Env", "env"));
const tags = fc.uniqueArray(fc.tuple(key.filter((text) => text !== "__proto__" && !/[<>%&?/\\]/.test(text)), fc.string({ maxLength: 8 })), { selector: ([name]) => name.toLowerCase(), maxLength: 6 }).map((entries) => Object.fromEntries(entries));
const regions = fc.constantFrom(["westeurope", "West Europe"], ["westus2", "West US 2"], ["West US 2", "westus2"]);

/** What Azure answers to a PUT: ids of its own, the region as it likes, tag keys in another case, tags of a policy. */
function returned(sent: JsonObject, more: { readonly region: string; readonly upper: boolean; readonly foreign: Readonly<Record<string, string>> }): JsonObject {
  const own = Object.entries(sent["tags"] as Readonly<Record<string, string>>);
  const taken = new Set(own.map(([name]) => name.toLowerCase()));
  const foreign = Object.entries(more.foreign).filter(([name]) => !taken.has(name.toLowerCase()));
  const spelled = own.map(([name, value]) => [more.upper && name.toUpperCase().toLowerCase() === name.toLowerCase() ? name.toUpperCase() : name, value]);
  return { location: more.region, tags: Object.fromEntries([...spelled, ...foreign]), properties: { principalId: "P", clientId: "C", tenantId: "T" }, systemData: {} };
}

describe("a user-assigned identity", () => {
  test("that Azure returns as it was declared differs in nothing", () => {
    fc.assert(
      fc.property(tags, tags, regions, fc.boolean(), (declared, foreign, [location, region], upper) => {
        const spec = specOf({ tags: declared, location: location ?? "" });
        const made = making({ location: location ?? "", heldTagKeys: Object.keys(declared) });
        expect(shape.differences(spec, returned(shape.desired(spec, made), { region: region ?? "", upper, foreign }), made)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("whatever its tags are, is as declared after one PATCH, and keeps those of others", () => {
    fc.assert(
      fc.property(tags, tags, fc.subarray(["constructor", "Env", "toString", "old"]), (declared, actual, heldTagKeys) => {
        const spec = specOf({ tags: declared });
        const made = making({ location: "", heldTagKeys });
        const have = { location: "westeurope", tags: actual };
        const healed = { ...have, ...shape.steps(spec, have, made)[0]?.body };
        expect(shape.differences(spec, healed, made)).toEqual([]);
        const ours = new Set([...Object.keys(declared), ...heldTagKeys, OWNER_TAG].map((name) => name.toLowerCase()));
        const foreign = Object.entries(actual).filter(([name]) => !ours.has(name.toLowerCase()));
        expect(Object.entries(healed["tags"] as object)).toEqual(expect.arrayContaining(foreign));
      }),
      { numRuns: 500 },
    );
  });

  test.each<{ readonly name: string; readonly spec: JsonObject; readonly tags: JsonObject | null | undefined; readonly held?: readonly string[]; readonly want: readonly string[] }>([
    { name: "no tags at all", spec: {}, tags: undefined, want: [`tags[${OWNER_TAG}]: (absent) -> ${MARK}`] },
    { name: "null", spec: {}, tags: null, want: [`tags[${OWNER_TAG}]: (absent) -> ${MARK}`] },
    { name: "another owner's mark", spec: {}, tags: { [OWNER_TAG]: "x" }, want: [`tags[${OWNER_TAG}]: x -> ${MARK}`] },
    { name: "one of another value", spec: { tags: { env: "prod" } }, tags: { [OWNER_TAG]: MARK, Env: "test" }, want: ["tags[env]: test -> prod"] },
    { name: "one that is no longer declared", spec: {}, tags: { [OWNER_TAG]: MARK, ENV: "prod" }, held: ["env"], want: ["tags[ENV]: prod -> (absent)"] },
    { name: "one that is no longer declared, and gone", spec: {}, tags: { [OWNER_TAG]: MARK }, held: ["env"], want: [] },
    { name: "one of others", spec: {}, tags: { [OWNER_TAG]: MARK, policy: "x" }, want: [] },
    { name: "none for a key that every object of JavaScript has", spec: { tags: { constructor: "x" } }, tags: { [OWNER_TAG]: MARK }, want: ["tags[constructor]: (absent) -> x"] },
  ])("with $name", ({ spec, tags: actual, held = [], want }) => {
    const have = { location: "West Europe", ...(actual === undefined ? {} : { tags: actual }) };
    const found = shape.differences(specOf(spec), have, making({ heldTagKeys: held }));
    expect(found.map((each) => `${each.path}: ${each.have} -> ${each.want}`)).toEqual(want);
  });

  test("of another region cannot be healed, and of an undeclared one is fine", () => {
    const have = { location: "North Europe", tags: { [OWNER_TAG]: MARK } };
    expect(shape.differences(specOf({}), have, making())).toEqual([{ path: "location", want: "westeurope", have: "North Europe", mutable: false }]);
    expect(shape.differences(specOf({}), have, making({ location: "" }))).toEqual([]);
  });

  test.each<[string, JsonObject, JsonObject]>([
    ["shows its ids", { properties: { principalId: "P", clientId: "C", tenantId: "T", isolationScope: "None" } }, { principalId: "P", clientId: "C", tenantId: "T" }],
    ["without properties shows none", {}, {}],
    ["with nulls shows none", { properties: { principalId: null, clientId: 7 } }, {}],
  ])("%s", (_name, have, want) => expect(shape.observed(have, undefined, surroundings())).toEqual(want));

  test("is told from a later one of its name by its principal, in any case", () => {
    expect(shape.incarnation?.({ properties: { principalId: "ABC" } })).toBe(shape.recorded?.({ principalId: "abc" }));
    expect([shape.incarnation?.({}), shape.recorded?.(undefined), shape.recorded?.("x")]).toEqual([undefined, undefined, undefined]);
  });
});
