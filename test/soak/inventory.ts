import type { Azure, JsonObject } from "../azure/azure.ts";
import { objectAt, objectsAt, textAt } from "../azure/kernel/json.ts";
import type { Declared } from "./kube-client.ts";

/** What others have attached to each of their hosts, by the host's id. */
export type TheirHosts = ReadonlyMap<string, readonly string[]>;

const TYPES = {
  identities: "Microsoft.ManagedIdentity/userAssignedIdentities",
  credentials: "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
  grants: "Microsoft.Authorization/roleAssignments",
  dataGrants: "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments",
  plans: "Microsoft.Web/serverfarms",
  sites: "Microsoft.Web/sites",
  groups: "Microsoft.ContainerInstance/containerGroups",
  machines: "Microsoft.Compute/virtualMachines",
  scaleSets: "Microsoft.Compute/virtualMachineScaleSets",
  stores: "Microsoft.Storage/storageAccounts",
} as const;

const HOST_TYPES = [TYPES.sites, TYPES.groups, TYPES.machines, TYPES.scaleSets, TYPES.stores];

/** Names of roles by the end of their definition's id (arm.md 16 and 11). */
const ROLES = new Map([
  ["acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader"],
  ["7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull"],
  ["00000000-0000-0000-0000-000000000001", "Cosmos DB Built-in Data Reader"],
]);

/**
 * What Azure itself lists of what a soak's objects can make, a line each: told without the operator's help, so that what is there
 * twice, left over or missing shows beside {@link declaredIn}.
 */
export function existingIn({ portal }: Azure): readonly string[] {
  const identities = portal.list(TYPES.identities);
  const ownerOf = (principalId: string | undefined) => nameOf(identities.find((each) => textAt(objectAt(each, "properties"), "principalId") === principalId) ?? {});
  const grantLine = (grant: JsonObject) => {
    const { principalId, roleDefinitionId, scope } = objectAt(grant, "properties");
    return grantOf(ownerOf(text(principalId)), ROLES.get(last(text(roleDefinitionId))) ?? text(roleDefinitionId), text(scope));
  };
  return [
    ...identities.map((each) => identityOf(nameOf(each), textAt(objectAt(each, "tags"), "team"))),
    ...portal.list(TYPES.credentials).map((each) => credentialOf(text(each["id"]).split("/").at(-3) ?? "", nameOf(each), textAt(objectAt(each, "properties"), "subject") ?? "")),
    ...[...portal.list(TYPES.grants), ...portal.list(TYPES.dataGrants)].map(grantLine),
    ...portal.list(TYPES.plans).map((each) => `plan ${nameOf(each)} ${textAt(objectAt(each, "sku"), "name") ?? ""}`),
    ...HOST_TYPES.flatMap((type) => portal.list(type)).map((host) => {
      const identity = objectAt(host, "identity");
      return hostOf(text(host["id"]), Object.keys(objectAt(identity, "userAssignedIdentities")).map(last), (textAt(identity, "type") ?? "").includes("SystemAssigned"));
    }),
  ].toSorted();
}

/** What there is to be in Azure, said by the objects and by what others have there. */
export function declaredIn(declared: readonly Declared[], others: { readonly identities: readonly string[]; readonly plans: readonly string[]; readonly hosts: TheirHosts }): readonly string[] {
  const of = (kind: string) => declared.filter((each) => each.kind === kind);
  const hosts = new Map([...others.hosts].map(([id, attached]) => [id.toLowerCase(), { id, attached: attached.map(last), isSystemAssigned: false }]));
  for (const { spec } of of("IdentityAssignment")) {
    const host = hosts.get((textAt(objectAt(spec, "target"), "armId") ?? "").toLowerCase());
    host?.attached.push(...named(spec));
    if (host !== undefined) host.isSystemAssigned ||= spec["systemAssigned"] === true;
  }
  const ownHost = (type: string, { name, spec }: Declared) => ({ id: `/${type}/${textAt(spec, "azureName") ?? name}`, attached: named(objectAt(spec, "identity")), isSystemAssigned: objectAt(spec, "identity")["systemAssigned"] === true });
  const all = [...hosts.values(), ...of("WebApp").map((each) => ownHost(TYPES.sites, each)), ...of("ContainerGroup").map((each) => ownHost(TYPES.groups, each))];
  return [
    ...others.identities.map((id) => identityOf(last(id), undefined)),
    ...of("UserAssignedIdentity").map(({ name, spec }) => identityOf(name, textAt(objectAt(spec, "tags"), "team"))),
    ...of("FederatedIdentityCredential").map(({ name, namespace, spec }) => credentialOf(refOf(spec, "identityRef"), name, `system:serviceaccount:${namespace}:${refOf(spec, "serviceAccountRef")}`)),
    ...of("RoleAssignment").map(({ spec }) => grantOf(refOf(objectAt(spec, "principal"), "identityRef"), textAt(spec, "roleDefinitionName") ?? "", scopeIn(objectAt(spec, "scope")))),
    ...others.plans.map((id) => `plan ${last(id)} P1v3`),
    ...of("AppServicePlan").map(({ name, spec }) => `plan ${name} ${textAt(objectAt(spec, "sku"), "name") ?? ""}`),
    ...all.map(({ id, attached, isSystemAssigned }) => hostOf(id, attached, isSystemAssigned)),
  ].toSorted();
}

function scopeIn(scope: JsonObject): string {
  return textAt(scope, "armId") ?? textAt(objectAt(scope, "cosmosDB"), "accountArmId") ?? "";
}

function named(spec: JsonObject): string[] {
  return objectsAt(spec, "userAssigned").map((entry) => refOf(entry, "identityRef"));
}

function refOf(spec: JsonObject, field: string): string {
  return textAt(objectAt(spec, field), "name") ?? "";
}

function identityOf(name: string, team: string | undefined): string {
  return `identity ${name} of ${team ?? "nobody"}`;
}

function credentialOf(identity: string, name: string, subject: string): string {
  return `credential ${name} below ${identity} for ${subject}`;
}

function grantOf(identity: string, role: string, scope: string): string {
  return `grant of ${role} to ${identity} at ${scope.toLowerCase()}`;
}

/** What several objects attach to one host is there once. */
function hostOf(id: string, attached: readonly string[], isSystemAssigned: boolean): string {
  const [type = "", name = ""] = id.toLowerCase().split("/").slice(-2);
  return `${type}/${name} has ${[...new Set(attached.map((each) => each.toLowerCase()))].toSorted().join(", ")}${isSystemAssigned ? " and its own identity" : ""}`;
}

function nameOf(resource: JsonObject): string {
  return textAt(resource, "name") ?? "";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function last(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
