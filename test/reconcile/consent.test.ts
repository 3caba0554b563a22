import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NamespaceSelector } from "../../src/api/consent.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { type Consent, consentOf } from "../../src/reconcile/consent.ts";

type Labels = Readonly<Record<string, string>>;

function identity(spec: unknown): KubeObject {
  return {
    apiVersion: "azureidentity.dev/v1alpha1",
    kind: "UserAssignedIdentity",
    metadata: { name: "a", namespace: "team-blue", uid: "u", resourceVersion: "1", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec,
  };
}

const given: Consent = { is: "given" };
const held: Consent = { is: "withheld", detaches: false };
const detached: Consent = { is: "withheld", detaches: true };
const back: JsonObject = { onConsentWithdrawn: "Detach" };
const selecting = (selector: JsonObject): JsonObject => ({ allowedNamespaces: { from: "Selector", selector } });
const expressions = (...matchExpressions: readonly JsonObject[]): JsonObject => selecting({ matchExpressions });

const rows: readonly { readonly name: string; readonly spec: unknown; readonly from?: string; readonly labels?: Labels | undefined; readonly want: Consent }[] = [
  { name: "its own namespace, whatever the spec says", spec: { ...back, allowedNamespaces: 7 }, from: "team-blue", want: given },
  { name: "its own namespace of which no labels are known", spec: selecting({ matchLabels: { a: "b" } }), from: "team-blue", labels: undefined, want: given },
  { name: "another namespace without a word", spec: {}, want: held },
  { name: "another namespace without a word, with Detach", spec: back, want: detached },
  { name: "Same", spec: { allowedNamespaces: { from: "Same" } }, want: held },
  { name: "an empty allowedNamespaces", spec: { allowedNamespaces: {} }, want: held },
  { name: "All", spec: { allowedNamespaces: { from: "All" } }, want: given },
  { name: "All, from a namespace of which no labels are known", spec: { allowedNamespaces: { from: "All" } }, labels: undefined, want: given },
  { name: "a selector that it meets", spec: selecting({ matchLabels: { a: "b" } }), labels: { a: "b", c: "d" }, want: given },
  { name: "a selector that it does not meet", spec: selecting({ matchLabels: { a: "b" } }), labels: { a: "c" }, want: held },
  { name: "a selector that it meets in part", spec: selecting({ matchLabels: { a: "b", c: "d" } }), labels: { a: "b" }, want: held },
  { name: "a selector that it does not meet, with Detach", spec: { ...back, ...selecting({ matchLabels: { a: "b" } }) }, labels: {}, want: detached },
  { name: "a selector while its labels are not known, with Detach", spec: { ...back, ...selecting({ matchLabels: { a: "b" } }) }, labels: undefined, want: held },
  { name: "a label that every object inherits", spec: expressions({ key: "constructor", operator: "Exists" }), labels: {}, want: held },
  { name: "In, with the value", spec: expressions({ key: "a", operator: "In", values: ["b", "c"] }), labels: { a: "c" }, want: given },
  { name: "In, with another value", spec: expressions({ key: "a", operator: "In", values: ["b"] }), labels: { a: "c" }, want: held },
  { name: "In, without the label", spec: expressions({ key: "a", operator: "In", values: ["b"] }), labels: {}, want: held },
  { name: "NotIn, without the label", spec: expressions({ key: "a", operator: "NotIn", values: ["b"] }), labels: {}, want: given },
  { name: "NotIn, with the value", spec: expressions({ key: "a", operator: "NotIn", values: ["b"] }), labels: { a: "b" }, want: held },
  { name: "Exists, with an empty value", spec: expressions({ key: "a", operator: "Exists" }), labels: { a: "" }, want: given },
  { name: "DoesNotExist, with the label", spec: expressions({ key: "a", operator: "DoesNotExist" }), labels: { a: "" }, want: held },
  { name: "a selector without from", spec: { allowedNamespaces: { selector: { matchLabels: { a: "b" } } } }, labels: { a: "b" }, want: held },
  { name: "Selector without a selector", spec: { ...back, allowedNamespaces: { from: "Selector" } }, labels: { a: "b" }, want: held },
  { name: "an empty selector", spec: { ...back, ...selecting({}) }, labels: { a: "b" }, want: held },
  { name: "an operator that nobody knows", spec: { ...back, ...expressions({ key: "a", operator: "Like", values: ["b"] }) }, labels: { a: "b" }, want: held },
  { name: "a from that nobody knows", spec: { ...back, allowedNamespaces: { from: "Some" } }, want: held },
  { name: "no spec", spec: undefined, want: held },
  { name: "a text for a spec", spec: "All", want: held },
];

describe("an identity is asked by", () => {
  test.each(rows)("$name: $want", ({ spec, from = "team-green", labels, want }) => {
    expect(consentOf(identity(spec), { namespace: from, labels })).toEqual(want);
  });
});

const key = fc.constantFrom("a", "b", "c", "toString");
const value = fc.constantFrom("", "x", "y");
const labels = fc.dictionary(key, value, { maxKeys: 4 });
const requirement = fc.oneof(
  fc.record({ key, operator: fc.constantFrom("In" as const, "NotIn" as const), values: fc.array(value, { minLength: 1, maxLength: 3 }) }),
  fc.record({ key, operator: fc.constantFrom("Exists" as const, "DoesNotExist" as const) }),
);
const selector = fc.record({ matchLabels: labels, matchExpressions: fc.array(requirement, { minLength: 1, maxLength: 3 }) });

/** Selection as the table of Kubernetes' documentation has it, by sets of what a label may be: its values, and absent as undefined. */
function oracle(given: Labels, { matchLabels = {}, matchExpressions = [] }: NamespaceSelector): boolean {
  const has = new Map(Object.entries(given));
  const domain = [undefined, "", "x", "y"];
  const allowed = new Map<string, ReadonlySet<string | undefined>>();
  const narrow = (label: string, to: (each: string | undefined) => boolean) => allowed.set(label, new Set([...(allowed.get(label) ?? domain)].filter(to)));
  for (const [label, text] of Object.entries(matchLabels)) narrow(label, (each) => each === text);
  for (const { key: label, operator, values = [] } of matchExpressions) {
    if (operator === "Exists") narrow(label, (each) => each !== undefined);
    if (operator === "DoesNotExist") narrow(label, (each) => each === undefined);
    if (operator === "In") narrow(label, (each) => each !== undefined && values.includes(each));
    if (operator === "NotIn") narrow(label, (each) => each === undefined || !values.includes(each));
  }
  return [...allowed].every(([label, set]) => set.has(has.get(label)));
}

describe("whatever labels and selectors", () => {
  test("selection is that of Kubernetes", () => {
    fc.assert(
      fc.property(labels, selector, (has, wants) => {
        const consent = consentOf(identity({ allowedNamespaces: { from: "Selector", selector: wants } }), { namespace: "team-green", labels: has });
        expect(consent.is === "given").toBe(oracle(has, wants));
      }),
    );
  });

  test("any spec gives an answer, and only one that can be understood gives consent or detaches", () => {
    const text = fc.constantFrom("Same", "All", "Selector", "Detach", "Hold", "");
    const wild = fc.anything({ key: fc.constantFrom("from", "selector", "matchLabels", "matchExpressions", "key"), values: [text, fc.integer()], maxDepth: 4 });
    fc.assert(
      fc.property(wild, text, (allowed, onConsentWithdrawn) => {
        const consent = consentOf(identity({ allowedNamespaces: allowed, onConsentWithdrawn }), { namespace: "team-green", labels: {} });
        if (consent.is === "given") expect(["All", "Selector"]).toContain((allowed as { readonly from: unknown }).from);
        else if (consent.detaches) expect(onConsentWithdrawn).toBe("Detach");
      }),
    );
  });
});
