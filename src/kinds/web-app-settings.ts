import type { AppSetting } from "../api/app-settings.ts";
import { type Json, type JsonObject, objectAt } from "../api/json.ts";
import type { WebAppSpec } from "../api/web-app.ts";
import { listAt } from "./declared.ts";
import { type Difference, type Making, PARTS, type Part, type Surroundings } from "./kind.ts";
import type { DocumentReference } from "./reference.ts";
import { clientIdPath, clientIdValue } from "./web-app-identities.ts";

/** An app setting with its value. */
export interface Setting {
  readonly name: string;
  /** Undefined while it is not known. */
  readonly value: string | undefined;
  /** How a difference shows the value; what comes from a Secret is never shown. */
  readonly shown: string;
  readonly awaitsIdentity: boolean;
  /** Whether it stays with its slot when slots are swapped; undefined where that is left as it is. */
  readonly isSlotSetting: boolean | undefined;
}

/** The Secrets and ConfigMaps that a spec names. */
export function settingDocuments({ appSettings = [] }: WebAppSpec): readonly DocumentReference[] {
  return appSettings.flatMap(({ valueFrom }, index): readonly DocumentReference[] => {
    const { secretKeyRef, configMapKeyRef } = valueFrom ?? {};
    const path = `spec.appSettings[${index}].valueFrom`;
    if (secretKeyRef !== undefined) return [{ kind: "Secret", ...secretKeyRef, path }];
    return configMapKeyRef === undefined ? [] : [{ kind: "ConfigMap", ...configMapKeyRef, path }];
  });
}

/** The declared settings; `have` is the app as Azure shows it, undefined for one that is to be created. */
export function settingsOf({ appSettings = [] }: WebAppSpec, have: JsonObject | undefined, making: Making): readonly Setting[] {
  return appSettings.map((setting, index) => ({
    name: setting.name,
    ...valueOf(setting, { have, making, path: clientIdPath(index) }),
    isSlotSetting: setting.slotSetting ?? (setting.identityClientId === undefined ? undefined : true),
  }));
}

/** How App Service is told to read a value from a Key Vault. */
const keyVaultValue = (secretUri: string): string => `@Microsoft.KeyVault(SecretUri=${secretUri})`;

type Valued = Pick<Setting, "value" | "shown" | "awaitsIdentity">;

interface SettingSource {
  readonly have: JsonObject | undefined;
  readonly making: Making;
  readonly path: string;
}

function valueOf(setting: AppSetting, { have, making, path }: SettingSource): Valued {
  const { value, valueFrom, keyVaultReference, identityClientId } = setting;
  if (identityClientId !== undefined) {
    const clientId = clientIdValue(identityClientId, { surroundings: making.surroundings, have, path });
    return { ...clientId, shown: clientId.value ?? "(client id of an identity)" };
  }
  const { secretKeyRef, configMapKeyRef } = valueFrom ?? {};
  if (secretKeyRef !== undefined) return known(making.value("Secret", secretKeyRef.name, secretKeyRef.key), "(secret)");
  if (configMapKeyRef !== undefined) return known(making.value("ConfigMap", configMapKeyRef.name, configMapKeyRef.key));
  return known(keyVaultReference === undefined ? value : keyVaultValue(keyVaultReference.secretUri));
}

function known(value: string | undefined, shown = (value ?? "").slice(0, 1024)): Valued {
  return { value, shown, awaitsIdentity: false };
}

/** What has to be read for the settings of a spec, and for those that an earlier one had written. */
export function settingParts(spec: WebAppSpec, { holds }: Surroundings): readonly Part[] {
  const { appSettings = [], slotOf } = spec;
  const isGone = (holds?.settingNames ?? []).some((name) => !isAmong(name, appSettings));
  const hasSlotSettings = appSettings.some((each) => each.slotSetting !== undefined || each.identityClientId !== undefined);
  return [
    ...(appSettings.length > 0 || isGone ? [SETTINGS] : []),
    // Which settings stay with a slot is the site's to say, for all its slots (arm.md 6).
    ...(slotOf === undefined && (hasSlotSettings || isGone) ? [SLOT_NAMES] : []),
  ];
}

const SETTINGS: Part = { name: "appSettings", path: "config/appsettings", action: "list" };
const SLOT_NAMES: Part = { name: "slotConfigNames", path: "config/slotConfigNames" };

/** How the settings differ. What Azure has is never shown: it can be a secret of anybody. */
export function settingDifferences(settings: readonly Setting[], have: JsonObject, making: Making): readonly Difference[] {
  const there = settingsIn(have);
  if (there === undefined) return [];
  const changed = settings.flatMap((setting): readonly Difference[] => {
    const has = entryIn(there, setting.name);
    if (has?.name === setting.name && has.value === setting.value && !setting.awaitsIdentity) return [];
    const difference = { path: pathOf(setting.name), want: setting.shown, have: has === undefined ? "(absent)" : "(another value)", mutable: true };
    return [{ ...difference, ...(setting.awaitsIdentity ? { awaitsIdentity: true } : {}) }];
  });
  const gone = undeclared(settings, making).filter((name) => entryIn(there, name) !== undefined);
  return [...changed, ...gone.map((name) => ({ path: pathOf(name), want: "(absent)", have: "(a value)", mutable: true }))];
}

/** All settings for a PUT, which replaces them: what others set, then what is declared, less what we no longer declare. */
export function mergedSettings(settings: readonly Setting[], have: JsonObject, making: Making): JsonObject {
  const ours = [...settings.filter(isDue).map(({ name }) => name), ...undeclared(settings, making)];
  const others = Object.entries(settingsIn(have) ?? {}).filter(([name]) => !ours.some((own) => isSame(own, name)));
  const declared = settings.filter(isDue).map(({ name, value }) => [name, value] as const);
  return Object.fromEntries([...others, ...declared]);
}

/** How the settings differ that stay with their slot. */
export function slotNameDifferences(settings: readonly Setting[], have: JsonObject, making: Making): readonly Difference[] {
  const names = slotNamesIn(have);
  if (names === undefined) return [];
  const isListed = (name: string) => names.some((each) => isSame(each, name));
  const wrong = settings.filter(({ name, isSlotSetting }) => isSlotSetting !== undefined && isSlotSetting !== isListed(name));
  const gone = undeclared(settings, making).filter(isListed);
  return [...wrong.map(({ name, isSlotSetting }) => slotNameDifference(name, isSlotSetting === true)), ...gone.map((name) => slotNameDifference(name, false))];
}

function slotNameDifference(name: string, isWanted: boolean): Difference {
  const [want, have] = isWanted ? ["(present)", "(absent)"] : ["(absent)", "(present)"];
  return { path: `slotConfigNames.appSettingNames[${name}]`, want, have, mutable: true };
}

/** The names of all settings that stay with their slot, for a PUT: those of others stay. */
export function mergedSlotNames(settings: readonly Setting[], have: JsonObject, making: Making): JsonObject {
  const there = objectAt(objectAt(objectAt(have, PARTS), SLOT_NAMES.name), "properties") ?? {};
  const said = settings.filter(({ isSlotSetting }) => isSlotSetting !== undefined).map(({ name }) => name);
  const decided = [...said, ...undeclared(settings, making)];
  const others = (slotNamesIn(have) ?? []).filter((name) => !decided.some((each) => isSame(each, name)));
  const own = settings.filter(({ isSlotSetting }) => isSlotSetting === true).map(({ name }) => name);
  return { ...there, appSettingNames: [...others, ...own] };
}

/** Whether a setting can be written: what awaits an identity stays as it is. */
function isDue({ value, awaitsIdentity }: Setting): boolean {
  return value !== undefined && !awaitsIdentity;
}

/** Names that we wrote and no longer declare. */
function undeclared(settings: readonly Setting[], { surroundings }: Making): readonly string[] {
  return (surroundings.holds?.settingNames ?? []).filter((name) => !isAmong(name, settings));
}

function settingsIn(have: JsonObject): JsonObject | undefined {
  const part = objectAt(objectAt(have, PARTS), SETTINGS.name);
  return part === undefined ? undefined : (objectAt(part, "properties") ?? {});
}

function slotNamesIn(have: JsonObject): readonly string[] | undefined {
  const part = objectAt(objectAt(have, PARTS), SLOT_NAMES.name);
  if (part === undefined) return undefined;
  return listAt(objectAt(part, "properties"), "appSettingNames").filter((name) => typeof name === "string");
}

/** A setting as Azure has it, with the spelling that the app sees. */
function entryIn(settings: JsonObject, name: string): { readonly name: string; readonly value: Json | undefined } | undefined {
  const entry = Object.entries(settings).find(([key]) => isSame(key, name));
  return entry === undefined ? undefined : { name: entry[0], value: entry[1] };
}

/** Two settings whose names differ only in case; App Service refuses them as a conflict (GH:Azure/azure-cli#13673). */
export function settingTwice({ appSettings = [] }: WebAppSpec): string | undefined {
  const again = appSettings.findIndex(({ name }, index) => isAmong(name, appSettings.slice(0, index)));
  return again < 0 ? undefined : `spec.appSettings[${again}].name: App Service does not tell names apart by their case: declare each once`;
}

/** App Service does not tell names apart by their case. */
function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function isAmong(name: string, among: readonly { readonly name: string }[]): boolean {
  return among.some((each) => isSame(each.name, name));
}

function pathOf(name: string): string {
  return `appSettings[${name}]`;
}
