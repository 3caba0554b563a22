import { parseDocument } from "yaml";
import { z } from "zod";
import type { FederationRule, HostRule, PolicyRules, RoleRule, SubscriptionRule } from "../api/policy-rules.ts";
import { suggestion } from "./suggestion.ts";
import { armScope, groupName, guidText, hostType, issuer, namespaceName, type Reader, roleNameOrId, subjectPattern } from "./values.ts";

/** What a policy file comes to. */
export type ReadPolicy =
  | { readonly is: "policy"; readonly rules: PolicyRules }
  /** One sentence per fault: the file, the path in it, what is wrong and what is expected. */
  | { readonly is: "errors"; readonly errors: readonly string[] };

const namespaces = listOf(text(namespaceOfRule, "the name of a namespace"), "namespaces").optional();

const roleRule = mapping({ role: text(roleNameOrId, "the name or the GUID of a role"), scope: text(armScope, "an ARM scope"), namespaces }).transform(
  ({ role, scope, ...rest }): RoleRule => ({ role: role.value, byId: role.isId, scope, namespaces: rest.namespaces }),
);

const federationRule = mapping({
  issuer: text((given) => (given === "cluster" ? { ok: true, value: given } : issuer(given)), "cluster, or the URL of an issuer"),
  subject: text(subjectPattern, "a subject, for example system:serviceaccount:{namespace}:*"),
  namespaces,
}).transform((rule): FederationRule => ({ ...rule, namespaces: rule.namespaces }));

const hostRule = mapping({ type: text(hostType, "the type of a host, for example Microsoft.Web/sites"), namespaces }).transform(
  (rule): HostRule => ({ type: rule.type, namespaces: rule.namespaces }),
);

const resourceGroups = listOf(text(groupName, "the name of a resource group"), "resource groups").optional();

const subscriptionRule = mapping({ id: text(guidText, "the id of a subscription"), resourceGroups, namespaces }).transform(
  (rule): SubscriptionRule => ({ id: rule.id, resourceGroups: rule.resourceGroups, namespaces: rule.namespaces }),
);

const policy = mapping({
  roles: listOf(roleRule, "rules").default([]),
  federation: listOf(federationRule, "rules").default([]),
  hosts: listOf(hostRule, "rules").optional(),
  subscriptions: listOf(subscriptionRule, "rules").optional(),
});

/** Reads the text of a policy file; tells every fault at once. An empty file lets nothing be granted. Never throws. */
export function readPolicy(source: string, file: string): ReadPolicy {
  const errors = (faults: readonly string[]): ReadPolicy => ({
    is: "errors",
    errors: faults.map((fault) => `cannot use --policy-file=${JSON.stringify(file)}: ${fault}`),
  });
  const yaml = readYaml(source);
  if (!yaml.ok) return errors(yaml.faults);
  const read = policy.safeParse(yaml.value ?? {});
  return read.success ? { is: "policy", rules: read.data } : errors(read.error.issues.map(faultOf));
}

function readYaml(source: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly faults: readonly string[] } {
  const document = parseDocument(source);
  const faults = document.errors.map(({ code, message }) =>
    code === "MULTIPLE_DOCS" ? "it holds several documents: keep one" : `it is no YAML: ${message.split("\n", 1)[0]?.replace(/:$/, "") ?? ""}`,
  );
  if (faults.length > 0) return { ok: false, faults };
  try {
    return { ok: true, value: document.toJS() };
  } catch (error) {
    return { ok: false, faults: [`it is no YAML: ${error instanceof Error ? error.message : String(error)}`] };
  }
}

function mapping<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? unknownKeys(issue.keys, shape) : expected(issue.input, `a mapping with ${Object.keys(shape).join(", ")}`)) });
}

function listOf<Item extends z.ZodType>(item: Item, of: string) {
  return z.array(item, { error: ({ input }) => expected(input, `a list of ${of}, [] for none`) });
}

/** A text that a reader takes. */
function text<T>(reader: Reader<T>, what: string) {
  return z.string({ error: ({ input }) => expected(input, what) }).transform((given, context) => {
    const read = reader(given);
    if (read.ok) return read.value;
    context.addIssue({ code: "custom", message: `${JSON.stringify(given)}: ${read.expected}` });
    return z.NEVER;
  });
}

function namespaceOfRule(name: string): ReturnType<Reader<string>> {
  return name.includes("*") ? { ok: false, expected: "leave namespaces out to allow every served one" } : namespaceName(name);
}

function expected(input: unknown, what: string): string {
  return input === undefined ? `it is missing: expected ${what}` : `expected ${what}`;
}

function unknownKeys(keys: readonly string[], shape: object): string {
  const known = Object.keys(shape);
  const told = keys.map((key) => {
    const meant = suggestion(key, known);
    return `there is no ${JSON.stringify(key)} here: ${meant === undefined ? `expected ${known.join(", ")}` : `did you mean ${meant}?`}`;
  });
  return told.join("; ");
}

/** The path as people write it, `roles[0].scope`, before what is wrong there. */
function faultOf({ path, message }: z.core.$ZodIssue): string {
  const place = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return place === "" ? message : `${place.replace(/^\./, "")}: ${message}`;
}
