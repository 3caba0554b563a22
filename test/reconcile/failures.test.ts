import { describe, expect, test } from "vitest";
import { outcomeOf } from "../../src/reconcile/failures.ts";
import type { AzureFailure } from "../../src/reconcile/ports.ts";
import { claim } from "./hosts.ts";

const refused = (code: string): AzureFailure => ({ class: "invalid", code, message: "no" });
const says = (code: string, remedy: string): string => `cannot create IdentityAssignment default/a: ${code}: no: ${remedy}`;

const rows: readonly { readonly name: string; readonly failure: AzureFailure; readonly want: object }[] = [
  {
    name: "a refusal",
    failure: refused("BadRequest"),
    want: { is: "refused", reason: "AzureRefused", message: says("BadRequest", "correct the spec, or what Azure complains about") },
  },
  {
    name: "a name that is taken",
    failure: refused("NameNotAvailable"),
    want: { is: "refused", reason: "NameNotAvailable", message: says("NameNotAvailable", "choose another name in spec.azureName") },
  },
  {
    name: "a quota",
    failure: refused("QuotaExceeded"),
    want: { is: "refused", reason: "AzureRefused", message: says("QuotaExceeded", "ask for more quota, or choose another size or region") },
  },
  { name: "a code that only JavaScript knows", failure: refused("constructor"), want: { is: "refused", reason: "AzureRefused" } },
  {
    name: "an operation that runs",
    failure: { class: "busy", code: "Conflict", message: "no", afterSeconds: 7 },
    want: { is: "progressing", reason: "HostBusy", afterSeconds: 7 },
  },
  {
    name: "what others still use",
    failure: { class: "busy", code: "InUse", message: "no" },
    want: { is: "waiting", reason: "InUse", polled: true, message: says("InUse", "remove what uses it, or wait until it is removed") },
  },
  {
    name: "something that is missing",
    failure: { class: "missing", code: "NotFound", message: "no" },
    want: { is: "waiting", reason: "AzureNotFound", hasDeadline: true },
  },
];

describe("what a failed request means", () => {
  test.each(rows)("$name", ({ failure, want }) => expect(outcomeOf(failure, claim("a", {}).claim, "create")).toMatchObject(want));
});

describe("the role that grants what a 403 says is missing", () => {
  test.each([
    ["Microsoft.Web/sites/config/list/action", "Website Contributor"],
    ["Microsoft.Web/serverfarms/join/action", "Website Contributor"],
    ["Microsoft.Authorization/roleAssignments/write", "Role Based Access Control Administrator"],
    ["Microsoft.Authorization/roleAssignments/read", "Reader"],
    ["Microsoft.Web/serverfarms/write", "Web Plan Contributor"],
    ["Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "Managed Identity Operator"],
    ["Microsoft.Resources/subscriptions/resourceGroups/read", "Reader"],
    ["Microsoft.Unknown/things/write", "<a role with Microsoft.Unknown/things/write>"],
  ])("%s: %s", (action, role) => {
    const failure: AzureFailure = { class: "forbidden", code: "AuthorizationFailed", message: "no", denied: { action, scope: "/subscriptions/s", principalId: "p" } };
    expect(outcomeOf(failure, claim("a", {}).claim, "create")).toMatchObject({
      is: "waiting",
      reason: "AuthorizationFailed",
      message: expect.stringContaining(`az role assignment create --assignee-object-id p --assignee-principal-type ServicePrincipal --role "${role}" --scope /subscriptions/s`) as string,
    });
  });
});
