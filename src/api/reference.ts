import { ANNOTATION_MEANINGS, EXPORT_LABEL_MEANINGS, NAMESPACE_ANNOTATION_MEANINGS } from "./annotations.ts";
import { CONDITION_MEANINGS } from "./conditions.ts";
import { ANNOTATIONS, API_VERSION, CATEGORY, EXPORT_LABELS, NAMESPACE_ANNOTATIONS } from "./group.ts";
import type { JsonObject } from "./json.ts";
import { code, escaped, table } from "./markdown.ts";
import { REASONS } from "./reasons.ts";
import { fieldRows, ruleList } from "./reference-fields.ts";
import { type ApiResource, RESOURCES } from "./resources.ts";
import { policies, statusFields } from "./shared.ts";
import { structuralSchema } from "./structural.ts";

const FIELDS = ["Field", "Type", "Default", "Meaning"];

/** `docs/reference.md`: what users write and read, made from the schemas. */
export function referenceFiles(): ReadonlyMap<string, string> {
  const kinds = RESOURCES.map(({ kind, description }) => `- [${kind}](#${kind.toLowerCase()}): ${escaped(description)}`);
  const sections = [
    '<!-- Generated from src/api by "npm run generate"; changes made here are lost. -->',
    "# Reference",
    `Every kind has the apiVersion ${code(API_VERSION)} and lives in a namespace; ${code(`kubectl get ${CATEGORY}`)} lists all of them. ` +
      `${code("kubectl explain <kind>.spec")} shows the same as this page. In a path, ${code("[]")} stands for each entry of a list.`,
    kinds.join("\n"),
    ...sharedSections(),
    ...RESOURCES.flatMap(kindSections),
    ...nameSections(),
  ];
  return new Map([["docs/reference.md", `${sections.join("\n\n")}\n`]]);
}

function sharedSections(): readonly string[] {
  const [spec, status] = RESOURCES.slice(0, 1).flatMap((resource) => [structuralSchema(resource.spec, "spec"), structuralSchema(resource.status, "status")]);
  return [
    "## What every kind has",
    "These fields are in the spec and the status of every kind, beside those of its own.",
    "### Policies of every spec",
    table(FIELDS, fieldRows(only(spec ?? {}, Object.keys(policies)), "spec.")),
    "### Fields of every status",
    table(FIELDS, fieldRows(only(status ?? {}, Object.keys(statusFields)), "status.")),
  ];
}

function kindSections(resource: ApiResource): readonly string[] {
  const spec = structuralSchema(resource.spec, "spec");
  const rules = ruleList(resource.rules, spec).map((message) => `- ${escaped(message)}`);
  return [
    `## ${resource.kind}`,
    `${escaped(resource.description)} Short name: ${resource.shortNames.map(code).join(", ")}.`,
    `### Spec of ${resource.kind}`,
    `Beside the [policies of every spec](#policies-of-every-spec): ${escaped(resource.spec.description ?? "")}`,
    table(FIELDS, fieldRows(without(spec, Object.keys(policies)), "spec.")),
    ...(rules.length === 0 ? [] : ["Rules over more than one field:", rules.join("\n")]),
    `### Status of ${resource.kind}`,
    ...statusOf(resource),
    `### What kubectl shows of ${resource.kind}`,
    table(["Column", "Shows", "Path"], resource.columns.map(({ name, description, jsonPath, priority }) => [priority === 1 ? `${name} (wide)` : name, escaped(description), code(jsonPath)])),
    `Field selectors: ${resource.selectableFields.map((path) => code(path.slice(1))).join(", ")}.`,
  ];
}

function statusOf(resource: ApiResource): readonly string[] {
  const rows = fieldRows(without(structuralSchema(resource.status, "status"), Object.keys(statusFields)), "status.");
  if (rows.length === 0) return ["The [fields of every status](#fields-of-every-status)."];
  return ["Beside the [fields of every status](#fields-of-every-status):", table(FIELDS, rows)];
}

function nameSections(): readonly string[] {
  const rows = <Key extends string>(names: Readonly<Record<Key, string>>, meanings: Readonly<Record<Key, string>>) =>
    (Object.keys(names) as Key[]).map((key) => [code(names[key]), escaped(meanings[key])]);
  return [
    "## Annotations",
    "On an object of this operator:",
    table(["Annotation", "Meaning"], rows(ANNOTATIONS, ANNOTATION_MEANINGS)),
    "On a Namespace, for the objects in it:",
    table(["Annotation", "Meaning"], rows(NAMESPACE_ANNOTATIONS, NAMESPACE_ANNOTATION_MEANINGS)),
    "## Labels on what is exported",
    table(["Label", "Meaning"], rows(EXPORT_LABELS, EXPORT_LABEL_MEANINGS)),
    "## Conditions",
    table(["Type", "While it is True"], Object.entries(CONDITION_MEANINGS).map(([type, meaning]) => [code(type), escaped(meaning)])),
    "## Reasons",
    "A condition or an event carries one of these.",
    table(["Reason", "Meaning"], Object.entries(REASONS).map(([reason, meaning]) => [code(reason), escaped(meaning)])),
  ];
}

function only(schema: JsonObject, names: readonly string[]): JsonObject {
  return narrowed(schema, (name) => names.includes(name));
}

function without(schema: JsonObject, names: readonly string[]): JsonObject {
  return narrowed(schema, (name) => !names.includes(name));
}

function narrowed(schema: JsonObject, isKept: (name: string) => boolean): JsonObject {
  const properties = Object.entries((schema["properties"] ?? {}) as JsonObject).filter(([name]) => isKept(name));
  return { ...schema, properties: Object.fromEntries(properties) };
}
