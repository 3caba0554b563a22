import { describe, expect, it } from "vitest";
import { defaultSettings, defaultSwitches } from "../azure.ts";
import type { Settings, Switches } from "../azure.ts";
import { sourcesOf } from "./sources.ts";

/** A line of arm.md 18, clause by clause: the switches or settings for both readings, or why there is nothing to switch. */
interface Clause {
  readonly says: string;
  readonly switches?: readonly (keyof Switches)[];
  readonly settings?: readonly (keyof Settings)[];
  readonly notApplicable?: string;
}

const clauses: readonly Clause[] = [
  { says: "PATCH with identity on sites and container apps", switches: ["webPatchIdentity", "containerAppPatchIdentity"] },
  {
    says: "null removal in PATCH for Web, Container Apps, ACR, App Configuration, API Management, SQL",
    switches: ["webPatchNullKey", "containerAppPatchNullKey", "unrecordedPatchNullKey"],
  },
  {
    says: "PUT without identity for Web, ACI, AKS, Container Apps",
    switches: ["webPutWithoutIdentity", "containerGroupPutWithoutIdentity", "aksPutWithoutIdentity", "containerAppPutWithoutIdentity", "unrecordedPutWithoutIdentity"],
  },
  { says: "whether App Service restarts on identity change", switches: ["webIdentityChange"] },
  { says: "whether Web honours If-Match", switches: ["webIfMatch"] },
  { says: "the code of the deletion of a plan with sites", switches: ["webPlanInUseStatus"] },
  { says: "AKS: return to None", switches: ["aksReturnToNone"] },
  { says: "AKS: 409 code for parallel updates", switches: ["aksBusyCode"] },
  { says: "AKS: secret retention on PUT", switches: ["aksPutWithoutSecrets"] },
  { says: "Service Fabric: real bodies with identity", notApplicable: "Nothing recorded contradicts the shape of the spec, and there is no second reading to switch to." },
  { says: "Service Fabric: effect of an identity-only PUT", switches: ["serviceFabricIdentityOnlyPut"] },
  { says: "FIC: status of a duplicate issuer and subject", switches: ["federatedDuplicateStatus"] },
  { says: "FIC: code over 20", switches: ["federatedLimitStatus"] },
  { says: "FIC: 405 regions today", settings: ["regionsWithoutFederatedCredentials"] },
  { says: "isolationScope and assignmentRestrictions violation error", switches: ["restrictedIdentity"] },
  { says: "refill rate of the large throttle family", switches: ["largeFamilyRefill"] },
  { says: "who gets which family", switches: ["quotaFamily"] },
  { says: "LinkedAuthorizationFailed check for removed identities", switches: ["removedIdentityAssign"] },
  { says: "the exact order of ARM checks", switches: ["locksAndPolicies", "vanishedIdentity"] },
  { says: "2.5: status of an unknown type, and of an unknown namespace", switches: ["unknownTypeStatus", "unknownNamespaceStatus"] },
  { says: "RoleAssignmentLimitExceeded status", switches: ["roleAssignmentLimitStatus"] },
  { says: "identical role assignment re-PUT status", switches: ["roleAssignmentRepeatStatus"] },
  {
    says: "error texts of InvalidResourceLocation, ScopeLocked, RequestDisallowedByPolicy",
    notApplicable: "Status, code and members are documented; a client that reads the wording of these has no second wording to be tested with.",
  },
  { says: "Azure Spring Apps shutdown date", notApplicable: "A date in a calendar, not a behaviour of the API." },
];

describe("what arm.md 18 calls not confirmed", () => {
  it.each(clauses)("$says: a switch, or a reason", ({ switches = [], settings = [], notApplicable }) => {
    expect(switches.filter((name) => !(name in defaultSwitches))).toEqual([]);
    expect(settings.filter((name) => !(name in defaultSettings))).toEqual([]);
    expect(switches.length + settings.length > 0).toBe(notApplicable === undefined);
  });

  it("every switch is read by the simulator and set by a test of it", () => {
    const names = Object.keys(defaultSwitches);
    const isDeclaration = (path: string): boolean => path.endsWith("switches.ts") || path.endsWith("unconfirmed.test.ts");
    const texts = sourcesOf().filter(({ path }) => !isDeclaration(path));
    const code = texts.filter(({ path }) => !path.endsWith(".test.ts")).map(({ text }) => text).join("\n");
    const tests = texts.filter(({ path }) => path.endsWith(".test.ts")).map(({ text }) => text).join("\n");
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(tests))).toEqual([]);
  });
});
