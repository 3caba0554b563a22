import { isJsonObject, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { WebAppSpec } from "../api/web-app.ts";
import { defined } from "./declared.ts";
import type { Difference, Making, Step } from "./kind.ts";
import { locationDifferences } from "./location.ts";
import { markedTags, mergedTags, tagDifferences } from "./tags.ts";
import { nested, propertiesOf, type Property, propertyDifference } from "./web-app-properties.ts";
import { mergedSettings, mergedSlotNames, settingDifferences, settingsOf, slotNameDifferences } from "./web-app-settings.ts";

/** The body of the PUT that creates a site or a slot; the engine adds the identity. What is not known yet follows. */
export function creatingBody(spec: WebAppSpec, making: Making): JsonObject {
  const { location, mark, surroundings } = making;
  const declared = propertiesOf(spec, { surroundings, have: undefined }).filter(({ value }) => value !== undefined);
  const settings = settingsOf(spec, undefined, making).flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]));
  const config = { ...nested(declared.filter(({ at }) => at === "config")), ...(settings.length === 0 ? {} : { appSettings: settings }) };
  const siteConfig = Object.keys(config).length === 0 ? undefined : config;
  const properties = defined({ ...nested(declared.filter(({ at }) => at === "site")), siteConfig });
  return { location, kind: kindOf(spec), tags: markedTags(spec.tags ?? {}, mark), properties };
}

/** What az sends; Azure adds what the plan says. */
function kindOf({ appKind, siteConfig, functionAppConfig }: WebAppSpec): string {
  const isLinux = siteConfig?.linuxFxVersion !== undefined || functionAppConfig !== undefined;
  return [appKind === "FunctionApp" ? "functionapp" : "app", ...(isLinux ? ["linux"] : [])].join(",");
}

/** How a site differs from what is declared. */
export function siteDifferences(spec: WebAppSpec, have: JsonObject, making: Making): readonly Difference[] {
  const settings = settingsOf(spec, have, making);
  return [
    ...locationDifferences(have, making),
    ...kindDifferences(spec, have),
    ...tagDifferences(spec.tags ?? {}, have, making),
    ...different(spec, have, making).map(({ difference }) => difference),
    ...slotNameDifferences(settings, have, making),
    ...settingDifferences(settings, have, making),
    ...stateDifferences(spec, have),
  ];
}

function kindDifferences({ appKind }: WebAppSpec, have: JsonObject): readonly Difference[] {
  const kind = stringAt(have, "kind");
  const isFunctionApp = kind?.toLowerCase().split(",").includes("functionapp") === true;
  if (kind === undefined || isFunctionApp === (appKind === "FunctionApp")) return [];
  return [{ path: "kind", want: appKind === "FunctionApp" ? "functionapp" : "app", have: kind, mutable: false }];
}

interface Different {
  readonly property: Property;
  readonly difference: Difference;
}

function different(spec: WebAppSpec, have: JsonObject, { surroundings }: Making): readonly Different[] {
  return propertiesOf(spec, { surroundings, have }).flatMap((property) => {
    const difference = propertyDifference(property, have);
    return difference === undefined ? [] : [{ property, difference }];
  });
}

/** A site that is not enabled is Disabled, whether it was started or not. */
function stateDifferences({ state }: WebAppSpec, have: JsonObject): readonly Difference[] {
  const actual = stringAt(objectAt(have, "properties"), "state");
  const isAlike = state === "Running" ? actual === "Running" : actual !== "Running";
  return state === undefined || isAlike ? [] : [{ path: "properties.state", want: state, have: actual ?? "(absent)", mutable: true }];
}

/** The writes that heal a site, in the order in which each finds what it needs; every one keeps what others set. */
export function siteSteps(spec: WebAppSpec, have: JsonObject, making: Making): readonly Step[] {
  const due = different(spec, have, making).filter(({ difference }) => difference.awaitsIdentity !== true).map(({ property }) => property);
  const settings = settingsOf(spec, have, making);
  const isSettingDue = settingDifferences(settings, have, making).some(({ awaitsIdentity }) => awaitsIdentity !== true);
  return [
    ...siteStep(spec, have, { making, due: due.filter(({ at }) => at === "site") }),
    ...configStep(due.filter(({ at }) => at === "config")),
    ...(slotNameDifferences(settings, have, making).length === 0 ? [] : [slotNamesStep(mergedSlotNames(settings, have, making))]),
    ...(isSettingDue ? [settingsStep(mergedSettings(settings, have, making))] : []),
    ...stateStep(spec, have),
  ];
}

/** As on any setting (arm.md 6); most changes of its configuration restart an app (Azure/AppService, "App Service restarts", 2021). */
const RECYCLES = { disruption: "Recycle", effect: "restarts the app's workers, with overlap" } as const;
const MOVES = { disruption: "Restart", effect: "moves the app to the workers of another plan, where it starts anew" } as const;
const QUIET = { disruption: "None", effect: "disturbs nothing" } as const;

interface SiteChange {
  readonly making: Making;
  readonly due: readonly Property[];
}

/** Tags and properties of the site itself, by one PATCH. */
function siteStep(spec: WebAppSpec, have: JsonObject, { making, due }: SiteChange): readonly Step[] {
  const isTagged = tagDifferences(spec.tags ?? {}, have, making).length === 0;
  const isDisabled = spec.state === "Running" && objectAt(have, "properties")?.["enabled"] === false;
  if (isTagged && due.length === 0 && !isDisabled) return [];
  const properties = { ...sections(due, have), ...(isDisabled ? { enabled: true } : {}) };
  const tags = isTagged ? {} : { tags: mergedTags(spec.tags ?? {}, have, making) };
  const body = { ...tags, ...(Object.keys(properties).length === 0 ? {} : { properties }) };
  const effect = due.some(({ path }) => path[0] === "serverFarmId") ? MOVES : due.length > 0 ? RECYCLES : QUIET;
  return [{ method: "PATCH", path: "", body, ...effect }];
}

/** A section of `functionAppConfig` is sent with all others: whether PATCH merges them is not recorded. */
function sections(due: readonly Property[], have: JsonObject): JsonObject {
  const there = objectAt(objectAt(have, "properties"), "functionAppConfig");
  const isDue = due.some(({ path }) => path[0] === "functionAppConfig");
  return nested(due, isDue && isJsonObject(there) ? { functionAppConfig: there } : {});
}

function configStep(due: readonly Property[]): readonly Step[] {
  return due.length === 0 ? [] : [{ method: "PATCH", path: "config/web", body: { properties: nested(due) }, ...RECYCLES }];
}

function slotNamesStep(properties: JsonObject): Step {
  return { method: "PUT", path: "config/slotConfigNames", body: { properties }, ...QUIET };
}

function settingsStep(properties: JsonObject): Step {
  return { method: "PUT", path: "config/appsettings", body: { properties }, ...RECYCLES };
}

/** Who declares that an app is stopped wants it stopped: that is refused only where nothing may be disturbed. */
function stateStep(spec: WebAppSpec, have: JsonObject): readonly Step[] {
  if (stateDifferences(spec, have).length === 0) return [];
  const post = { method: "POST", path: "", body: {} } as const;
  if (spec.state === "Stopped") return [{ ...post, action: "stop", disruption: "Recycle", effect: "stops the app" }];
  return [{ ...post, action: "start", disruption: "None", effect: "starts the app" }];
}
