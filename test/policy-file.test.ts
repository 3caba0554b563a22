import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PolicyRules } from "../src/api/policy-rules.ts";
import { readPolicy } from "../src/config/policy-file.ts";

const SUBSCRIPTION = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
const BASE = join(import.meta.dirname, "../deploy/kustomize/base");

function rulesOf(source: string): PolicyRules {
  const read = readPolicy(source, "policy.yaml");
  if (read.is !== "policy") throw new Error(read.errors.join("\n"));
  return read.rules;
}

/** The faults without what every one begins with. */
function faultsOf(source: string): readonly string[] {
  const read = readPolicy(source, "policy.yaml");
  const start = 'cannot use --policy-file="policy.yaml": ';
  return read.is === "errors" ? read.errors.map((error) => (error.startsWith(start) ? error.slice(start.length) : `no start: ${error}`)) : [];
}

test("roles by name and by id, issuers and subjects, with and without namespaces", () => {
  const rules = rulesOf(`
roles:
  - role: Storage Blob Data Reader
    scope: ${SUBSCRIPTION.toUpperCase().replace("/SUBSCRIPTIONS", "/subscriptions")}/resourceGroups/msdocs-identity-example
    namespaces: [identity-demo]
  - {role: 18D7D88D-D35E-4FB5-A5C3-7773C20A72D9, scope: ${SUBSCRIPTION}}
federation:
  - issuer: cluster
    subject: system:serviceaccount:{namespace}:*
  - issuer: https://eastus.oic.prod-aks.azure.com/tenant/cluster/
    subject: system:serviceaccount:jobs:nightly
    namespaces: [jobs, batch]
`);
  expect(rules).toEqual({
    roles: [
      { role: "Storage Blob Data Reader", byId: false, scope: `${SUBSCRIPTION}/resourceGroups/msdocs-identity-example`, namespaces: ["identity-demo"] },
      { role: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", byId: true, scope: SUBSCRIPTION, namespaces: undefined },
    ],
    federation: [
      { issuer: "cluster", subject: "system:serviceaccount:{namespace}:*", namespaces: undefined },
      { issuer: "https://eastus.oic.prod-aks.azure.com/tenant/cluster/", subject: "system:serviceaccount:jobs:nightly", namespaces: ["jobs", "batch"] },
    ],
  });
});

test.each(["", "# nothing yet\n", "{}", "roles: []\nfederation: []", "---\n"])("what names nothing allows nothing: %j", (source) => {
  expect(rulesOf(source)).toEqual({ roles: [], federation: [] });
});

test("hosts and subscriptions in one spelling, each with and without namespaces", () => {
  const rules = rulesOf(`
hosts:
  - type: Microsoft.Web/Sites
  - {type: microsoft.compute/virtualMachines, namespaces: [jobs]}
subscriptions:
  - {id: AAAA0A0A-BB1B-CC2C-DD3D-EEEEEE4E4E4E, resourceGroups: [Jobs, nightly], namespaces: [jobs]}
`);
  expect(rules).toEqual({
    roles: [],
    federation: [],
    hosts: [
      { type: "microsoft.web/sites", namespaces: undefined },
      { type: "microsoft.compute/virtualmachines", namespaces: ["jobs"] },
    ],
    subscriptions: [{ id: "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e", resourceGroups: ["jobs", "nightly"], namespaces: ["jobs"] }],
  });
});

test("an absent list of hosts or subscriptions allows all, an empty one none", () => {
  expect(rulesOf("")).not.toHaveProperty("hosts");
  expect(rulesOf("hosts: []\nsubscriptions: []")).toMatchObject({ hosts: [], subscriptions: [] });
});

test("the same rule twice is no fault, and an empty list of namespaces allows none", () => {
  const rule = `  - {role: Reader, scope: ${SUBSCRIPTION}, namespaces: []}`;
  expect(rulesOf(`roles:\n${rule}\n${rule}\n`).roles.map(({ namespaces }) => namespaces)).toEqual([[], []]);
});

const role = (text: string) => `roles: [{role: Reader, scope: ${SUBSCRIPTION}}, {${text}}]`;
const federation = (text: string) => `federation: [{${text}}]`;

describe("each fault names the file, the path and what is expected", () => {
  test.each([
    ["role: [", "it is no YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 8"],
    ["roles: []\nroles: []", "it is no YAML: Map keys must be unique at line 2, column 1"],
    ["roles: *nobody", "it is no YAML: Unresolved alias (the anchor must be set before the alias): nobody"],
    ["--- {}\n--- {}", "it holds several documents: keep one"],
    ["[]", "expected a mapping with roles, federation, hosts, subscriptions"],
    ["yes", "expected a mapping with roles, federation, hosts, subscriptions"],
    ["rules: []", 'there is no "rules" here: did you mean roles?'],
    ["credentials: []", 'there is no "credentials" here: expected roles, federation, hosts, subscriptions'],
    ["roles: Reader", "roles: expected a list of rules, [] for none"],
    ["roles:", "roles: expected a list of rules, [] for none"],
    ["roles: [Reader]", "roles[0]: expected a mapping with role, scope, namespaces"],
    [role(`scope: ${SUBSCRIPTION}`), "roles[1].role: it is missing: expected the name or the GUID of a role"],
    [role("role: Reader"), "roles[1].scope: it is missing: expected an ARM scope"],
    [role(`role: 7, scope: ${SUBSCRIPTION}`), "roles[1].role: expected the name or the GUID of a role"],
    [role(`role: "*", scope: ${SUBSCRIPTION}`), 'roles[1].role: "*": expected the name or the GUID of one role: each role must be listed'],
    [role(`role: /providers/x, scope: ${SUBSCRIPTION}`), 'roles[1].role: "/providers/x": expected the name or the GUID of a role: take the GUID at the end of that id'],
    [role("role: Reader, scope: /"), 'roles[1].scope: "/": it does not begin with "/subscriptions/": expected /subscriptions/ID, with /resourceGroups/NAME, with /providers/NAMESPACE/TYPE/NAME'],
    [role("role: Reader, scope: /subscriptions/one"), 'roles[1].scope: "/subscriptions/one": the subscription is not a GUID'],
    [role(`role: Reader, scopes: ${SUBSCRIPTION}, scope: ${SUBSCRIPTION}`), 'roles[1]: there is no "scopes" here: did you mean scope?'],
    [role(`role: Reader, scope: ${SUBSCRIPTION}, namespaces: jobs`), "roles[1].namespaces: expected a list of namespaces, [] for none"],
    [role(`role: Reader, scope: ${SUBSCRIPTION}, namespaces: ["*"]`), 'roles[1].namespaces[0]: "*": leave namespaces out to allow every served one'],
    [role(`role: Reader, scope: ${SUBSCRIPTION}, namespaces: [jobs, Jobs]`), 'roles[1].namespaces[1]: "Jobs": expected a namespace name: at most 63 lower-case letters, digits and hyphens'],
    ["hosts: [{type: Microsoft.Web}]", 'hosts[0].type: "Microsoft.Web": expected the full type of a host, for example Microsoft.Web/sites or Microsoft.Web/sites/slots'],
    ["hosts: [{type: Microsoft.Web/*}]", 'hosts[0].type: "Microsoft.Web/*": expected one type: leave hosts out to allow every type'],
    ["hosts: [{type: a.b/c, kind: a}]", 'hosts[0]: there is no "kind" here: expected type, namespaces'],
    ["hosts:", "hosts: expected a list of rules, [] for none"],
    ["subscriptions: [{id: one}]", 'subscriptions[0].id: "one": expected a GUID such as 00000000-0000-0000-0000-000000000000'],
    ["subscriptions: [{id: aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e, namespaces: all}]", "subscriptions[0].namespaces: expected a list of namespaces, [] for none"],
    ["subscriptions: [{id: aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e, resourceGroups: [a/b]}]", 'subscriptions[0].resourceGroups[0]: "a/b": expected the name of a resource group: leave resourceGroups out to allow every one'],
    [federation("issuer: cluster"), "federation[0].subject: it is missing: expected a subject, for example system:serviceaccount:{namespace}:*"],
    [federation("subject: a"), "federation[0].issuer: it is missing: expected cluster, or the URL of an issuer"],
    [federation("issuer: http://issuer, subject: a"), 'federation[0].issuer: "http://issuer": expected the https URL of an issuer, exactly as its tokens name it, without wildcards'],
    [federation("issuer: https://*.example, subject: a"), 'federation[0].issuer: "https://*.example": expected the https URL of an issuer, exactly as its tokens name it, without wildcards'],
    [federation('issuer: cluster, subject: "a:{name}:b"'), 'federation[0].subject: "a:{name}:b": {name} stands for nothing: the only placeholder is {namespace}'],
    [federation('issuer: cluster, subject: "a:{namespace"'), 'federation[0].subject: "a:{namespace": {namespace stands for nothing: the only placeholder is {namespace}'],
    [federation('issuer: cluster, subject: ""'), 'federation[0].subject: "": expected 1 to 600 characters'],
  ])("%s", (source, want) => expect(faultsOf(source)).toEqual([want]));

  test("all of them at once", () => {
    expect(faultsOf(`roles: [{role: Reader, scope: /}, {}]\nmore: 1`)).toHaveLength(4);
  });
});

describe("the policy of deploy/kustomize/base", () => {
  const text = readFileSync(join(BASE, "policy.yaml"), "utf8");

  test("allows nothing", () => expect(rulesOf(text)).toEqual({ roles: [], federation: [] }));

  test("holds an example that is read as it says", () => {
    const example = text.split("\n").flatMap((line) => (line.startsWith("#   ") ? [line.slice(4)] : [])).join("\n");
    const rules = rulesOf(example);
    expect(rules.roles.map(({ byId }) => byId)).toEqual([false, true]);
    expect(rules.federation.map(({ issuer }) => issuer)).toEqual(["cluster", "https://token.actions.githubusercontent.com"]);
    expect([rules.hosts?.map(({ type }) => type), rules.subscriptions?.map(({ namespaces }) => namespaces)]).toEqual([["microsoft.web/sites", "microsoft.compute/virtualmachines"], [undefined, ["platform"]]]);
  });
});
