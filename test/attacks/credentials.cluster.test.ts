import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { account, allow, groupOf, ownIdentity, team, type Team, tokenRequests } from "../e2e/accounts.ts";
import { identity } from "../e2e/objects.ts";
import { isReady, messageOf, reasonOf } from "../e2e/stage.ts";
import { type AttackStage, BLUE, GREEN, type Person, setAttackStage } from "./stage.ts";

// Becoming somebody else by the ServiceAccount azure-identity: of a namespace that shares the operator's credential, and of one that
// has its own, where whoever has edit can change that account and request its tokens.

const LONE = "team-lone";
const PLATFORM = "platform";
let stage: AttackStage;
let blue: Person;
let lone: Person;
let victim: Team;
let own: Team;

beforeAll(async () => {
  stage = await setAttackStage({ namespaces: [LONE, PLATFORM], sharedNamespaces: [BLUE, GREEN] });
  blue = stage.blue.editor;
  lone = stage.person(`${LONE}-editor`);
  await stage.kubectl("create", "rolebinding", "editors", "-n", LONE, "--clusterrole=edit", `--user=${lone.user}`);
  [victim, own] = [team(stage, PLATFORM), team(stage, LONE)];
  for (const each of [victim, own]) allow(stage, each, groupOf(each.namespace));
  await stage.apply(account(PLATFORM, victim.clientId), ownIdentity(PLATFORM, "payroll"));
  await stage.startOperator();
  await stage.until("uai", "payroll", isReady, PLATFORM);
});

afterAll(() => stage.close());

const forbidden = { code: 1, stderr: expect.stringContaining("forbidden") as string };
const by = (principalId: string) => stage.arm().filter((request) => request.principalId === principalId);

describe("who has edit in a namespace that shares the operator's credential", () => {
  test("changes nothing by an account of that name, whatever it is annotated with", async () => {
    const before = tokenRequests(stage, victim);
    expect(await blue.apply(account(BLUE, victim.clientId), identity(BLUE, "reports"))).toMatchObject({ code: 0 });
    const made = await stage.until("uai", "reports", isReady, BLUE);
    expect(made.status?.["credential"]).toEqual({ source: "Shared" });
    expect(tokenRequests(stage, victim)).toBe(before);
  });

  test.each([
    [PLATFORM, "azure-identity"],
    ["azure-identity-system", "azure-identity-operator"],
  ])("gets no token of the account %s/%s", async (namespace, name) => {
    expect(await blue.kubectl(["create", "token", name, "-n", namespace, "--audience=api://AzureADTokenExchange"])).toMatchObject(forbidden);
  });

  test("cannot annotate the account of another namespace", async () => {
    expect(await blue.apply(account(PLATFORM, victim.clientId))).toMatchObject(forbidden);
  });
});

describe("who has edit in a namespace with a credential of its own", () => {
  test.each([
    ["another team's identity", () => victim],
    ["the operator itself", () => stage],
  ])("does not become %s by naming its client id: Entra refuses, and nothing is asked of Azure", async (_name, whom) => {
    const { clientId, principalId } = whom();
    const before = by(principalId).length;
    expect(await lone.apply(account(LONE, clientId), ownIdentity(LONE, "taken"))).toMatchObject({ code: 0 });
    const told = await stage.until("uai", "taken", (each) => reasonOf(each) === "CredentialUnavailable" && messageOf(each).includes(clientId), LONE);
    expect(messageOf(told)).toMatch(/the authority refused with AADSTS7002\d+; add a federated credential/);
    expect(by(principalId).length).toBe(before);
  });

  test("reaches with its own identity only what that was granted", async () => {
    await lone.apply(account(LONE, own.clientId), ownIdentity(LONE, "payroll", { resourceGroup: PLATFORM }));
    await stage.until("uai", "taken", isReady, LONE);
    const told = await stage.until("uai", "payroll", (each) => reasonOf(each) === "AuthorizationFailed", LONE);
    expect(told.status).toMatchObject({ credential: { source: "Own", serviceAccount: `${LONE}/azure-identity`, clientId: own.clientId } });
    expect(told.status?.["principalId"]).toBeUndefined();
  });

  test("who makes the account anew starts without a token of the one before, which is used no more", async () => {
    const before = tokenRequests(stage, own);
    await lone.kubectl(["delete", "serviceaccount", "azure-identity", "-n", LONE]);
    await stage.until("uai", "taken", (each) => reasonOf(each) === "CredentialNotAllowed", LONE);
    const asked = by(own.principalId).length;
    expect(await lone.kubectl(["create", "serviceaccount", "azure-identity", "-n", LONE])).toMatchObject({ code: 0 });
    await stage.until("uai", "taken", (each) => messageOf(each).includes("lacks the annotation azure.workload.identity/client-id"), LONE);
    expect([by(own.principalId).length, tokenRequests(stage, own)]).toEqual([asked, before]);
  });
});

test("nothing of all this reached what the other team has", () => {
  const writes = stage.arm().filter(({ method, path }) => method !== "GET" && path.startsWith(groupOf(PLATFORM)));
  expect(new Set(writes.map(({ principalId }) => principalId))).toEqual(new Set([victim.principalId]));
});
