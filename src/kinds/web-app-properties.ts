import { type ArmId, parseArmId } from "../api/arm-id.ts";
import { isJsonObject, type Json, type JsonObject, objectAt } from "../api/json.ts";
import { APP_SERVICE_PLAN } from "../api/resources.ts";
import type { WebAppSpec } from "../api/web-app.ts";
import { differing, within } from "./declared.ts";
import { type Difference, PARTS, type Surroundings } from "./kind.ts";
import type { Reference } from "./reference.ts";
import { idOfReferent } from "./referent.ts";
import { clientIdValue, identityIdValue, KEY_VAULT_PATH, PULL_PATH, STORAGE_PATH } from "./web-app-identities.ts";

/** One declared property of a site, with the place where it is written. */
export interface Property {
  /** `site`: below `properties` of the site; `config`: below those of `config/web`, where Azure shows all of `siteConfig`. */
  readonly at: "site" | "config";
  readonly path: readonly string[];
  /** Undefined while it is not known. */
  readonly value: Json | undefined;
  readonly awaitsIdentity?: boolean;
  /** Whether texts are compared without case: ids, and words of Azure's own. */
  readonly isLoose?: boolean;
}

/** With what a spec is read: what it refers to, and the site as Azure shows it; undefined for one that is to be created. */
export interface SiteSource {
  readonly surroundings: Surroundings;
  readonly have: JsonObject | undefined;
}

/** Members of `siteConfig` that GET of the site itself shows; the others are null there (arm.md 6). */
const SHOWN_IN_SITE = ["linuxFxVersion", "windowsFxVersion", "alwaysOn", "http20Enabled", "acrUseManagedIdentityCreds"];

/** Whether GET of the site alone does not show all of the `siteConfig` that a spec declares. */
export function needsConfig({ siteConfig = {} }: WebAppSpec): boolean {
  return Object.entries(siteConfig).some(([member, value]) => value !== undefined && !SHOWN_IN_SITE.includes(member));
}

/** The reference to the plan of an app. */
export function planReferences({ plan }: Pick<WebAppSpec, "plan">, namespace: string): readonly Reference[] {
  if (plan?.planRef === undefined) return [];
  return [{ kind: APP_SERVICE_PLAN.kind, namespace, name: plan.planRef.name, path: "spec.plan.planRef", protects: true }];
}

/** What a spec declares of a site, less its app settings, tags and state. */
export function propertiesOf(spec: WebAppSpec, source: SiteSource): readonly Property[] {
  const declared = [...siteProperties(spec, source), ...functionProperties(spec, source), ...configProperties(spec, source)];
  return declared.filter(({ value, awaitsIdentity }) => value !== undefined || awaitsIdentity === true);
}

function siteProperties(spec: WebAppSpec, source: SiteSource): readonly Property[] {
  const { httpsOnly, clientAffinityEnabled } = spec;
  return [
    { at: "site", path: ["serverFarmId"], value: planIdOf(spec, source.surroundings), isLoose: true },
    { at: "site", path: ["httpsOnly"], value: httpsOnly },
    { at: "site", path: ["clientAffinityEnabled"], value: clientAffinityEnabled },
    { at: "site", path: ["keyVaultReferenceIdentity"], ...readerOf(spec, source), isLoose: true },
  ];
}

/** App Service names its own identity so. */
function readerOf({ keyVaultReferenceIdentity: reader }: WebAppSpec, source: SiteSource): Pick<Property, "value" | "awaitsIdentity"> {
  if (reader === undefined) return { value: undefined };
  return reader.systemAssigned === true ? { value: "SystemAssigned" } : identityIdValue(reader, { ...source, path: KEY_VAULT_PATH });
}

function planIdOf(spec: WebAppSpec, surroundings: Surroundings): ArmId | undefined {
  const [reference] = planReferences(spec, surroundings.namespace);
  if (reference !== undefined) return idOfReferent(reference, surroundings);
  const parsed = parseArmId(spec.plan?.planArmId ?? "");
  return parsed.ok ? parsed.id : undefined;
}

/** The sections of a Flex Consumption app; without an explicit null the identity of before would stay in a merge. */
function functionProperties({ functionAppConfig }: WebAppSpec, source: SiteSource): readonly Property[] {
  if (functionAppConfig === undefined) return [];
  const { deployment, runtime, scaleAndConcurrency } = functionAppConfig;
  const { blobContainerUri, authentication } = deployment.storage;
  const named = authentication.systemAssigned === true ? undefined : identityIdValue(authentication, { ...source, path: STORAGE_PATH });
  const identity = named === undefined
    ? { type: "SystemAssignedIdentity", userAssignedIdentityResourceId: null }
    : { type: "UserAssignedIdentity", userAssignedIdentityResourceId: named.value };
  const storage = { type: "blobContainer", value: blobContainerUri, authentication: identity };
  const section = { at: "site", isLoose: true } as const;
  return [
    { ...section, path: ["functionAppConfig", "deployment", "storage"], value: storage, awaitsIdentity: named?.awaitsIdentity === true },
    { ...section, path: ["functionAppConfig", "runtime"], value: { ...runtime } },
    { ...section, path: ["functionAppConfig", "scaleAndConcurrency"], value: { ...scaleAndConcurrency } },
  ];
}

/** The pull identity is named by its client id (arm.md 6). */
function configProperties({ siteConfig = {} }: WebAppSpec, source: SiteSource): readonly Property[] {
  const { acrPullIdentity, ...plain } = siteConfig;
  const members = Object.entries(plain).map(([member, value]): Property => ({ at: "config", path: [member], value }));
  if (acrPullIdentity === undefined) return members;
  const at = { ...source, path: PULL_PATH };
  const [id, client] = [identityIdValue(acrPullIdentity, at), clientIdValue(acrPullIdentity, at)];
  const awaitsIdentity = id.awaitsIdentity || client.awaitsIdentity;
  return [...members, { at: "config", path: ["acrUserManagedIdentityID"], value: client.value, awaitsIdentity, isLoose: true }];
}

/** How a declared property differs from what the site has; undefined when it does not. */
export function propertyDifference(property: Property, have: JsonObject): Difference | undefined {
  const { at, path, value, awaitsIdentity } = property;
  const has = within(actualOf(property, have), value);
  if (value !== undefined && isAlike(property, has)) return undefined;
  const name = ["properties", ...(at === "config" ? ["siteConfig"] : []), ...path].join(".");
  const difference = differing(name, value ?? "(client id of an identity)", has);
  return difference === undefined ? undefined : { ...difference, mutable: true, ...(awaitsIdentity === true ? { awaitsIdentity } : {}) };
}

/** `config/web` shows all of `siteConfig`, the site itself some; a part that was not read says nothing. */
function actualOf({ at, path }: Property, have: JsonObject): Json | undefined {
  const properties = objectAt(have, "properties");
  const config = objectAt(objectAt(objectAt(have, PARTS), "web"), "properties") ?? objectAt(properties, "siteConfig");
  return path.reduce<Json | undefined>((value, key) => (isJsonObject(value) ? value[key] : undefined), at === "site" ? properties : config);
}

/** Null stands for what was never set, which is false or empty; a runtime's name has no case, and its version and image have. */
function isAlike({ value, path, isLoose }: Property, has: Json | undefined): boolean {
  if (has === undefined || has === null) return value === false || value === "";
  const isRuntime = path[0] === "linuxFxVersion" || path[0] === "windowsFxVersion";
  const normal = isRuntime ? withoutStackCase : isLoose === true ? withoutCase : JSON.stringify;
  return differing("", normal(withoutNulls(value ?? null)), normal(withoutNulls(has))) === undefined;
}

function withoutStackCase(value: Json): string {
  const [stack = "", ...version] = (typeof value === "string" ? value : "").split("|");
  return [stack.toUpperCase(), ...version].join("|");
}

function withoutCase(value: Json): Json {
  return JSON.parse(JSON.stringify(value).toLowerCase()) as Json;
}

function withoutNulls(value: Json): Json {
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutNulls(member as Json)]));
}

/** A body with the properties in their places, over what is there. */
export function nested(properties: readonly Property[], there: JsonObject = {}): JsonObject {
  return properties.reduce((body, { path, value }) => withAt(body, path, value), there);
}

function withAt(body: JsonObject, [key = "", ...rest]: readonly string[], value: Json | undefined): JsonObject {
  const member = body[key];
  return { ...body, [key]: rest.length === 0 ? value : withAt(isJsonObject(member) ? member : {}, rest, value) };
}
