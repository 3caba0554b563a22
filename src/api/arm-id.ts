declare const armIdBrand: unique symbol;

/**
 * An id of Azure Resource Manager in canonical form: lower-case subscription, `resourceGroups` spelled so, names as they were
 * given. It names a resource, an extension of one (a role assignment), or a scope: a resource group or a subscription. Ids
 * compare without case (arm.md 2.2): use {@link armIdKey}, never `===`.
 */
export type ArmId = string & { readonly [armIdBrand]: true };

declare const armIdKeyBrand: unique symbol;

/** The lower-cased form of an {@link ArmId}: equal keys mean the same resource. */
export type ArmIdKey = string & { readonly [armIdKeyBrand]: true };

/**
 * The segments of an id. `types` and `names` have the same length: a child adds one of each. Of an extension they are those of
 * its last provider part; a scope that is no resource has none. `resourceGroup` is empty below a subscription.
 */
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
 * What {@link parseArmId} accepts, to be matched without case, but for three things: the length, that ".." occurs nowhere, and
 * that "/providers/" occurs once: a second one makes it the id of an extension.
 */
export const ARM_ID_PATTERN = `^/subscriptions/${GUID}/resourceGroups/${GROUP}/providers/${PROVIDER}(?:/${SEGMENT}/${SEGMENT})+$`;

const MAX_ID_LENGTH = 1024;
const guid = new RegExp(GUID_PATTERN);
const resourceGroup = new RegExp(RESOURCE_GROUP_PATTERN);
const provider = new RegExp(`^${PROVIDER}$`);
const segment = new RegExp(`^${SEGMENT}$`);

/** Parses a resource-group-level resource id into its canonical form; never throws. */
export function parseArmId(text: string): ParsedArmId {
  const parsed = parse(text);
  if (!parsed.ok) return bad(parsed.error);
  if (parsed.resourceGroup === undefined) return bad('"/resourceGroups/" does not follow the subscription');
  if (parsed.parts.length === 0) return bad('"/providers/" does not follow the resource group');
  if (parsed.parts.length > 1 || isExtension(text)) return bad("it is the id of an extension of another resource");
  return { ok: true, id: canonical(parsed) };
}

/** Parses the id of a subscription, a resource group or a resource in a group: where roles are granted. Never throws. */
export function parseScope(text: string): ParsedArmId {
  const parsed = parse(text.replace(/\/$/, ""));
  if (!parsed.ok) return bad(parsed.error);
  if (parsed.parts.length > 1) return bad("it is the id of an extension of another resource");
  if (parsed.parts.length === 1 && parsed.resourceGroup === undefined) return bad("it is a resource outside of resource groups");
  return { ok: true, id: canonical(parsed) };
}

/** Parses any id that this project makes itself: scopes, resources, and extensions of both. Never throws. */
export function parseAnyArmId(text: string): ParsedArmId {
  const parsed = parse(text);
  return parsed.ok ? { ok: true, id: canonical(parsed) } : bad(parsed.error);
}

/** Builds the canonical id from segments that were validated before. */
export function armId({ subscriptionId, resourceGroup, ...part }: ArmIdParts): ArmId {
  return canonical({ subscriptionId, resourceGroup, parts: [part] });
}

/** The id of an extension at a scope, for example of a role assignment. The segments were validated before. */
export function extensionId(scope: ArmId, extension: { readonly provider: string; readonly type: string; readonly name: string }): ArmId {
  return `${scope}/providers/${extension.provider}/${extension.type}/${extension.name}` as ArmId;
}

/** The id of a child of a resource, for example of a federated credential. The segments were validated before. */
export function childId(parent: ArmId, type: string, name: string): ArmId {
  return `${parent}/${type}/${name}` as ArmId;
}

/** The id of a subscription, which was validated before. */
export function subscriptionScope(subscriptionId: string): ArmId {
  return canonical({ subscriptionId, resourceGroup: undefined, parts: [] });
}

/** The id of a resource group, whose segments were validated before. */
export function groupScope(subscriptionId: string, resourceGroup: string): ArmId {
  return canonical({ subscriptionId, resourceGroup, parts: [] });
}

/** The segments of an id. */
export function armIdParts(id: ArmId): ArmIdParts {
  const parsed = parse(id);
  if (!parsed.ok) return { subscriptionId: "", resourceGroup: "", ...NO_PART };
  return { subscriptionId: parsed.subscriptionId, resourceGroup: parsed.resourceGroup ?? "", ...(parsed.parts.at(-1) ?? NO_PART) };
}

/** The parent of a child resource; undefined for what has none. */
export function parentOf(id: ArmId): ArmId | undefined {
  const { types, names } = armIdParts(id);
  if (types.length < 2) return undefined;
  const tail = `/${types.at(-1) ?? ""}/${names.at(-1) ?? ""}`;
  return id.slice(0, -tail.length) as ArmId;
}

/** The full resource type in lower case, for example `microsoft.web/sites/slots`; of an extension, the extension's. */
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

interface Part {
  readonly provider: string;
  readonly types: readonly string[];
  readonly names: readonly string[];
}

interface Segments {
  readonly subscriptionId: string;
  readonly resourceGroup: string | undefined;
  readonly parts: readonly Part[];
}

type ParsedSegments = ({ readonly ok: true } & Segments) | Bad;
type Bad = { readonly ok: false; readonly error: string };

const NO_PART: Part = { provider: "", types: [], names: [] };

function parse(text: string): ParsedSegments {
  if (text.length > MAX_ID_LENGTH) return bad(`it is longer than ${MAX_ID_LENGTH} characters`);
  if (text.includes("..")) return bad('it contains ".."');
  const [empty, subscriptions, subscriptionId, ...below] = text.split("/");
  if (empty !== "" || subscriptions?.toLowerCase() !== "subscriptions") return bad('it does not begin with "/subscriptions/"');
  if (subscriptionId === undefined || !guid.test(subscriptionId)) return bad("the subscription is not a GUID");
  const isGrouped = below[0]?.toLowerCase() === "resourcegroups";
  const [, group] = isGrouped ? below : [];
  if (isGrouped && (group === undefined || !resourceGroup.test(group))) return bad("the resource group name is not valid");
  const parts = parseParts(isGrouped ? below.slice(2) : below, isGrouped);
  return parts.ok ? { ok: true, subscriptionId, resourceGroup: group, parts: parts.parts } : parts;
}

function parseParts(segments: readonly string[], isGrouped: boolean): { readonly ok: true; readonly parts: readonly Part[] } | Bad {
  const parts: Part[] = [];
  let rest = segments;
  while (rest.length > 0) {
    const [providers, namespace, ...pairs] = rest;
    if (providers?.toLowerCase() !== "providers") return bad(isGrouped ? MISPLACED : '"/resourceGroups/" does not follow the subscription');
    if (namespace === undefined || !provider.test(namespace)) return bad("the provider namespace is not valid");
    // "providers" at the place of a type begins the next part.
    const next = pairs.findIndex((text, index) => index % 2 === 0 && index > 0 && text.toLowerCase() === "providers");
    const own = next < 0 ? pairs : pairs.slice(0, next);
    if (own.length < 2 || own.length % 2 !== 0) return bad("it does not end with pairs of a type and a name");
    if (!own.every((text) => segment.test(text))) return bad("a type or a name in it has characters that are not allowed");
    const at = (remainder: number) => own.filter((_, index) => index % 2 === remainder);
    parts.push({ provider: namespace, types: at(0), names: at(1) });
    rest = next < 0 ? [] : pairs.slice(next);
  }
  return { ok: true, parts };
}

/** Also a resource that is called "providers": telling the two apart is not worth a rule that people would have to understand. */
function isExtension(text: string): boolean {
  return text.toLowerCase().split("/providers/").length > 2;
}

const MISPLACED = '"/providers/" does not follow the resource group';

function canonical({ subscriptionId, resourceGroup: group, parts }: Segments): ArmId {
  const grouped = group === undefined || group === "" ? "" : `/resourceGroups/${group}`;
  const below = parts.map(({ provider: namespace, types, names }) => {
    const pairs = types.map((type, index) => `${type}/${names[index] ?? ""}`);
    return `/providers/${namespace}/${pairs.join("/")}`;
  });
  return `/subscriptions/${subscriptionId.toLowerCase()}${grouped}${below.join("")}` as ArmId;
}

function bad(error: string): Bad {
  return { ok: false, error };
}
