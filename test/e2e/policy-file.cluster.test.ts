import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { identity, identityId } from "./objects.ts";
import { ACTIONS, isReady, messageOf, reasonOf, setStage, type Stage, SUBSCRIPTION } from "./stage.ts";

const NAMESPACE = "e2e-policy";
const FEDERATION = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
let stage: Stage;
let folder: string;

beforeAll(async () => {
  const actions = [...ACTIONS, ...["read", "write", "delete"].map((verb) => `${FEDERATION}/${verb}`)];
  const permissions = (principalId: string) => [{ principalId, actions, scope: `/subscriptions/${SUBSCRIPTION}` }];
  [stage, folder] = await Promise.all([setStage({ namespaces: [NAMESPACE], permissions }), mkdtemp(join(tmpdir(), "policy-"))]);
});

afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

async function policyFile(text: string): Promise<string> {
  const file = join(folder, "policy.yaml");
  await writeFile(file, text);
  return `--policy-file=${file}`;
}

const credential = {
  apiVersion: "azureidentity.dev/v1alpha1",
  kind: "FederatedIdentityCredential",
  metadata: { namespace: NAMESPACE, name: "reports-app" },
  spec: { identityRef: { name: "reports" }, serviceAccountRef: { name: "app" } },
};

test("without a rule nobody may become an identity; a rule for the cluster's issuer, which the API server tells, allows it after a restart", async () => {
  await stage.startOperator();
  await stage.apply(identity(NAMESPACE, "reports"), credential);
  const refused = await stage.until("fic", "reports-app", (object) => reasonOf(object) === "SubjectNotAllowed");
  expect(messageOf(refused)).toContain(`issuer "${stage.plane.issuer}" with subject "system:serviceaccount:${NAMESPACE}:app"`);
  await stage.operator().stop();
  await stage.startOperator([await policyFile('federation: [{issuer: cluster, subject: "system:serviceaccount:{namespace}:*"}]\n')]);
  await stage.until("fic", "reports-app", isReady);
  expect(stage.azure.portal.get(`${identityId("reports")}/federatedIdentityCredentials/reports-app`)?.["properties"]).toMatchObject({
    issuer: stage.plane.issuer,
    subject: `system:serviceaccount:${NAMESPACE}:app`,
  });
  await stage.operator().stop();
});

test("--cluster-issuer comes before what the API server tells", async () => {
  const issuer = "https://oidc.example.com/cluster/";
  await stage.startOperator([await policyFile(`federation: [{issuer: "${issuer}", subject: "*"}]\n`), `--cluster-issuer=${issuer}`]);
  const spec = { ...credential.spec, serviceAccountRef: { name: "other" } };
  await stage.apply({ ...credential, metadata: { ...credential.metadata, name: "reports-other" }, spec });
  await stage.until("fic", "reports-other", isReady);
  expect(stage.azure.portal.get(`${identityId("reports")}/federatedIdentityCredentials/reports-other`)?.["properties"]).toMatchObject({ issuer });
});
