import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ACCOUNT_ANNOTATIONS, ACCOUNT_KIND, ACCOUNT_NAME } from "../../src/api/credential.ts";
import { POLICY } from "../reconcile/hosts.ts";
import { get, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";
import { Tokens } from "./tokens.ts";

const CLIENT = "11112222-bbbb-3333-cccc-4444dddd5555";
const OTHER = "99992222-bbbb-3333-cccc-4444dddd5555";
const SHARED = new Map([["default", { accountNamespace: undefined }]]);
const OBJECTS = [["UserAssignedIdentity", "app"], ["IdentityAssignment", "machine"]] as const;
const held = new Tokens();
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({
    policy: { sharedNamespaces: SHARED },
    azure: { durations: { "Microsoft.Compute/virtualMachines": 0 } },
    credentials: held,
  });
  stage.bench.azure.portal.put(machine(), { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
});

afterAll(() => stage.close());

beforeEach(async () => {
  stage.policy({ sharedNamespaces: SHARED });
  await stage.restart();
  await stage.apply("UserAssignedIdentity", "app", { subscriptionId: stage.bench.azure.subscriptionIds[0] ?? "", resourceGroup: "rg" });
  await stage.apply("IdentityAssignment", "machine", { target: { armId: machine() }, userAssigned: [{ identityRef: { name: "app" } }] });
  expect(states()).toEqual(["True Succeeded", "True Succeeded"]);
  stage.bench.azure.clearRequests();
});

afterEach(async () => {
  stage.cluster.clear();
  stage.bench.azure.portal.delete(uai(stage, "app"));
  stage.bench.azure.portal.patch(machine(), { identity: { type: "None" } });
  await stage.restart();
});

const machine = () => `${stage.bench.group}/providers/Microsoft.Compute/virtualMachines/machine`;
const states = () => OBJECTS.map(([kind, name]) => stage.state(kind, name));
const credentials = () => OBJECTS.map(([kind, name]) => stage.holds(kind, name)?.["credential"]);
const own = (clientId = CLIENT) => `own:default/${ACCOUNT_NAME}:${stage.object(ACCOUNT_KIND, ACCOUNT_NAME)?.metadata.uid ?? ""}:${clientId}:${POLICY.tenantId}`;

/** Creates or changes the account of the namespace. */
async function annotate(clientId: string, tenantId = POLICY.tenantId): Promise<void> {
  if (stage.object(ACCOUNT_KIND, ACCOUNT_NAME) === undefined) stage.cluster.apply(ACCOUNT_KIND, ACCOUNT_NAME, {});
  stage.cluster.annotate(ACCOUNT_KIND, ACCOUNT_NAME, { [ACCOUNT_ANNOTATIONS.clientId]: clientId, [ACCOUNT_ANNOTATIONS.tenantId]: tenantId });
  await stage.settle();
}

/** The administrator lists the namespace no more; it has an account of its own. */
async function becomeOwn(): Promise<void> {
  stage.policy({ sharedNamespaces: new Map() });
  await stage.restart();
  await annotate(CLIENT);
}

test("objects go on with another credential, with what they hold, and nothing is undone", async () => {
  await becomeOwn();
  expect([states(), credentials()]).toEqual([["True Succeeded", "True Succeeded"], [own(), own()]]);
  await annotate(OTHER);
  expect([states(), credentials()]).toEqual([["True Succeeded", "True Succeeded"], [own(OTHER), own(OTHER)]]);
  stage.policy({ sharedNamespaces: SHARED });
  await stage.restart();
  await stage.look();
  expect([states(), credentials(), stage.writes()]).toEqual([["True Succeeded", "True Succeeded"], ["shared", "shared"], []]);
});

test("what is held in another tenant is left alone, and goes on when the credential is set back", async () => {
  await becomeOwn();
  stage.bench.azure.clearRequests();
  await annotate(CLIENT, OTHER);
  expect([states(), stage.requests()]).toEqual([["False CredentialGone", "False CredentialGone"], []]);
  await annotate(CLIENT);
  expect([states(), stage.writes()]).toEqual([["True Succeeded", "True Succeeded"], []]);
});

test("without its account an object waits with what it holds; the one that is made anew goes on", async () => {
  await becomeOwn();
  const before = own();
  await held.hold(before);
  stage.bench.azure.clearRequests();
  await stage.remove(ACCOUNT_KIND, ACCOUNT_NAME);
  expect([states(), stage.requests()]).toEqual([["False CredentialNotAllowed", "False CredentialNotAllowed"], []]);
  await annotate(CLIENT);
  expect(states()).toEqual(["True Succeeded", "True Succeeded"]);
  expect([own() === before, credentials(), stage.writes()]).toEqual([false, [own(), own()], []]);
  expect(held.isHeld(before)).toBe(false);
});

test("what is deleted after its account leaves with the token that is held", async () => {
  await becomeOwn();
  const account = own();
  await held.hold(account);
  await stage.remove(ACCOUNT_KIND, ACCOUNT_NAME);
  for (const [kind, name] of OBJECTS.toReversed()) await stage.remove(kind, name);
  expect([states(), get(stage, uai(stage, "app"))]).toEqual([["gone", "gone"], undefined]);
  expect(held.isHeld(account)).toBe(false);
});

test("what may no longer be reached by its own credential leaves under Retain", async () => {
  await becomeOwn();
  const { azure, principal } = stage.bench;
  azure.setPermissions([]);
  for (const [kind, name] of OBJECTS.toReversed()) stage.cluster.delete(kind, name);
  await stage.settle();
  expect(states()).toEqual(["False AuthorizationFailed", "False AuthorizationFailed"]);
  expect(stage.message("UserAssignedIdentity", "app")).toContain("or set deletionPolicy to Retain to leave in Azure what is held, or let an administrator set --cleanup-credential");
  await stage.apply("UserAssignedIdentity", "app", { subscriptionId: azure.subscriptionIds[0] ?? "", resourceGroup: "rg", deletionPolicy: "Retain" });
  expect(states()).toEqual(["gone", "False AuthorizationFailed"]);
  expect(get(stage, uai(stage, "app"))).toBeDefined();
  azure.setPermissions([{ principalId: principal.principalId, actions: ["*"], scope: "/" }]);
});

test("what is deleted without any token stays, until the administrator lets somebody clean up", async () => {
  await becomeOwn();
  await stage.remove(ACCOUNT_KIND, ACCOUNT_NAME);
  stage.bench.azure.clearRequests();
  for (const [kind, name] of OBJECTS.toReversed()) await stage.remove(kind, name);
  expect([states(), stage.requests()]).toEqual([["False CredentialGone", "False CredentialGone"], []]);
  stage.policy({ cleanup: { accountNamespace: undefined } });
  await stage.restart();
  expect([states(), stage.writes().map(({ method }) => method).toSorted((left, right) => left.localeCompare(right))]).toEqual([["gone", "gone"], ["DELETE", "PATCH"]]);
});

test("a role that is gone with its group does not hold up an object where somebody may clean up", async () => {
  stage.policy({ cleanup: { accountNamespace: undefined } });
  await becomeOwn();
  const { azure, principal } = stage.bench;
  azure.setPermissions([]);
  await stage.remove("IdentityAssignment", "machine");
  await stage.look();
  expect(stage.state("IdentityAssignment", "machine")).toBe("False AuthorizationFailed");
  expect(stage.object("IdentityAssignment", "machine")?.status).toMatchObject({ credential: { source: "Cleanup" } });
  azure.setPermissions([{ principalId: principal.principalId, actions: ["*"], scope: "/" }]);
  await stage.look();
  expect(stage.state("IdentityAssignment", "machine")).toBe("gone");
});
