import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { account, allow, documented, groupOf, ownIdentity, reconcileNow, team, type Team, tokenRequests } from "./accounts.ts";
import { armId, assignment } from "./objects.ts";
import { ACTIONS, isReady, messageOf, reasonOf, setStage, type Stage, SUBSCRIPTION } from "./stage.ts";

const [EAST, WEST, SELF, LENT, ADMIN] = ["own-east", "own-west", "own-self", "lent", "platform"];
const HOST = armId("Microsoft.Compute/virtualMachines", "machine");
let stage: Stage;
let teams: readonly [Team, Team];
let folder: string;

beforeAll(async () => {
  stage = await setStage({ namespaces: [EAST, WEST, SELF, LENT, ADMIN], sharedNamespaces: [], durations: { "Microsoft.Compute/virtualMachines": 0 } });
  teams = [team(stage, EAST), team(stage, WEST)];
  stage.azure.setPermissions([]);
  for (const each of teams) for (const scope of [groupOf(each.namespace), HOST]) allow(stage, each, scope);
  stage.azure.portal.put(HOST, { location: "westus2", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
  folder = await mkdtemp(join(tmpdir(), "credentials-"));
  await writeFile(join(folder, "policy.yaml"), `federation: [{issuer: cluster, subject: "system:serviceaccount:{namespace}:*"}]\n`);
  await start();
});

afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

/** No namespace uses an identity of the operator's own: it starts without one. */
function start(...extraArgs: readonly string[]): Promise<unknown> {
  return stage.startOperator([`--policy-file=${join(folder, "policy.yaml")}`, `--shared-credential-namespaces=${LENT}=${ADMIN}/azure-identity`, `--shared-credential-scopes=${groupOf(LENT)}`, ...extraArgs]);
}

/** Requests to ARM of a team's principal. */
function by({ principalId }: Team) {
  return stage.arm().filter((request) => request.principalId === principalId);
}

function attached(): readonly string[] {
  const block = stage.azure.portal.get(HOST)?.["identity"] as { userAssignedIdentities?: object } | undefined;
  return Object.keys(block?.userAssignedIdentities ?? {}).map((id) => id.split("/").slice(4).join("/")).sort();
}

test("a namespace without an account is told both ways out, and Azure is not asked", async () => {
  await stage.apply(ownIdentity(EAST, "early"));
  const told = await stage.until("uai", "early", (each) => reasonOf(each) === "CredentialNotAllowed", EAST);
  expect(messageOf(told)).toBe(
    `namespace "${EAST}" is not listed in --shared-credential-namespaces, so that its objects use ServiceAccount ${EAST}/azure-identity, which does not exist: ` +
      "give it the annotations azure.workload.identity/client-id and azure.workload.identity/tenant-id, or let an administrator list the namespace",
  );
  expect(stage.azure.requests).toEqual([]);
  await stage.apply(account(EAST, teams[0].clientId), account(WEST, teams[1].clientId));
  await stage.until("uai", "early", isReady, EAST);
});

describe("two namespaces with credentials of their own share a host", () => {
  test("each identity is made and attached by the principal of its own namespace, in writes of its own", async () => {
    for (const { namespace } of teams) {
      await stage.apply(ownIdentity(namespace, "app"), assignment(namespace, "machine", { target: { armId: HOST }, userAssigned: [{ identityRef: { name: "app" } }] }));
    }
    for (const { namespace } of teams) await stage.until("ida", "machine", isReady, namespace);
    expect(attached()).toEqual([`${EAST}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app`, `${WEST}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app`]);
    for (const each of teams) {
      const writes = by(each).filter(({ method }) => method !== "GET");
      const named = writes.filter(({ path }) => path.toLowerCase() === HOST.toLowerCase()).map(({ body }) => JSON.stringify(body).match(/resourceGroups\/[^/]+(?=\/providers\/Microsoft\.ManagedIdentity)/g));
      expect(named).toEqual([[`resourceGroups/${each.namespace}`]]);
      expect(writes.filter(({ path }) => path.endsWith("/app")).map(({ path }) => path.split("/")[4])).toEqual([each.namespace]);
    }
  });

  test("neither asks for, nor is told, what only the other may read", async () => {
    for (const [own, other] of [teams, teams.toReversed()] as readonly (readonly [Team, Team])[]) {
      expect(by(own).filter(({ path }) => path.includes(`/resourceGroups/${other.namespace}`))).toEqual([]);
      const shown = await stage.kubectl("get", "uai,ida", "-n", own.namespace, "-o", "yaml");
      for (const text of [other.namespace, other.clientId, other.principalId]) expect(shown).not.toContain(text);
    }
  });

  test("its status says which credential an object uses", async () => {
    const [east] = teams;
    const shown = JSON.parse(await stage.kubectl(...documented("get", EAST))) as unknown;
    expect(shown).toEqual({ source: "Own", serviceAccount: `${EAST}/azure-identity`, clientId: east.clientId });
  });

  test("a token is had once for each, however often it is used", async () => {
    for (const name of ["first", "second", "third"]) {
      for (const { namespace } of teams) await reconcileNow(stage, "ida", { namespace, name: "machine", token: name });
    }
    expect(teams.map((each) => tokenRequests(stage, each))).toEqual([1, 1]);
  });

  test("each gives back only its own", async () => {
    await stage.kubectl("delete", "ida", "machine", "-n", EAST, "--timeout=20s");
    expect(attached()).toEqual([`${WEST}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app`]);
    await reconcileNow(stage, "ida", { namespace: WEST, name: "machine", token: "after" });
    expect(attached()).toHaveLength(1);
  });
});

describe("a credential that is shared by the account of an administrator", () => {
  test("is used by the namespace that is listed, within the scopes, whatever account it has of its own", async () => {
    const [east] = teams;
    const admin = team(stage, ADMIN);
    stage.azure.portal.createResourceGroup(SUBSCRIPTION, LENT, "westus2");
    for (const scope of [groupOf(LENT), groupOf(ADMIN)]) allow(stage, admin, scope);
    await stage.apply(account(LENT, east.clientId), account(ADMIN, admin.clientId), ownIdentity(LENT, "app"), ownIdentity(LENT, "outside", { resourceGroup: ADMIN }));
    const shown = await stage.until("uai", "app", isReady, LENT);
    expect(shown.status?.["credential"]).toEqual({ source: "Shared", serviceAccount: `${ADMIN}/azure-identity` });
    await stage.until("uai", "outside", (each) => reasonOf(each) === "ScopeNotAllowed", LENT);
    expect(by(admin).filter(({ method }) => method !== "GET").map(({ path }) => path)).toEqual([`${groupOf(LENT)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app`]);
    await stage.kubectl("delete", "uai", "--all", "-n", LENT, "--timeout=20s");
  });
});

describe("what a namespace's own credential stands on", () => {
  test("is not deleted while anything needs it, and goes last with the namespace", async () => {
    const self = team(stage, SELF);
    allow(stage, self, groupOf(SELF), [...ACTIONS, "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/*"]);
    const named = { apiVersion: "azureidentity.dev/v1alpha1", kind: "FederatedIdentityCredential", metadata: { namespace: SELF, name: "cluster" } };
    const adopted = { adoptionPolicy: "IfExists", deletionPolicy: "Delete" };
    await stage.apply(
      account(SELF, self.clientId),
      ownIdentity(SELF, "credential", adopted),
      { ...named, spec: { identityRef: { name: "credential" }, serviceAccountRef: { name: "azure-identity" }, ...adopted } },
      ownIdentity(SELF, "app"),
    );
    await stage.kubectl("wait", "--for=condition=Ready", "uai/credential", "uai/app", "fic/cluster", "-n", SELF, "--timeout=20s");
    await stage.kubectl("delete", "fic", "cluster", "-n", SELF, "--wait=false");
    const told = await stage.until("fic", "cluster", (each) => reasonOf(each) === "InUseByCredential", SELF);
    expect(messageOf(told)).toBe(
      `ServiceAccount ${SELF}/azure-identity signs in by what this object holds, and 2 objects need that: it goes after them; or set deletionPolicy to Retain to leave it in Azure as it is`,
    );
    stage.azure.clearRequests();
    await stage.kubectl("delete", "namespace", SELF, "--timeout=55s");
    const gone = stage.arm().filter(({ method }) => method === "DELETE").map(({ path }) => path.split("/").at(-1));
    expect(gone).toEqual(["app", "cluster", "credential"]);
  });
});

describe("an account", () => {
  test("that names the application of another namespace does not become it: Entra refuses, and the message says why", async () => {
    const [east, west] = teams;
    const before = by(west).length;
    await stage.apply(account(EAST, west.clientId));
    const told = await stage.until("uai", "app", (each) => reasonOf(each) === "CredentialUnavailable", EAST);
    expect(messageOf(told)).toContain("AADSTS700213");
    expect(messageOf(told)).toContain(`subject system:serviceaccount:${EAST}:azure-identity and audience api://AzureADTokenExchange to the identity with client id ${west.clientId}`);
    expect(by(west).length).toBe(before);
    await stage.apply(account(EAST, east.clientId));
    await stage.until("uai", "app", isReady, EAST);
  });

  test("that is made anew begins without a token of the one before", async () => {
    const [east] = teams;
    const before = tokenRequests(stage, east);
    await stage.kubectl("delete", "serviceaccount", "azure-identity", "-n", EAST);
    await stage.until("uai", "app", (each) => reasonOf(each) === "CredentialNotAllowed", EAST);
    const asked = by(east).length;
    await reconcileNow(stage, "uai", { namespace: EAST, name: "app", token: "without" });
    expect(by(east).length).toBe(asked);
    // The federated credential trusts the name: whoever makes the account anew can become the identity, by a token of its own.
    await stage.apply(account(EAST, east.clientId));
    await stage.until("uai", "app", isReady, EAST);
    expect(tokenRequests(stage, east)).toBe(before + 1);
  });
});

describe("a namespace that ends", () => {
  test("cleans up with the token that is held, by the principal of its own", async () => {
    const [east] = teams;
    stage.azure.clearRequests();
    await stage.kubectl("delete", "namespace", EAST, "--timeout=50s");
    const removed = stage.arm().filter(({ method }) => method === "DELETE");
    expect(removed.map(({ path, principalId }) => `${path.split("/").at(-1) ?? ""} ${principalId ?? ""}`).toSorted()).toEqual([`app ${east.principalId}`, `early ${east.principalId}`]);
    expect(tokenRequests(stage, east)).toBe(0);
  });

  test("and is made anew takes over nothing: its objects have no account until somebody makes one", async () => {
    const [east] = teams;
    await stage.kubectl("create", "namespace", EAST);
    await stage.apply(ownIdentity(EAST, "app"));
    await stage.until("uai", "app", (each) => reasonOf(each) === "CredentialNotAllowed", EAST);
    expect(by(east).filter(({ method }) => method === "PUT")).toEqual([]);
  });
});

describe("a namespace that ended while the operator was away", () => {
  const ends = async (namespace: string): Promise<void> => {
    await stage.operator().stop();
    await stage.kubectl("delete", "namespace", namespace, "--wait=false");
    await stage.kubectl("wait", "--for=delete", "serviceaccount/azure-identity", "-n", namespace, "--timeout=30s");
  };

  test("says CredentialGone with the remedy, and Retain lets an object go", async () => {
    await ends(WEST);
    stage.azure.clearRequests();
    await start();
    const told = await stage.until("uai", "app", (each) => reasonOf(each) === "CredentialGone", WEST);
    expect(messageOf(told)).toBe(
      `no token of ServiceAccount ${WEST}/azure-identity can be had any more, so that what this object holds cannot be removed: ` +
        "set deletionPolicy to Retain to leave it in Azure, or let an administrator set --cleanup-credential",
    );
    expect(stage.azure.requests).toEqual([]);
    await stage.kubectl(...documented("patch", WEST));
    await stage.kubectl("wait", "--for=delete", "uai/app", "-n", WEST, "--timeout=20s");
    expect(stage.azure.portal.get(`${groupOf(WEST)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app`)).toBeDefined();
  });

  test("is cleaned up by --cleanup-credential: what is held is detached by that principal", async () => {
    allow(stage, stage, HOST);
    await stage.operator().stop();
    await start("--cleanup-credential=operator");
    await stage.kubectl("wait", "--for=delete", `namespace/${WEST}`, "--timeout=50s");
    expect(attached()).toEqual([]);
    const writes = stage.arm().filter(({ method }) => method !== "GET");
    expect(writes.map(({ principalId, path }) => [principalId, path])).toEqual([[stage.principalId, HOST]]);
  });
});
