import type { Azure, JsonObject } from "../azure/azure.ts";
import { GROUP, SUBSCRIPTION, TENANT } from "../e2e/stage.ts";

const IN_GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}/providers`;

/** The services of other people that the tutorial uses, as somebody else made them; by what follows their resource group. */
const SERVICES: Readonly<Record<string, JsonObject>> = {
  "Microsoft.Storage/storageAccounts/msdocsidentity": { sku: { name: "Standard_LRS" }, kind: "StorageV2" },
  "Microsoft.EventHub/namespaces/msdocs-identity": { sku: { name: "Standard" } },
  "Microsoft.ContainerRegistry/registries/msdocsidentity": { sku: { name: "Standard" } },
  "Microsoft.CognitiveServices/accounts/msdocs-identity": { kind: "AIServices", sku: { name: "S0" } },
  "Microsoft.KeyVault/vaults/msdocs-identity": { properties: { tenantId: TENANT, sku: { family: "A", name: "standard" }, enableRbacAuthorization: true } },
  "Microsoft.AppPlatform/Spring/msdocs-identity-spring": { sku: { name: "S0" } },
  "Microsoft.AppPlatform/Spring/msdocs-identity-spring/apps/orders": {},
  "Microsoft.DocumentDB/databaseAccounts/msdocs-identity": {
    properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westus2" }] },
  },
};

/** Resource types of which the tutorial and the samples make some. */
const MADE = [
  "Microsoft.ManagedIdentity/userAssignedIdentities",
  "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
  "Microsoft.ContainerInstance/containerGroups",
  "Microsoft.Web/serverfarms",
  "Microsoft.Web/sites",
  "Microsoft.Web/sites/slots",
  "Microsoft.Authorization/roleAssignments",
  "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments",
];

/** Makes the services, which are there before the tutorial begins. The resource group must exist. */
export function makeServices({ portal }: Azure): void {
  for (const [path, body] of Object.entries(SERVICES)) portal.put(`${IN_GROUP}/${path}`, body);
}

/** Ids of what Azure has of the types that the tutorial makes. */
export function madeIn({ portal }: Azure): readonly string[] {
  return MADE.flatMap((type) => portal.list(type)).map(({ id }) => JSON.stringify(id));
}

/** The identities of the services, as Azure shows them, and by which of them they read keys. */
export function identitiesOf({ portal }: Azure): readonly JsonObject[] {
  const bodies = Object.keys(SERVICES).map((path) => ({ path, body: portal.get(`${IN_GROUP}/${path}`) ?? {} }));
  return bodies.map(({ path, body }) => ({ path, identity: body["identity"], defaultIdentity: propertiesOf(body)["defaultIdentity"] }));
}

function propertiesOf(body: JsonObject): JsonObject {
  const { properties } = body;
  return typeof properties === "object" && properties !== null && !Array.isArray(properties) ? (properties as JsonObject) : {};
}
