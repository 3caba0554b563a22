import { type JsonObject, objectAt } from "../../../src/api/json.ts";
import { at, below, get, makeIdentity, uai } from "../places.ts";
import { GITHUB, type Stage } from "../stage.ts";
import type { Scenario } from "./scenario.ts";

const IDENTITY = "UserAssignedIdentity";
const GRANT = "RoleAssignment";
const CREDENTIAL = "FederatedIdentityCredential";
const STRANGER = "cccccccc-dddd-4eee-8333-000000000001";
const TWO_NAMESPACES = { policy: { sharedNamespaces: new Map(["default", "other"].map((namespace) => [namespace, { accountNamespace: undefined }])) } };
const byRef = { principal: { identityRef: { name: "one" } } };

const grant = (stage: Stage, more: JsonObject = {}): JsonObject => ({ principal: { id: STRANGER }, scope: { armId: stage.bench.group }, roleDefinitionName: "Reader", ...more });

/** Somebody deletes an identity of ours and makes it again with its tags: it has another principal. */
async function madeAgain(stage: Stage, name: string): Promise<void> {
  const tags = objectAt(get(stage, uai(stage, name)), "tags") ?? {};
  stage.bench.azure.portal.delete(uai(stage, name));
  stage.bench.azure.portal.put(uai(stage, name), { location: "westeurope", tags });
  await stage.look();
  await stage.look();
}

function cosmos(stage: Stage): string {
  const account = below(stage, "Microsoft.DocumentDB/databaseAccounts/account");
  stage.bench.azure.portal.put(account, { location: "westeurope", properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] } });
  return account;
}

const grants: readonly Scenario[] = [
  {
    name: "a grant moves with its role, its scope and its principal",
    of: ["role-moves", "role-grants"],
    act: async (stage) => {
      makeIdentity(stage, "elsewhere");
      await stage.apply(GRANT, "moving", grant(stage));
      await stage.apply(GRANT, "moving", grant(stage, { roleDefinitionName: "Storage Blob Data Reader" }));
      await stage.apply(GRANT, "moving", grant(stage, { scope: { armId: uai(stage, "elsewhere") } }));
      await stage.apply(GRANT, "moving", grant(stage, { principal: { id: STRANGER.replace(/1$/, "2") } }));
      await stage.remove(GRANT, "moving");
    },
  },
  {
    name: "a grant follows a principal that was made again",
    of: ["role-moves"],
    act: async (stage) => {
      await stage.apply(IDENTITY, "one", at(stage));
      await stage.apply(GRANT, "following", grant(stage, byRef));
      await madeAgain(stage, "one");
      await stage.remove(GRANT, "following");
      await stage.remove(IDENTITY, "one");
    },
  },
  {
    name: "a grant gets a condition, and loses it",
    of: ["role-grants"],
    act: async (stage) => {
      const condition = { condition: "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'reports'", conditionVersion: "2.0" };
      await stage.apply(GRANT, "conditional", grant(stage, condition));
      await stage.apply(GRANT, "conditional", grant(stage));
      await stage.remove(GRANT, "conditional");
    },
  },
  {
    name: "a grant is handed over to an object of another namespace",
    of: ["shared-grants"],
    options: TWO_NAMESPACES,
    act: async (stage) => {
      await stage.apply(GRANT, "first", grant(stage));
      await stage.apply(GRANT, "second", grant(stage), "other");
      await stage.remove(GRANT, "first");
      await stage.remove(GRANT, "second", "other");
    },
  },
  {
    name: "a data role of Cosmos DB moves and follows its principal",
    of: ["cosmos-grants"],
    act: async (stage) => {
      const scope = { cosmosDB: { accountArmId: cosmos(stage) } };
      await stage.apply(IDENTITY, "one", at(stage));
      await stage.apply(GRANT, "data", { ...byRef, scope, roleDefinitionName: "Cosmos DB Built-in Data Reader" });
      await stage.apply(GRANT, "data", { ...byRef, scope, roleDefinitionName: "Cosmos DB Built-in Data Contributor" });
      await madeAgain(stage, "one");
      await stage.remove(GRANT, "data");
    },
  },
  {
    name: "what Azure refuses first is granted when somebody mends it",
    of: ["refused-by-azure"],
    act: async (stage) => {
      const isPut = ({ method, path }: { readonly method: string; readonly path: string }) => method === "PUT" && path.includes("roleAssignments");
      const body = { error: { code: "AuthorizationFailed", message: "The client does not have authorization." } };
      const mend = stage.bench.azure.intercept(isPut, { do: "answer", status: 403, body }, Number.MAX_SAFE_INTEGER);
      await stage.apply(GRANT, "refused", grant(stage));
      mend();
      await stage.look();
      await stage.remove(GRANT, "refused");
    },
  },
];

const credentials: readonly Scenario[] = [
  {
    name: "a credential goes with its identity, and is made again below the new one",
    of: ["federated-credentials", "again"],
    act: async (stage) => {
      const spec = { identityRef: { name: "one" }, serviceAccountRef: { name: "app" } };
      await stage.apply(IDENTITY, "one", at(stage));
      await stage.apply(CREDENTIAL, "trust", spec);
      await madeAgain(stage, "one");
      stage.cluster.delete(CREDENTIAL, "trust");
      await stage.remove(IDENTITY, "one");
    },
  },
  {
    name: "credentials of one identity, one after the other",
    of: ["credential-lane"],
    act: async (stage) => {
      makeIdentity(stage, "one");
      const names = ["a-credential", "b-credential", "c-credential"];
      for (const name of names) stage.cluster.apply(CREDENTIAL, name, { identityArmId: uai(stage, "one"), issuer: GITHUB, subject: `repo:contoso/${name}:ref:refs/heads/main` });
      await stage.settle();
      for (const name of names) stage.cluster.delete(CREDENTIAL, name);
      await stage.settle();
    },
  },
  {
    name: "a credential is satisfied by a stranger's, which goes",
    of: ["federated-credentials", "exports"],
    act: async (stage) => {
      makeIdentity(stage, "one");
      const theirs = `${uai(stage, "one")}/federatedIdentityCredentials/theirs`;
      stage.bench.azure.portal.put(theirs, { properties: { issuer: GITHUB, subject: "repo:contoso/shop:ref:refs/heads/main", audiences: ["api://AzureADTokenExchange"] } });
      await stage.apply(CREDENTIAL, "ours", { identityArmId: uai(stage, "one"), issuer: GITHUB, subject: "repo:contoso/shop:ref:refs/heads/main" });
      stage.bench.azure.portal.delete(theirs);
      await stage.look();
      await stage.remove(CREDENTIAL, "ours");
    },
  },
  {
    name: "ids are handed on to a ConfigMap and a ServiceAccount, moved, and taken back",
    of: ["exports"],
    act: async (stage) => {
      stage.cluster.serviceAccounts.add("app");
      await stage.apply(IDENTITY, "one", { ...at(stage), export: { configMap: { name: "ids" }, serviceAccount: { name: "app" } } });
      await stage.apply(CREDENTIAL, "trust", { identityRef: { name: "one" }, serviceAccountRef: { name: "app" } });
      await stage.apply(IDENTITY, "one", { ...at(stage), export: { configMap: { name: "other" } } });
      await madeAgain(stage, "one");
      stage.cluster.delete(CREDENTIAL, "trust");
      await stage.remove(IDENTITY, "one");
    },
  },
];

/** What is done with grants and credentials. */
export const OF_GRANTS: readonly Scenario[] = [...grants, ...credentials];
