declare const armIdBrand: unique symbol;

/**
 * A resource id of Azure Resource Manager in canonical form: lower-case subscription, `resourceGroups` spelled so, names
 * as they were given. Ids compare without case (arm.md 2.2): use {@link armIdKey}, never `===`.
 */
export type ArmId = string & { readonly [armIdBrand]: true };

declare const armIdKeyBrand: unique symbol;

/** The lower-cased form of an {@link ArmId}: equal keys mean the same resource. */
export type ArmIdKey = string & { readonly [armIdKeyBrand]: true };

/** The segments of a resource id. `types` and `names` have the same length: a child adds one of each. */
export interface ArmIdParts {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Provider namespace, for example `Microsoft.Web`. */
  readonly provider: string;
  readonly types: readonly string[];
  readonly names: readonly string[];
}

/** What parsing gives: the id, or one sentence that says what is wrong with the text. */
export type ParsedArmId = { readonly ok: true; readonly id: ArmId } | { readonly ok: false; readonly error: string };

const GUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
const GROUP = "[-\\w.()]{0,89}[-\\w()]";
const PROVIDER = "[A-Za-z][A-Za-z0-9]*(?:\\.[A-Za-z][A-Za-z0-9]*)+";
const SEGMENT = "[A-Za-z0-9](?:[-\\w.~ ()]{0,258}[-\\w.~()])?";

/** A GUID as ARM spells subscription ids. */
export const GUID_PATTERN = `^${GUID}$`;

/** A resource group name: at most 90 characters, not ending with a period (arm.md 2.7). */
export const RESOURCE_GROUP_PATTERN = `^${GROUP}$`;

/**
 * What {@link parseArmId} accepts, to be matched without case, but for two things: the length, and that ".." occurs nowhere.
 */
export const ARM_ID_PATTERN = `^/subscriptions/${GUID}/resourceGroups/${GROUP}/providers/${PROVIDER}(?:/${SEGMENT}/${SEGMENT})+$`;

const MAX_ID_LENGTH = 1024;
const guid = new RegExp(GUID_PATTERN);
const resourceGroup = new RegExp(RESOURCE_GROUP_PATTERN);
const provider = new RegExp(`^${PROVIDER}$`);
const segment = new RegExp(`^${SEGMENT}$`);

/** Parses a resource-group-level resource id into its canonical form; never throws. */
export function parseArmId(text: string): ParsedArmId {
  if (text.length > MAX_ID_LENGTH) return bad(`it is longer than ${MAX_ID_LENGTH} characters`);
  if (text.includes("..")) return bad('it contains ".."');
  const [empty, subscriptions, subscriptionId, groups, group, providers, namespace, ...rest] = text.split("/");
  if (empty !== "" || subscriptions?.toLowerCase() !== "subscriptions") return bad('it does not begin with "/subscriptions/"');
  if (subscriptionId === undefined || !guid.test(subscriptionId)) return bad("the subscription is not a GUID");
  if (groups?.toLowerCase() !== "resourcegroups") return bad('"/resourceGroups/" does not follow the subscription');
  if (group === undefined || !resourceGroup.test(group)) return bad("the resource group name is not valid");
  if (providers?.toLowerCase() !== "providers") return bad('"/providers/" does not follow the resource group');
  if (namespace === undefined || !provider.test(namespace)) return bad("the provider namespace is not valid");
  if (rest.length < 2 || rest.length % 2 !== 0) return bad("it does not end with pairs of a type and a name");
  if (!rest.every((text) => segment.test(text))) return bad("a type or a name in it has characters that are not allowed");
  const types = rest.filter((_, index) => index % 2 === 0);
  const names = rest.filter((_, index) => index % 2 === 1);
  return { ok: true, id: armId({ subscriptionId, resourceGroup: group, provider: namespace, types, names }) };
}

/** Builds the canonical id from segments that were validated before; the only place that puts ids together. */
export function armId(parts: ArmIdParts): ArmId {
  const pairs = parts.types.map((type, index) => `${type}/${parts.names[index] ?? ""}`);
  const group = `/subscriptions/${parts.subscriptionId.toLowerCase()}/resourceGroups/${parts.resourceGroup}`;
  return `${group}/providers/${parts.provider}/${pairs.join("/")}` as ArmId;
}

/** The segments of an id. */
export function armIdParts(id: ArmId): ArmIdParts {
  const [, , subscriptionId = "", , group = "", , namespace = "", ...rest] = id.split("/");
  return {
    subscriptionId,
    resourceGroup: group,
    provider: namespace,
    types: rest.filter((_, index) => index % 2 === 0),
    names: rest.filter((_, index) => index % 2 === 1),
  };
}

/** The full resource type in lower case, for example `microsoft.web/sites/slots`. */
export function armIdType(id: ArmId): string {
  const { provider, types } = armIdParts(id);
  return [provider, ...types].join("/").toLowerCase();
}

/** The key by which two ids are compared. */
export function armIdKey(id: ArmId): ArmIdKey {
  return id.toLowerCase() as ArmIdKey;
}

/** Whether `id` lies at or below `scope` (a subscription, a resource group or a resource id), without case; nothing is in "". */
export function isWithinScope(id: ArmId, scope: string): boolean {
  const prefix = scope.toLowerCase().replace(/\/$/, "");
  const key = id.toLowerCase();
  return prefix !== "" && (key === prefix || key.startsWith(`${prefix}/`));
}

function bad(error: string): ParsedArmId {
  return { ok: false, error };
}
