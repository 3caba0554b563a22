import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AppSetting } from "../../src/api/app-settings.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { WebAppSpec } from "../../src/api/web-app.ts";
import type { Making } from "../../src/kinds/kind.ts";
import { webApp } from "../../src/kinds/web-app.ts";
import { mergedSettings, mergedSlotNames, settingDifferences, settingDocuments, settingParts, settingsOf, slotNameDifferences } from "../../src/kinds/web-app-settings.ts";
import { idOf } from "../reconcile/hosts.ts";
import { making, surroundings } from "../reconcile/never.ts";
import { objectWith } from "./objects.ts";

const PLAN = { planArmId: idOf("x").replace("Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Web/serverfarms") };

function specOf(appSettings: readonly unknown[], more: JsonObject = {}): WebAppSpec {
  const parsed = webApp.parse(objectWith({ plan: PLAN, appSettings, ...more }));
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.spec;
}

/** What holds names of settings that were written before. */
function madeWith(settingNames: readonly string[], values: Readonly<Record<string, string>> = {}): Making {
  const holds = { target: "t", tenantId: "t", credential: "shared", adopted: false, confirmed: true, settingNames: [...settingNames] };
  const referent = () => ({ ...objectWith({}), status: { clientId: "client-of-ref" } });
  return making({ surroundings: surroundings({ holds, referent }), value: (kind, name, key) => values[`${kind}/${name}/${key}`] });
}

const azureWith = (settings: JsonObject | undefined, appSettingNames?: readonly string[] | null, identity: JsonObject = {}): JsonObject => ({
  identity,
  $parts: {
    ...(settings === undefined ? {} : { appSettings: { properties: settings } }),
    ...(appSettingNames === undefined ? {} : { slotConfigNames: { properties: { appSettingNames, connectionStringNames: ["Db"] } } }),
  },
});

const literal = (name: string, value: string, more: Partial<AppSetting> = {}) => ({ name, value, ...more });

interface Row {
  readonly name: string;
  readonly declared: readonly unknown[];
  readonly held?: readonly string[];
  readonly there: JsonObject;
  readonly differs: readonly string[];
  readonly merged: JsonObject;
}

const rows: readonly Row[] = [
  { name: "nothing declared", declared: [], there: { THEIRS: "x" }, differs: [], merged: { THEIRS: "x" } },
  { name: "one that is missing", declared: [literal("A", "1")], there: { THEIRS: "x" }, differs: ["A: (absent) -> 1"], merged: { THEIRS: "x", A: "1" } },
  { name: "one of another value, which is never shown", declared: [literal("A", "1")], there: { A: "their-secret" }, differs: ["A: (another value) -> 1"], merged: { A: "1" } },
  { name: "an empty value", declared: [literal("A", "")], there: {}, differs: ["A: (absent) -> "], merged: { A: "" } },
  { name: "one of another case, which is one name to App Service", declared: [literal("Path", "1")], there: { PATH: "1" }, differs: ["Path: (another value) -> 1"], merged: { Path: "1" } },
  { name: "one as declared", declared: [literal("A", "1")], there: { A: "1", THEIRS: "x" }, differs: [], merged: { THEIRS: "x", A: "1" } },
  { name: "one that we wrote and no longer declare", declared: [], held: ["old"], there: { OLD: "1", THEIRS: "x" }, differs: ["old: (a value) -> (absent)"], merged: { THEIRS: "x" } },
  { name: "one that we wrote, and that is gone", declared: [], held: ["OLD"], there: {}, differs: [], merged: {} },
  { name: "one that every object of JavaScript has", declared: [literal("constructor", "1")], held: ["toString"], there: {}, differs: ["constructor: (absent) -> 1"], merged: { constructor: "1" } },
  { name: "one from a Secret", declared: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }], there: {}, differs: ["A: (absent) -> (secret)"], merged: { A: "swordfish" } },
  { name: "one from a ConfigMap", declared: [{ name: "A", valueFrom: { configMapKeyRef: { name: "s", key: "k" } } }], there: {}, differs: ["A: (absent) -> plain"], merged: { A: "plain" } },
  {
    name: "a Key Vault reference",
    declared: [{ name: "A", keyVaultReference: { secretUri: "https://v.vault.azure.net/secrets/s" } }],
    there: {},
    differs: ["A: (absent) -> @Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)"],
    merged: { A: "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)" },
  },
  { name: "the client id of an identity's object", declared: [{ name: "A", identityClientId: { identityRef: { name: "app" } } }], there: {}, differs: ["A: (absent) -> client-of-ref"], merged: { A: "client-of-ref" } },
];

describe("app settings, merged with those of others", () => {
  test.each(rows)("$name", ({ declared, held = [], there, differs, merged }) => {
    const made = madeWith(held, { "Secret/s/k": "swordfish", "ConfigMap/s/k": "plain" });
    const have = azureWith(there);
    const settings = settingsOf(specOf(declared), have, made);
    const told = settingDifferences(settings, have, made).map(({ path, want, have: has }) => `${path.slice("appSettings[".length, -1)}: ${has} -> ${want}`);
    expect([told, mergedSettings(settings, have, made)]).toEqual([differs, merged]);
    const healed = azureWith(mergedSettings(settings, have, made));
    expect(settingDifferences(settingsOf(specOf(declared), healed, made), healed, made)).toEqual([]);
  });

  test("whatever is there, one PUT heals all, and keeps those of others as they are", () => {
    const name = fc.constantFrom("A", "B", "path", "PATH", "toString", "constructor", "C");
    const texts = fc.dictionary(name, fc.string({ maxLength: 3 }), { maxKeys: 5 });
    const declaredOnce = fc.uniqueArray(fc.tuple(name, fc.string({ maxLength: 3 })), { selector: ([key]) => key.toLowerCase(), maxLength: 4 });
    fc.assert(
      fc.property(texts, declaredOnce, fc.uniqueArray(name, { maxLength: 3 }), (there, declared, held) => {
        const made = madeWith(held);
        const spec = specOf(declared.map(([key, value]) => literal(key, value)));
        const have = azureWith(there);
        const merged = mergedSettings(settingsOf(spec, have, made), have, made);
        const healed = azureWith(merged);
        expect(settingDifferences(settingsOf(spec, healed, made), healed, made)).toEqual([]);
        const ours = new Set([...declared.map(([key]) => key), ...held].map((key) => key.toLowerCase()));
        const others = Object.entries(there).filter(([key]) => !ours.has(key.toLowerCase()));
        expect(Object.entries(merged)).toEqual([...others, ...declared]);
      }),
      { numRuns: 500 },
    );
  });

  test("a long value is shown in part", () => {
    const have = azureWith({});
    const [difference] = settingDifferences(settingsOf(specOf([literal("A", "x".repeat(8192))]), have, making()), have, making());
    expect(difference?.want).toHaveLength(1024);
  });

  test("what was not read differs in nothing", () => {
    const settings = settingsOf(specOf([literal("A", "1", { slotSetting: true })]), {}, making());
    expect([settingDifferences(settings, {}, making()), slotNameDifferences(settings, {}, making())]).toEqual([[], []]);
  });
});

describe("the client id of an identity that is named by its ARM id", () => {
  const armId = idOf("app");
  const spec = specOf([{ name: "A", identityClientId: { armId } }], { identity: { userAssigned: [{ armId }] } });

  test.each([
    { name: "awaits that the app has it", identity: {}, want: { value: undefined, awaitsIdentity: true } },
    { name: "is what the app shows, whatever the spelling of its key", identity: { userAssignedIdentities: { [armId.replace("resourceGroups", "resourcegroups")]: { clientId: "c" } } }, want: { value: "c", awaitsIdentity: false } },
  ])("$name", ({ identity, want }) => expect(settingsOf(spec, { identity }, making())).toMatchObject([want]));

  test("is left alone until then, also what stands there", () => {
    const have = azureWith({ A: "theirs" });
    const settings = settingsOf(spec, have, making());
    expect(settingDifferences(settings, have, making())).toMatchObject([{ path: "appSettings[A]", awaitsIdentity: true }]);
    expect(mergedSettings(settings, have, making())).toEqual({ A: "theirs" });
  });

  test("is not known before the creation", () => expect(settingsOf(spec, undefined, making())).toMatchObject([{ value: undefined, awaitsIdentity: true }]));
});

describe("settings that stay with their slot", () => {
  const identityClientId = { identityRef: { name: "app" } };
  test.each([
    { name: "one that is said to", declared: [literal("A", "1", { slotSetting: true })], held: [], there: ["THEIRS"], differs: ["A: (present)"], merged: ["THEIRS", "A"] },
    { name: "one that names an identity, by default", declared: [{ name: "A", identityClientId }], held: [], there: null, differs: ["A: (present)"], merged: ["A"] },
    { name: "not when it is said not to", declared: [{ name: "A", identityClientId, slotSetting: false }], held: [], there: ["a"], differs: ["A: (absent)"], merged: [] },
    { name: "any other is left as it is", declared: [literal("A", "1")], held: [], there: ["A", "THEIRS"], differs: [], merged: ["A", "THEIRS"] },
    { name: "one that is no longer declared", declared: [], held: ["A"], there: ["A", "THEIRS"], differs: ["A: (absent)"], merged: ["THEIRS"] },
  ])("$name", ({ declared, held, there, differs, merged }) => {
    const made = madeWith(held);
    const have = azureWith(undefined, there);
    const settings = settingsOf(specOf(declared), have, made);
    const told = slotNameDifferences(settings, have, made).map(({ path, want }) => `${path.slice("slotConfigNames.appSettingNames[".length, -1)}: ${want}`);
    expect([told, mergedSlotNames(settings, have, made)]).toEqual([differs, { appSettingNames: merged, connectionStringNames: ["Db"] }]);
  });
});

describe("what is read for the settings of a spec", () => {
  const partsFor = (spec: WebAppSpec, settingNames: readonly string[] = []) => settingParts(spec, madeWith(settingNames).surroundings).map(({ name }) => name);
  const slot = { slotOf: { webAppRef: { name: "shop" } }, plan: undefined };
  test.each([
    { name: "nothing where nothing is declared", spec: specOf([]), held: [], want: [] },
    { name: "the settings", spec: specOf([literal("A", "1")]), held: ["A"], want: ["appSettings"] },
    { name: "which of them stay, where that is said", spec: specOf([literal("A", "1", { slotSetting: false })]), held: [], want: ["appSettings", "slotConfigNames"] },
    { name: "both, where one is no longer declared", spec: specOf([]), held: ["A"], want: ["appSettings", "slotConfigNames"] },
    { name: "never which stay, for a slot", spec: specOf([{ name: "A", identityClientId: { identityRef: { name: "app" } } }], slot), held: ["B"], want: ["appSettings"] },
  ])("$name", ({ spec, held, want }) => expect(partsFor(spec, held)).toEqual(want));
});

test("the documents are those that settings name, each with its key and its place", () => {
  const spec = specOf([literal("A", "1"), { name: "B", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }, { name: "C", valueFrom: { configMapKeyRef: { name: "c", key: "l" } } }]);
  expect(settingDocuments(spec)).toEqual([
    { kind: "Secret", name: "s", key: "k", path: "spec.appSettings[1].valueFrom" },
    { kind: "ConfigMap", name: "c", key: "l", path: "spec.appSettings[2].valueFrom" },
  ]);
});
