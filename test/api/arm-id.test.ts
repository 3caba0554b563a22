import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ARM_ID_PATTERN,
  type ArmId,
  armId,
  armIdKey,
  armIdParts,
  armIdType,
  childId,
  extensionId,
  groupScope,
  isWithinScope,
  parentOf,
  parseAnyArmId,
  parseArmId,
  parseScope,
  subscriptionScope,
} from "../../src/api/arm-id.ts";
import { armIdOf } from "../../src/api/crd-rules.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { doubtfulIds, idParts, validIds } from "./arbitrary-ids.ts";

const GROUP = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example";
const SITE = `${GROUP}/providers/Microsoft.Web/sites/msdocs-identity-example`;

describe("parseArmId", () => {
  test("gives back what was built", () => {
    fc.assert(
      fc.property(idParts, (given) => {
        const id = armId(given);
        expect(parseArmId(id)).toEqual({ ok: true, id });
        expect(armIdParts(id)).toEqual({ ...given, subscriptionId: given.subscriptionId.toLowerCase() });
      }),
    );
  });

  test("takes every spelling for the same resource, and its own answer for final", () => {
    fc.assert(
      fc.property(validIds, (id) => {
        for (const spelling of [id.toUpperCase(), id.toLowerCase(), id.replace("resourceGroups", "resourcegroups")]) {
          const parsed = parseArmId(spelling);
          if (!parsed.ok) throw new Error(parsed.error);
          expect(armIdKey(parsed.id)).toBe(armIdKey(id));
          expect(parseArmId(parsed.id)).toEqual(parsed);
        }
      }),
    );
  });

  test("never throws, and says in one line what is wrong", () => {
    fc.assert(
      fc.property(doubtfulIds, (given) => {
        const parsed = parseArmId(given);
        if (!parsed.ok) expect(parsed.error).toMatch(/^.{10,100}$/u);
      }),
      { numRuns: 1000 },
    );
  });

  test("accepts what the CRD's rules accept, and nothing else", () => {
    const grammar = new RegExp(ARM_ID_PATTERN, "i");
    fc.assert(
      fc.property(fc.oneof(validIds, doubtfulIds), (given) => {
        const isExtension = given.toLowerCase().split("/providers/").length > 2;
        expect(parseArmId(given).ok).toBe(given.length <= 1024 && grammar.test(given) && !given.includes("..") && !isExtension);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    { given: "", error: 'it does not begin with "/subscriptions/"' },
    { given: SITE.slice(1), error: 'it does not begin with "/subscriptions/"' },
    { given: `https://management.azure.com${SITE}`, error: 'it does not begin with "/subscriptions/"' },
    { given: SITE.replace("aaaa0a0a", "production"), error: "the subscription is not a GUID" },
    { given: SITE.replace(/.resourceGroups.[^/]+/u, ""), error: '"/resourceGroups/" does not follow the subscription' },
    { given: SITE.replace("/msdocs-identity-example/", "/group./"), error: "the resource group name is not valid" },
    { given: SITE.replace("/msdocs-identity-example/", "/a b/"), error: "the resource group name is not valid" },
    { given: SITE.replace("/providers", ""), error: '"/providers/" does not follow the resource group' },
    { given: SITE.replace("Microsoft.Web", "Web"), error: "the provider namespace is not valid" },
    { given: SITE.slice(0, SITE.lastIndexOf("/")), error: "it does not end with pairs of a type and a name" },
    { given: `${SITE}/`, error: "it does not end with pairs of a type and a name" },
    { given: SITE.replace("/providers", "//providers"), error: '"/providers/" does not follow the resource group' },
    { given: `${SITE}/../other`, error: 'it contains ".."' },
    { given: `${SITE}/slots/..`, error: 'it contains ".."' },
    { given: SITE.replace("/msdocs-identity-example/", "/../"), error: 'it contains ".."' },
    { given: `${SITE}%2e%2e`, error: "a type or a name in it has characters that are not allowed" },
    { given: `${SITE}?api-version=2025-05-01`, error: "a type or a name in it has characters that are not allowed" },
    { given: `${SITE}#identity`, error: "a type or a name in it has characters that are not allowed" },
    { given: `${SITE}\\other`, error: "a type or a name in it has characters that are not allowed" },
    { given: `${SITE}\r\nx-ms-force: true`, error: "a type or a name in it has characters that are not allowed" },
    { given: `${SITE}\n`, error: "a type or a name in it has characters that are not allowed" },
    { given: `${SITE} `, error: "a type or a name in it has characters that are not allowed" },
    { given: `${SITE}\u0000`, error: "a type or a name in it has characters that are not allowed" },
    { given: `${SITE}\u2215other`, error: "a type or a name in it has characters that are not allowed" },
    { given: `${SITE}\u202Eother`, error: "a type or a name in it has characters that are not allowed" },
    { given: `${SITE}${"a".repeat(1024)}`, error: "it is longer than 1024 characters" },
  ])("refuses $given: $error", ({ given, error }) => {
    expect(parseArmId(given)).toEqual({ ok: false, error });
  });
});

describe("the types of hosts", () => {
  const HOST_TYPES = HOSTS.map(({ type }) => type);
  const isHost = (id: string) => armIdOf("a host", HOST_TYPES).every(({ holds }) => holds(id));

  const types = fc.constantFrom(...HOST_TYPES, "Microsoft.Web/serverfarms", "Microsoft.WebPages/sites", "Microsoft.Web/sites/functions");
  const typed = fc.tuple(idParts, types, fc.boolean()).map(([given, type, isExtension]) => {
    const [provider = "", ...segments] = type.split("/");
    const names = segments.map((_, index) => given.names[index] ?? "name");
    if (!isExtension) return armId({ ...given, provider, types: segments, names });
    return extensionId(armId(given), { provider, type: segments.join("/name/"), name: "name" });
  });

  test("the CRD's rule and the grammar agree, also about extensions that end like a host", () => {
    const known: ReadonlySet<string> = new Set(HOST_TYPES.map((type) => type.toLowerCase()));
    fc.assert(
      fc.property(typed, (id) => {
        expect(isHost(id)).toBe(parseArmId(id).ok && known.has(armIdType(id)));
      }),
    );
  });
});

describe("scopes and extensions", () => {
  const subscription = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
  const grant = { provider: "Microsoft.Authorization", type: "roleAssignments", name: "11111111-2222-3333-4444-555555555555" };

  test.each([
    { given: subscription.toUpperCase(), id: subscription },
    { given: `${subscription}/`, id: subscription },
    { given: GROUP.replace("resourceGroups", "RESOURCEGROUPS"), id: GROUP },
    { given: SITE, id: SITE },
    { given: `${SITE}/slots/staging`, id: `${SITE}/slots/staging` },
  ])("parseScope takes $given", ({ given, id }) => {
    expect(parseScope(given.replace("/SUBSCRIPTIONS/", "/subscriptions/"))).toEqual({ ok: true, id });
  });

  test.each([
    { given: "/", error: 'it does not begin with "/subscriptions/"' },
    { given: "/providers/Microsoft.Management/managementGroups/all", error: 'it does not begin with "/subscriptions/"' },
    { given: `${subscription}/providers/Microsoft.Web/sites/web`, error: "it is a resource outside of resource groups" },
    { given: `${SITE}/providers/Microsoft.Authorization/roleAssignments/x`, error: "it is the id of an extension of another resource" },
    { given: `${GROUP}/sites/web`, error: '"/providers/" does not follow the resource group' },
  ])("parseScope refuses $given: $error", ({ given, error }) => {
    expect(parseScope(given)).toEqual({ ok: false, error });
  });

  test("an extension is parsed back, with the type and the name of its last part", () => {
    const scopes = fc.oneof(validIds, fc.constantFrom(subscription as ArmId, GROUP as ArmId));
    fc.assert(
      fc.property(scopes, (scope) => {
        const id = extensionId(scope, grant);
        fc.pre(id.length <= 1024);
        expect(parseAnyArmId(id)).toEqual({ ok: true, id });
        expect(armIdType(id)).toBe("microsoft.authorization/roleassignments");
        expect(armIdParts(id)).toMatchObject({ subscriptionId: armIdParts(scope).subscriptionId, names: [grant.name] });
        expect(parseArmId(id).ok).toBe(scope === GROUP);
      }),
    );
  });

  test("the scopes of ids that are no resources", () => {
    expect(subscriptionScope("AAAA0A0A-BB1B-CC2C-DD3D-EEEEEE4E4E4E")).toBe(subscription);
    expect(groupScope("AAAA0A0A-BB1B-CC2C-DD3D-EEEEEE4E4E4E", "msdocs-identity-example")).toBe(GROUP);
    expect(armIdParts(subscription as ArmId)).toEqual({ subscriptionId: subscription.slice(15), resourceGroup: "", provider: "", types: [], names: [] });
  });

  test("a child and its parent", () => {
    expect(childId(SITE as ArmId, "slots", "staging")).toBe(`${SITE}/slots/staging`);
    expect(parentOf(`${SITE}/slots/staging` as ArmId)).toBe(SITE);
    expect(parentOf(SITE as ArmId)).toBeUndefined();
  });
});

describe("isWithinScope", () => {
  const id = armId(armIdParts(SITE as Parameters<typeof armIdParts>[0]));

  test.each([
    { scope: "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e", within: true },
    { scope: "/subscriptions/AAAA0A0A-BB1B-CC2C-DD3D-EEEEEE4E4E4E/", within: true },
    { scope: GROUP.replace("resourceGroups/msdocs", "resourcegroups/MSDOCS"), within: true },
    { scope: SITE, within: true },
    { scope: `${SITE}/slots/staging`, within: false },
    { scope: GROUP.replace("-identity-example", ""), within: false },
    { scope: "/subscriptions/bbbb1b1b-cc2c-dd3d-ee4e-ffffff5f5f5f", within: false },
    { scope: "", within: false },
    { scope: "/", within: false },
  ])("$scope: $within", ({ scope, within }) => {
    expect(isWithinScope(id, scope)).toBe(within);
  });
});
