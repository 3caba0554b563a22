import { GROUP } from "../group.ts";
import type { JsonObject } from "../json.ts";
import { AZURE_RESOURCES } from "../permission.ts";
import { type ApiResource, USER_ASSIGNED_IDENTITY } from "../resources.ts";
import { before, beforeForTheSame, type TextList, textsAt } from "./cel-lists.ts";
import { check, checkEach, mayRequester } from "./checks.ts";
import { CLAIMED, claimedId } from "./claimed-ids.ts";
import { decisionChecks, decisions } from "./managed-hosts.ts";
import { type NamedThing, namedThings, type ThingKind } from "./named-things.ts";
import { keepsPurpose } from "./purposes.ts";
import { policyDocuments, type Validation } from "./policy.ts";

/** How many newly named things are asked about one by one in a policy: a policy may cost 10,000,000, and each question costs 350,000. */
const PER_POLICY = 16;

/** The most that one request may newly name beside what a right to all of them covers. */
const MAX_NEW = 2 * PER_POLICY;

/** Only what changes the spec of an object that stays is looked at: labels, garbage collection and deletion go through. */
const CONDITIONS = {
  "spec-is-new": "oldObject == null || object.spec != oldObject.spec",
  "is-not-being-deleted": "!has(object.metadata.deletionTimestamp)",
};

/** The policies over what people write into the specs of a kind. Each compares with the object before: only what is new is a question. */
export function kindPolicies(resource: ApiResource): readonly JsonObject[] {
  const things = namedThings(resource);
  const { plural } = resource;
  const identities = things.filter(({ is }) => is === "identityRef" || is === "identityId");
  const named = namedAnew(identities);
  const uses = (from: number, to: number): Asked => (identities.length === 0 ? NOTHING : together(named, checkEach("named", range(from, to), checkUse)));
  const policy = (suffix: string, { variables, validations }: Asked) =>
    validations.length === 0 ? [] : policyDocuments({ name: `azure-identity-${plural}${suffix}`, rule: ruleOf(resource), conditions: CONDITIONS, variables: { keepsPurpose: keepsPurpose(plural), ...variables }, validations });
  const isFew = !identities.some(isInList);
  return [
    ...policy("", together(uses(0, isFew ? identities.length : PER_POLICY), attached(things), claimed(plural), decided(plural), exportedTo(things))),
    ...(isFew ? [] : policy("-more", together(uses(PER_POLICY, MAX_NEW), tooMany(USER_ASSIGNED_IDENTITY.kind, MAX_NEW, `size(variables.others) <= ${MAX_NEW} && variables.mayUseAll`)))),
    ...(["Secret", "ConfigMap"] as const).flatMap((kind) => policy(`-${kind.toLowerCase()}s`, documents(things, kind))),
  ];
}

interface Asked {
  readonly variables: Readonly<Record<string, string>>;
  readonly validations: readonly Validation[];
}

const NOTHING: Asked = { variables: {}, validations: [] };

/**
 * The identities that are newly named, those of the namespace itself last: who may use all of these is asked about none of them.
 * The lists do not depend on the authorizer, which messages do not have.
 */
function namedAnew(identities: readonly NamedThing[]): Asked {
  const [refs, ids] = [textsAt(only(identities, "identityRef")), textsAt(only(identities, "identityId"))];
  const variables = {
    refsBefore: beforeForTheSame(refs),
    refs: `(${refs("object")}).filter(ref, !(ref in variables.refsBefore))`,
    idsBefore: beforeForTheSame((object) => `(${ids(object)}).map(id, id.lowerAscii())`),
    ids: `(${ids("object")}).filter(id, !(id.lowerAscii() in variables.idsBefore))`,
    others: "variables.ids + variables.refs.filter(ref, !ref.startsWith(request.namespace + '/'))",
    repeated: "variables.others + variables.refs.filter(ref, ref.startsWith(request.namespace + '/'))",
    named: distinct("variables.repeated"),
    mayUseAll: mayRequester("use", { group: GROUP, resource: USER_ASSIGNED_IDENTITY.plural, namespace: "request.namespace" }),
  };
  return { variables, validations: [] };
}

/** Whether the requester may use an identity of the list, by a text that is either an ARM id or `namespace/name`. */
function checkUse(entry: string): Validation {
  const byId = check("use", { group: GROUP, resource: AZURE_RESOURCES, name: `${entry}.lowerAscii()` }, `'spec may not name ' + ${entry}`);
  const reference = { group: GROUP, resource: USER_ASSIGNED_IDENTITY.plural, namespace: `${entry}.split('/')[0]`, name: `${entry}.split('/')[1]` };
  const byReference = check("use", reference, `'spec may not name ${USER_ASSIGNED_IDENTITY.kind} ' + ${entry}`);
  const isId = `${entry}.startsWith('/')`;
  const isCovered = `(${entry}.startsWith(request.namespace + '/') && variables.mayUseAll)`;
  return {
    expression: `(${isId} ? ${byId.expression} : ${isCovered} || ${byReference.expression})`,
    messageExpression: `${isId} ? ${byId.messageExpression} : ${byReference.messageExpression}`,
  };
}

function attached(things: readonly NamedThing[]): Asked {
  const places = only(things, "attachedId");
  if (places.length === 0) return NOTHING;
  const ask = (entry: string) => check("attach", { group: GROUP, resource: AZURE_RESOURCES, name: `${entry}.lowerAscii()` }, `'spec may not name ' + ${entry}`);
  const variables = {
    attachedBefore: before((object) => `(${textsAt(places)(object)}).map(id, id.lowerAscii())`),
    attached: `(${textsAt(places)("object")}).filter(id, !(id.lowerAscii() in variables.attachedBefore))`,
  };
  return together({ variables, validations: [] }, checkEach("attached", range(0, places.length), ask));
}

function claimed(plural: string): Asked {
  const list = claimedId(plural);
  if (list === undefined) return NOTHING;
  const ask = (verb: "use" | "attach" | "manage") => {
    const { expression, messageExpression } = check(verb, { group: GROUP, resource: AZURE_RESOURCES, name: CLAIMED.id }, `'spec may not observe or adopt ' + ${CLAIMED.id}`);
    return { expression: `size(variables.claimed) == 0 || ${CLAIMED.verb} != '${verb}' || ${expression}`, messageExpression };
  };
  const verbs = plural === USER_ASSIGNED_IDENTITY.plural ? (["use"] as const) : (["attach", "manage"] as const);
  return { variables: newOf("claimed", list, beforeForTheSame), validations: verbs.map(ask) };
}

function decided(plural: string): Asked {
  const list = decisions(plural);
  return list === undefined ? NOTHING : { variables: newOf("decisions", list), validations: decisionChecks(plural) };
}

/** The operator writes to these on behalf of whoever names them. */
function exportedTo(things: readonly NamedThing[]): Asked {
  const kinds = [
    { kind: "ConfigMap", is: "exportedConfigMap", list: "exportedConfigMaps" },
    { kind: "ServiceAccount", is: "exportedServiceAccount", list: "exportedServiceAccounts" },
  ] as const;
  const asked = kinds.map(({ kind, is, list }) => {
    const places = only(things, is);
    if (places.length === 0) return NOTHING;
    const ask = (entry: string) => check("update", { group: "", resource: `${kind.toLowerCase()}s`, namespace: "request.namespace", name: entry }, `'spec may not export to ${kind} ' + ${entry}`);
    return together({ variables: newOf(list, textsAt(places)), validations: [] }, checkEach(list, range(0, places.length), ask));
  });
  return together(...asked);
}

/** The Secrets or ConfigMaps of which values are taken; who may get all of the namespace is asked nothing more. */
function documents(things: readonly NamedThing[], kind: "Secret" | "ConfigMap"): Asked {
  const places = only(things, kind);
  if (places.length === 0) return NOTHING;
  const resource = `${kind.toLowerCase()}s`;
  const ask = (entry: string): Validation => {
    const { expression, messageExpression } = check("get", { group: "", resource, namespace: "request.namespace", name: entry }, `'spec may not name ${kind} ' + ${entry}`);
    return { expression: `variables.mayGetAll || ${expression}`, messageExpression };
  };
  const variables = {
    ...newOf("repeated", textsAt(places), beforeForTheSame),
    named: distinct("variables.repeated"),
    mayGetAll: mayRequester("get", { group: "", resource, namespace: "request.namespace" }),
  };
  return together({ variables, validations: [] }, tooMany(kind, PER_POLICY, "variables.mayGetAll"), checkEach("named", range(0, PER_POLICY), ask));
}

/** A list without what comes again. Comparing each with each is dear: a list that is too long anyway stays as it is. */
function distinct(list: string): string {
  return `size(${list}) > 160 ? ${list} : ${list}.transformList(index, entry, ${list}.indexOf(entry) == index, entry)`;
}

function newOf(name: string, list: TextList, known: (list: TextList) => string = before): Readonly<Record<string, string>> {
  return { [`${name}Before`]: known(list), [name]: `(${list("object")}).filter(text, !(text in variables.${name}Before))` };
}

function tooMany(kind: string, most: number, unless: string): Asked {
  const size = "size(variables.named)";
  const messageExpression = `'spec newly names ' + string(${size}) + ' of ${kind}, of which ${most} can be judged one by one: name them in several steps'`;
  return { variables: {}, validations: [{ expression: `${size} <= ${most} || (${unless})`, messageExpression }] };
}

function ruleOf({ group, plural }: ApiResource) {
  return { apiGroups: [group], resources: [plural], operations: ["CREATE", "UPDATE"] as const };
}

function only(things: readonly NamedThing[], is: ThingKind): readonly NamedThing[] {
  return things.filter((thing) => thing.is === is);
}

function isInList({ path }: NamedThing): boolean {
  return path.some((step) => "each" in step);
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function together(...all: readonly Asked[]): Asked {
  return { variables: Object.assign({}, ...all.map(({ variables }) => variables)) as Asked["variables"], validations: all.flatMap(({ validations }) => validations) };
}
