import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from "../json.ts";
import type { ApiResource } from "../resources.ts";
import { structuralSchema } from "../structural.ts";

/** What a field of a spec names, as far as naming it is a permission (DESIGN 6). */
export type ThingKind = "identityRef" | "identityId" | "attachedId" | "Secret" | "ConfigMap" | "exportedConfigMap" | "exportedServiceAccount";

/** A step into a spec: a field, or each entry of a list of at most so many. */
export type Step = { readonly field: string } | { readonly each: number };

/** A place in a spec that names something. */
export interface NamedThing {
  readonly is: ThingKind;
  readonly path: readonly Step[];
  /** Whether the reference can name another namespace. */
  readonly crossesNamespaces: boolean;
}

/** Fields that name objects by which nobody becomes or reads anything that the namespace does not declare itself. */
const HARMLESS = new Set(["webAppRef", "containerGroupRef", "appServicePlanRef", "planRef", "assignmentRef", "serviceAccountRef"]);

const BY_NAME: Readonly<Record<string, ThingKind>> = {
  identityRef: "identityRef",
  secretKeyRef: "Secret",
  secretRef: "Secret",
  configMapKeyRef: "ConfigMap",
};

const EXPORTED: Readonly<Record<string, ThingKind>> = { configMap: "exportedConfigMap", serviceAccount: "exportedServiceAccount" };

/** What the rule of an ARM id says of its type. Scopes and accounts of grants are judged by the administrator's lists alone. */
const BY_TYPE: readonly { readonly says: string; readonly is: ThingKind | undefined }[] = [
  { says: "must be the ARM id of a user-assigned identity:", is: "identityId" },
  { says: "must be the ARM id of a host, not of an identity", is: "attachedId" },
  { says: "must be the ARM id of an App Service plan:", is: "attachedId" },
  { says: "must be the ARM id of a subnet:", is: "attachedId" },
  { says: "must be the ARM id of a Cosmos DB account:", is: undefined },
  { says: "must be the ARM id of a subscription, a resource group or a resource", is: undefined },
];

/** Everything that specs of a kind can name. Throws on a reference or an ARM id of which it is not known what naming it means. */
export function namedThings(resource: Pick<ApiResource, "kind" | "spec">): readonly NamedThing[] {
  const spec = structuralSchema(resource.spec, "spec");
  return fieldsOf(spec, []).flatMap((field) => thingOf(resource.kind, field));
}

interface Field {
  readonly path: readonly Step[];
  readonly schema: JsonObject;
}

function fieldsOf(schema: JsonObject, path: readonly Step[]): readonly Field[] {
  const properties = Object.entries(objectAt(schema, "properties") ?? {});
  return properties.flatMap(([field, below]) => (isJsonObject(below) ? withNested({ path: [...path, { field }], schema: below }) : []));
}

function withNested({ path, schema }: Field): readonly Field[] {
  const items = objectAt(schema, "items");
  const entries: readonly Field[] = items === undefined ? [] : withNested({ path: [...path, { each: numberAt(schema, "maxItems") }], schema: items });
  return [{ path, schema }, ...fieldsOf(schema, path), ...entries];
}

function thingOf(kind: string, { path, schema }: Field): readonly NamedThing[] {
  const is = meaningOf(kind, path, schema);
  if (is === undefined) return [];
  return [{ is, path, crossesNamespaces: objectAt(objectAt(schema, "properties"), "namespace") !== undefined }];
}

function meaningOf(kind: string, path: readonly Step[], schema: JsonObject): ThingKind | undefined {
  const last = path.at(-1);
  const name = last !== undefined && "field" in last ? last.field : "";
  if (isBelow(path, "export")) return EXPORTED[name];
  if (name.endsWith("Ref") && !HARMLESS.has(name)) return BY_NAME[name] ?? unknown(kind, path);
  const messages = rulesOf(schema).map((rule) => stringAt(rule, "message") ?? "");
  if (!messages.some((message) => /\bARM id\b/.test(message))) return undefined;
  const known = BY_TYPE.find(({ says }) => messages.some((message) => message.startsWith(says)));
  return known === undefined ? unknown(kind, path) : known.is;
}

function unknown(kind: string, path: readonly Step[]): never {
  throw new Error(`cannot write the policies of ${kind}: nothing says which permission ${pathText(path)} needs; say it in src/api/admission/named-things.ts`);
}

/** A path as people write it: `spec.userAssigned[].armId`. */
export function pathText(path: readonly Step[]): string {
  return `spec${path.map((step) => ("field" in step ? `.${step.field}` : "[]")).join("")}`;
}

function isBelow(path: readonly Step[], field: string): boolean {
  const [first] = path;
  return first !== undefined && "field" in first && first.field === field && path.length === 2;
}

function rulesOf(schema: JsonObject): readonly JsonObject[] {
  const rules: Json | undefined = schema["x-kubernetes-validations"];
  return Array.isArray(rules) ? rules.filter((rule) => isJsonObject(rule)) : [];
}

function numberAt(schema: JsonObject, keyword: string): number {
  const value = schema[keyword];
  return typeof value === "number" ? value : 0;
}
