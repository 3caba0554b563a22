import { type ANNOTATIONS, type EXPORT_LABELS, type NAMESPACE_ANNOTATIONS } from "./group.ts";

/** What each annotation on our objects does. */
export const ANNOTATION_MEANINGS: Readonly<Record<keyof typeof ANNOTATIONS, string>> = {
  paused: 'With the value "true" nothing is read or written for the object, also while it is being deleted.',
  reconcileRequestedAt: "Each new value has the object reconciled at once; the value is then shown in status.lastHandledReconcileAt.",
  syncIntervalSeconds: "Seconds between two looks at Azure for this object, in place of --sync-interval-seconds. At least 10; other values are ignored.",
};

/** What each annotation on a Namespace gives to the objects in it. */
export const NAMESPACE_ANNOTATION_MEANINGS: Readonly<Record<keyof typeof NAMESPACE_ANNOTATIONS, string>> = {
  subscriptionId: "Subscription of objects that state none.",
  resourceGroup: "Resource group of objects that state none.",
  location: "Region of what is created for objects that state none.",
};

/** What each label on an exported object says. */
export const EXPORT_LABEL_MEANINGS: Readonly<Record<keyof typeof EXPORT_LABELS, string>> = {
  managedBy: "Always azure-identity-operator.",
  exportedBy: "The object that exported it, as <kind>.<name>; a long name is cut. What exists without it is never overwritten.",
};
