import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import type { HeldSetting } from "../../src/api/shared.ts";
import { decideHost } from "../../src/reconcile/decide-host.ts";
import type { HostClaim, HostFacts } from "../../src/reconcile/host-facts.ts";
import { serversOf } from "../../src/reconcile/host-parts.ts";
import { settingsNow } from "../../src/reconcile/host-settings.ts";
import { claim, type ClaimParts, factsOf, idOf, rowOf } from "./hosts.ts";

const PATH = "properties.keyVaultReferenceIdentity";
const follows = (name: string): JsonObject => ({ followThrough: { keyVaultReferenceIdentity: { armId: idOf(name) } } });
const held = (value: string, before?: string): HeldSetting => ({ path: PATH, value: idOf(value), ...(before === undefined ? {} : { before: idOf(before) }) });

/** Facts about a web app whose Key Vault references are read by this identity. */
function site(claims: readonly HostClaim[], attached: readonly string[], reads: string | undefined, more: Partial<HostFacts> = {}): HostFacts {
  const body = { properties: { keyVaultReferenceIdentity: reads === undefined ? "SystemAssigned" : idOf(reads) } };
  const row = rowOf("Microsoft.Web/sites");
  const settings = settingsNow(row, { body, parts: new Map() }, serversOf(claims));
  return factsOf(claims, attached, { settings, uses: reads === undefined ? [] : [{ path: PATH, identity: idOf(reads) }], ...more });
}

interface Row {
  readonly name: string;
  readonly facts: HostFacts;
  /** What goes back before the identity changes, and what is set after; by the name of the identity, or the text. */
  readonly back?: readonly string[];
  readonly set?: readonly string[];
  readonly detach?: readonly string[];
  readonly problems?: readonly (readonly string[])[];
  /** Value and what stood there before, of each claim. */
  readonly holds?: readonly (readonly string[])[];
}

const a = (parts: ClaimParts) => claim("a", parts);
const wants = { ids: ["x"], holdsNames: ["x"], spec: follows("x") };

const rows: readonly Row[] = [
  { name: "what is asked for waits until its identity is attached", facts: site([a({ ids: ["x"], spec: follows("x") })], [], undefined), holds: [[]] },
  { name: "it is set then, and held with what stood there before", facts: site([a(wants)], ["f", "x"], "f"), set: ["x"], holds: [["x<f"]] },
  { name: "what stands there equally is not held", facts: site([a(wants)], ["x"], "x"), holds: [[]] },
  { name: "but taken into what is held under IfExists", facts: site([a({ ...wants, spec: { ...follows("x"), adoptionPolicy: "IfExists" } })], ["x"], "x"), holds: [["x"]] },
  { name: "what is held and was changed is set again, and what stood there first is not forgotten", facts: site([a({ ...wants, holdsSettings: [held("x", "f")] })], ["f", "g", "x"], "g"), set: ["x"], holds: [["x<f"]] },
  { name: "what is held and no longer asked for goes back", facts: site([a({ ids: ["x"], holdsNames: ["x"], holdsSettings: [held("x", "f")] })], ["f", "x"], "x"), back: ["f"], holds: [["x<f"]] },
  { name: "before its identity is detached", facts: site([a({ ids: ["x"], holdsNames: ["x"], holdsSettings: [held("x")], deleting: true })], ["x"], "x"), back: ["SystemAssigned"], problems: [["InUseByHost"]], holds: [["x"]] },
  { name: "and is forgotten once it has gone back", facts: site([a({ ids: ["x"], holdsNames: ["x"], holdsSettings: [held("x")], deleting: true })], ["x"], undefined), detach: ["x"], holds: [[]] },
  { name: "or when somebody else changed it since", facts: site([a({ ids: ["x"], holdsNames: ["x"], holdsSettings: [held("x")], deleting: true })], ["f", "x"], "f"), detach: ["x"], holds: [[]] },
  { name: "under Retain it stays", facts: site([a({ ids: ["x"], holdsNames: ["x"], holdsSettings: [held("x")], deleting: true, spec: { deletionPolicy: "Retain" } })], ["x"], "x"), holds: [[]] },
  { name: "a reference that does not resolve keeps what is held", facts: site([a({ ids: ["x"], holdsNames: ["x"], holdsSettings: [held("x")], spec: { followThrough: { keyVaultReferenceIdentity: { identityRef: { name: "gone" } } } } })], ["x"], "x"), problems: [["RefNotFound"]], holds: [["x"]] },
  { name: "what a paused claim holds is not changed for another", facts: site([claim("p", { ids: ["f"], holdsNames: ["f"], holdsSettings: [held("f")], paused: true }), a(wants)], ["f", "x"], "f"), problems: [[], ["ClaimConflict"]], holds: [["f"], []] },
  { name: "nor what a claim with another credential wants", facts: site([a(wants)], ["f", "x"], "f", { others: [claim("o", { ids: ["f"], spec: follows("f") })] }), holds: [[]] },
  { name: "of two that disagree the senior decides", facts: site([a(wants), claim("b", { ids: ["y"], holdsNames: ["y"], age: 1, spec: follows("y") })], ["x", "y"], undefined), set: ["x"], problems: [[], ["ClaimConflict"]], holds: [["x"], []] },
  { name: "two that agree are one write, and the senior holds", facts: site([a(wants), claim("b", { ...wants, age: 1 })], ["x"], undefined), set: ["x"], holds: [["x"], []] },
  { name: "it is handed over with what stood there before", facts: site([a({ ...wants, holdsSettings: [held("x", "f")], deleting: true }), claim("b", { ...wants, age: 1 })], ["f", "x"], "x"), holds: [[], ["x<f"]] },
  { name: "the object that declares the host decides about its settings", facts: site([{ ...claim("o", { ids: ["f"] }), owns: true }, a(wants)], ["f", "x"], undefined), problems: [[], ["ClaimConflict"]], holds: [[], []] },
  { name: "a stop refuses it", facts: site([a(wants)], ["x"], undefined, { halt: { reason: "Contested", message: "m" } }), problems: [["Contested"]], holds: [["x"]] },
  { name: "more disruption than allowed is refused", facts: site([a({ ...wants, spec: { ...follows("x"), allowDisruption: "None" } })], ["x"], undefined), problems: [["DisruptionNotAllowed"]] },
];

describe("the decision about settings that follow an identity", () => {
  test.each(rows)("$name", ({ facts, back = [], set = [], detach = [], problems, holds }) => {
    const { settings, change, problems: told } = decideHost(facts);
    const texts = (changes: readonly { readonly to: string }[]) => changes.map(({ to }) => nameOf(to));
    expect({ back: texts(settings.back), set: texts(settings.set) }).toEqual({ back, set });
    expect((change?.detach ?? []).map(nameOf)).toEqual(detach);
    if (problems !== undefined) expect(facts.claims.map((entry) => (told.get(entry) ?? []).map(({ reason }) => reason))).toEqual(problems);
    if (holds === undefined) return;
    const shown = (entry: HostClaim) => (settings.held.get(entry) ?? []).map(({ value, before }) => (before === undefined ? nameOf(value) : `${nameOf(value)}<${nameOf(before)}`));
    expect(facts.claims.map(shown)).toEqual(holds);
  });
});

function nameOf(text: string): string {
  return text.split("/").at(-1) ?? "";
}
