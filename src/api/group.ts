/** API group of every kind of this project. */
export const GROUP = "azureidentity.dev";

/** The one served and stored version. */
export const VERSION = "v1alpha1";

/** `apiVersion` of every object of this project. */
export const API_VERSION = `${GROUP}/${VERSION}`;

/** The category that `kubectl get azure-identity` lists. */
export const CATEGORY = "azure-identity";

/** The one finalizer; it is stored before the first write to Azure and leaves after Azure confirmed (DESIGN 3). */
export const FINALIZER = `${GROUP}/azure-resource`;

/** Tag that marks an Azure resource as ours: `<installation>/<namespace>/<name>` (DESIGN 2, "Ours"). */
export const OWNER_TAG = `${GROUP}-owner`;

/** Prefix of tag keys that `spec.tags` may not hold. */
export const RESERVED_TAG_PREFIX = GROUP;

/** Annotations that users set on our objects. */
export const ANNOTATIONS = {
  paused: `${GROUP}/paused`,
  reconcileRequestedAt: `${GROUP}/reconcile-requested-at`,
  syncIntervalSeconds: `${GROUP}/sync-interval-seconds`,
} as const;

/** Annotations on a Namespace that give its objects defaults. */
export const NAMESPACE_ANNOTATIONS = {
  subscriptionId: `${GROUP}/subscription-id`,
  resourceGroup: `${GROUP}/resource-group`,
  location: `${GROUP}/location`,
} as const;

/** Labels on what an object exports to: who made it, and which object as `<kind>.<name>` (conventions.md 8). */
export const EXPORT_LABELS = {
  managedBy: "app.kubernetes.io/managed-by",
  exportedBy: `${GROUP}/exported-by`,
} as const;
