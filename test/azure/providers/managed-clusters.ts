import { lowerGroupsText, nameOf } from "../kernel/arm-id.ts";
import { Refusal } from "../kernel/errors.ts";
import type { ArmError } from "../kernel/errors.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import type { IdentityRules } from "../kernel/identity-rules.ts";
import { objectAt, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { locationOperations } from "../kernel/operation-styles.ts";
import type { Draft } from "../kernel/resource-row.ts";
import { rowType } from "../kernel/row-type.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { destroyNodeGroup, kubeletIdentity } from "./kubelet-identity.ts";

/** What cannot change once it is there. */
const FIXED = ["dnsPrefix", "nodeResourceGroup"];

/** AKS clusters (arm.md 8): identity by PUT of the whole cluster only, at most one user-assigned one, guarded by etags. */
export const managedClusters = rowType({
  type: "Microsoft.ContainerService/managedClusters",
  bodyType: "Microsoft.ContainerService/ManagedClusters",
  shownId: lowerGroupsText,
  apiVersions: [
    "2021-05-01", "2022-09-01", "2023-01-01", "2023-08-01", "2023-10-01", "2024-02-01", "2024-05-01", "2024-08-01", "2024-09-01",
    "2025-01-01", "2025-03-01", "2025-05-01", "2025-08-01", "2025-10-01", "2026-05-01", "2026-05-02-preview",
  ],
  name: { pattern: /^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/, says: "1 to 63 letters, digits, '-' or '_', beginning and ending with a letter or digit" },
  members: ["sku", "kind", "extendedLocation"],
  required: ["properties.agentPoolProfiles"],
  hidden: ["servicePrincipalProfile.secret", "windowsProfile.adminPassword"],
  hiddenOnPut: (switches) => switches.aksPutWithoutSecrets,
  computed: ({ id, location }) => ({ fqdn: `${nameOf(id).toLowerCase()}.hcp.${location ?? ""}.azmk8s.io`, powerState: { code: "Running" }, maxAgentPools: 100 }),
  identity,
  create: { status: 201, operation: "azure-asyncoperation", body: "resource" },
  update: { status: 200, operation: "azure-asyncoperation", body: "resource" },
  patch: { status: 200, operation: "azure-asyncoperation", body: "resource", takes: "tags" },
  remove: { status: 202, operation: "both" },
  style: locationOperations("Microsoft.ContainerService", "operations", {
    query: () => "api-version=2025-03-01",
    runningWords: ["ProvisioningNetworkResources", "ProvisioningControlPlane", "ReconcilingDNS"],
  }),
  durationSeconds: 240,
  etag: { member: "eTag", in: "properties", heeded: ["PUT", "PATCH", "DELETE"], since: "2024-09-01" },
  busy: (cluster, { aksBusyCode }) =>
    refuse(409, { code: aksBusyCode, message: `Operation is not allowed: another operation is in progress on the managed cluster '${nameOf(cluster.id)}'.` }),
  refuse,
  review,
  ended,
  removed: (call, cluster) => destroyNodeGroup(call.world, cluster),
});

function identity({ switches }: World): IdentityRules {
  return {
    ...unrecordedRules(switches),
    combined: "refused",
    none: switches.aksReturnToNone === "rejected" ? "refused-on-update" : "taken",
    patch: "unsupported",
    putWithoutIdentity: switches.aksPutWithoutIdentity,
    fresh: "empty-until-finished",
    mostAttached: 1,
    values: "empty-or-stored",
    refuse,
  };
}

/** Microsoft.ContainerService's flat error (arm.md 2.1). */
function refuse(status: number, { code, message }: ArmError): Refusal {
  return new Refusal({ status, body: { code, details: null, message, subcode: "" } }, message);
}

/**
 * A cluster with an identity has no service principal; the word `msi` takes its place, and a client has to send it when it
 * changes over. Another identity for the kubelet rolls the node pools.
 */
function review(draft: Draft): Draft {
  const { before, after, identity: { system, user } } = draft;
  const changed = FIXED.find((member) => textAt(before.properties, member) !== undefined && (after.properties[member] ?? before.properties[member]) !== before.properties[member]);
  if (changed !== undefined) throw refuse(400, { code: "PropertyChangeNotAllowed", message: `Changing property '${changed}' is not allowed.`, target: changed });
  const properties = { ...after.properties, nodeResourceGroup: textAt(after.properties, "nodeResourceGroup") ?? textAt(before.properties, "nodeResourceGroup") ?? nodeGroupOf(after) };
  const clientId = textAt(objectAt(properties, "servicePrincipalProfile"), "clientId");
  if (!system && user.size === 0) return { ...draft, after: { ...after, properties } };
  if (clientId !== undefined && clientId !== "msi") {
    throw refuse(400, { code: "InvalidParameter", message: "A cluster with a managed identity must have 'msi' as the clientId of its service principal profile." });
  }
  const custom = kubeletOf(properties);
  const changes = custom !== undefined && custom.toLowerCase() !== kubeletOf(before.properties)?.toLowerCase();
  if (changes && user.size === 0) {
    throw refuse(400, { code: "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster", message: "A kubelet identity of one's own needs a user assigned identity of the control plane." });
  }
  const rolled = changes && kubeletOf(before.properties) !== undefined;
  const managed = { ...properties, servicePrincipalProfile: { clientId: "msi" } };
  return { ...draft, after: { ...after, properties: managed, restarts: after.restarts + (rolled ? 1 : 0) } };
}

function kubeletOf(properties: JsonObject): string | undefined {
  return textAt(objectAt(properties, "identityProfile", "kubeletidentity"), "resourceId");
}

function nodeGroupOf({ id, location }: Resource): string {
  return `MC_${id.resourceGroup ?? ""}_${nameOf(id)}_${location ?? ""}`;
}

function ended(draft: Draft): void {
  const { world, id } = draft.call;
  const cluster = world.store.get(id);
  if (!cluster?.identity || (!cluster.identity.system && cluster.identity.user.size === 0)) return;
  const kubeletidentity = kubeletIdentity(world, cluster);
  world.store.restore({ ...cluster, properties: { ...cluster.properties, identityProfile: { kubeletidentity } } });
}
