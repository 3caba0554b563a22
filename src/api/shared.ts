import { z } from "zod";
import { GUID_PATTERN, RESOURCE_GROUP_PATTERN } from "./arm-id.ts";
import { CONDITION_TYPES } from "./conditions.ts";
import { checked, matching, without } from "./crd-rules.ts";
import { RESERVED_TAG_PREFIX } from "./group.ts";

/** The longest ARM id that a field takes, in characters. */
export const MAX_ARM_ID_LENGTH = 1024;

/** The longest message that a condition carries, in characters. */
export const MAX_MESSAGE_LENGTH = 4096;

/** The most tags in a spec: Azure takes 50 on a resource, and one is the operator's mark. */
export const MAX_TAGS = 49;

/** A text that the schema bounds: every string of a CRD has a length, so that CEL costs stay within their budget. */
export function text(maxLength: number, description: string) {
  return z.string().max(maxLength).describe(description);
}

const armIdText = (description: string) => text(MAX_ARM_ID_LENGTH, description);
const guidText = (description: string) => text(36, description);

/** A whole number that the schema bounds. */
export function wholeNumber(minimum: number, maximum: number, description: string) {
  return z.int().min(minimum).max(maximum).describe(description).meta({ format: "int32" });
}

/** A GUID in a spec. */
export function guid(description: string) {
  return checked(text(36, description), matching(GUID_PATTERN, "must be a GUID, for example 00000000-0000-0000-0000-000000000000"));
}

/** A subscription id in a spec. */
export const subscriptionId = guid("Azure subscription id, a GUID. Default: the Namespace annotation azureidentity.dev/subscription-id. Immutable.");

/** A resource group name in a spec. */
export const resourceGroup = checked(
  text(90, "Resource group. Default: the Namespace annotation azureidentity.dev/resource-group. Immutable.").min(1),
  matching(
    RESOURCE_GROUP_PATTERN,
    "must be the name of a resource group: letters, digits, and any of - _ . ( ), not ending with a period",
  ),
  without("..", 'must not contain ".."'),
);

/** An Azure region in a spec, as a name (westeurope) or a display name (West Europe). */
export const location = checked(
  text(60, "Azure region. Default: the Namespace annotation azureidentity.dev/location, else the resource group's. Immutable.").min(1),
  matching("^[A-Za-z0-9][A-Za-z0-9 ]*$", "must be an Azure region, for example westeurope or West Europe"),
);

/** Tags in a spec: ours are written, those that others set stay. */
export const tags = checked(
  z
    .record(z.string().max(512), z.string().max(256))
    .describe("Tags on the Azure resource. Tags that others set stay. Keys must not begin with azureidentity.dev.")
    .meta({ maxProperties: MAX_TAGS })
    .refine((value) => Object.keys(value).length <= MAX_TAGS, { message: `must have at most ${MAX_TAGS} tags` }),
  {
    rule: "self.all(key, size(key) >= 1 && size(key) <= 512)",
    message: "tag keys must have 1 to 512 characters",
    holds: (value) => Object.keys(value).every((key) => key.length >= 1 && key.length <= 512),
  },
  {
    rule: `self.all(key, !key.lowerAscii().startsWith('${RESERVED_TAG_PREFIX}'))`,
    message: `tag keys must not begin with "${RESERVED_TAG_PREFIX}": they are the operator's`,
    holds: (value) => Object.keys(value).every((key) => !key.toLowerCase().startsWith(RESERVED_TAG_PREFIX)),
  },
  {
    rule: "self.all(key, !key.matches(r'[<>%&?/\\\\]'))",
    message: "tag keys must not contain any of < > % & \\ ? /",
    holds: (value) => Object.keys(value).every((key) => !/[<>%&?/\\]/.test(key)),
  },
  {
    rule: "self.all(key, self.exists_one(other, other.lowerAscii() == key.lowerAscii()))",
    message: "tag keys that differ only in case are one key to Azure: name each key once",
    holds: (value) => new Set(Object.keys(value).map((key) => key.toLowerCase())).size === Object.keys(value).length,
  },
);

/** Policy fields that every kind shares. */
export const policies = {
  managementPolicy: z
    .enum(["Full", "ObserveOnly"])
    .default("Full")
    .describe("Full: Azure is kept as declared. ObserveOnly: nothing is ever written or exported; differences are listed in status.drift."),
  deletionPolicy: z
    .enum(["Delete", "Retain"])
    .optional()
    .describe("What deleting this object does to what it holds in Azure. Default: Delete, or Retain for what was adopted."),
  adoptionPolicy: z
    .enum(["Never", "IfExists"])
    .default("Never")
    .describe("Never: what exists and is not ours is not taken over. IfExists: it is taken over."),
};

const condition = z.object({
  type: z.enum(CONDITION_TYPES).describe("Type of the condition."),
  status: z.enum(["True", "False", "Unknown"]).describe("Status of the condition."),
  observedGeneration: z.int().min(0).describe("Generation of the spec that the condition speaks of.").meta({ format: "int64" }),
  lastTransitionTime: z.string().describe("When the status last changed.").meta({ format: "date-time" }),
  reason: text(128, "One word for machines."),
  message: text(MAX_MESSAGE_LENGTH, "What is the case and what a person can do."),
});

/** An identity that an object holds on a host, with the reference by which it was named. */
export const heldIdentity = z.object({
  resourceId: armIdText("ARM id of the attached identity."),
  identityRef: z
    .object({
      name: text(253, "Name of the UserAssignedIdentity."),
      namespace: text(63, "Its namespace, when it is another one.").optional(),
    })
    .optional()
    .describe("The reference that named it."),
});

const secretDigest = z.object({
  path: text(512, "Path of the value in the body that Azure takes."),
  digest: text(100, "Key id, a colon, and the HMAC in hexadecimal."),
});

const heldExport = z.object({
  kind: z.enum(["ConfigMap", "ServiceAccount"]).describe("Kind of the object that was written."),
  name: text(253, "Its name."),
});

const heldSetting = z.object({
  path: text(512, "Path of the setting, with its child resource in front where it has one."),
  value: text(1024, "What this object wrote, or what stood there before a change of the identity that resets it."),
  before: text(4096, "What stood there before, and goes back; absent when nothing did.").optional(),
  isReset: z.boolean().optional().describe("Whether it only stands for what a change of the identity resets."),
});

/** What an object is about to own or owns in Azure (DESIGN 2, "Holding"). */
export const holds = z
  .object({
    target: armIdText("ARM id of the resource, or of the host."),
    tenantId: guidText("Tenant in which it was made."),
    credential: text(253, "Name of the credential with which it was last seen or written."),
    adopted: z.boolean().describe("Whether something that existed was taken over."),
    confirmed: z.boolean().describe("Whether Azure confirmed the last write."),
    foreign: z.literal(true).optional().describe("The resource is somebody else's and does what is declared: only exports are held."),
    apiVersion: text(32, "The api-version of a host that the catalogue lacks.").optional(),
    tagKeys: z.array(text(512, "A tag key.")).max(MAX_TAGS).optional().describe("Keys of the tags that were written from spec.tags."),
    userAssigned: z.array(heldIdentity).max(32).optional().describe("Identities that this object attached."),
    systemAssigned: z
      .object({ principalId: guidText("Principal of the identity, known after the write.").optional() })
      .optional()
      .describe("The system-assigned identity, when this object switched it on."),
    primary: armIdText("Identity that became the primary one of the host with a write of this object.").optional(),
    settings: z.array(heldSetting).max(16).optional().describe("Settings of the host that name an identity and were written from spec.followThrough."),
    parentPrincipalId: guidText("Principal of the parent identity when this was made: a later one of that name is another.").optional(),
    intended: z
      .array(text(64, "SHA-256 of what was about to be written."))
      .max(8)
      .optional()
      .describe("What was about to be made and was not confirmed yet: what is there and equals it, is ours."),
    principalId: guidText("Principal to whom a role was granted.").optional(),
    secretDigests: z
      .array(secretDigest)
      .max(64)
      .optional()
      .describe("Digests of the values that Azure hides: HMACs with the installation key, which tell a change and nothing else."),
    settingNames: z.array(text(256, "An app setting.")).max(256).optional().describe("Names of the app settings that were written."),
    exports: z.array(heldExport).max(4).optional().describe("Where ids were exported to in this namespace."),
  })
  .describe("What this object owns in Azure; written before each write. Only the operator writes it.")
  // Written as one: by server-side apply an object of several owners' members that loses its last one becomes null.
  .meta({ "x-kubernetes-map-type": "atomic" });

/** The longest path and the longest value that a difference shows, in characters, and the most differences. */
export const DRIFT_LIMITS = { path: 512, value: 1024, entries: 64 } as const;

const credential = z
  .object({
    source: z.enum(["Shared", "Own", "Cleanup"]).describe("Shared by the administrator, the namespace's own, or one that may only clean up."),
    serviceAccount: text(128, "The ServiceAccount whose tokens are exchanged, as namespace/name; absent for the operator's own identity.").optional(),
    clientId: guidText("Application as which a credential of the namespace's own signs in.").optional(),
  })
  .describe("With which credential Azure is reached. The administrator decides it, and nothing in the spec.");

const driftEntry = z.object({
  path: text(DRIFT_LIMITS.path, "Path of the property."),
  want: text(DRIFT_LIMITS.value, "Declared value."),
  have: text(DRIFT_LIMITS.value, "Value in Azure."),
});

/** Status fields that every kind shares. */
export const statusFields = {
  conditions: z
    .array(condition)
    .max(8)
    .optional()
    .describe("Conditions: Ready always, the others only while true.")
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] }),
  observedGeneration: z
    .int()
    .min(-1)
    .optional()
    .describe("Generation that was last settled; -1 while the object was never seen.")
    .meta({ format: "int64" }),
  resourceId: armIdText("ARM id of the resource, or of the host.").optional(),
  credential: credential.optional(),
  holds: holds.optional(),
  drift: z.array(driftEntry).max(DRIFT_LIMITS.entries).optional().describe("Differences between what is declared and what is in Azure."),
  lastSyncTime: z.string().optional().describe("When the status last changed.").meta({ format: "date-time" }),
  lastHandledReconcileAt: text(256, "The last handled value of azureidentity.dev/reconcile-requested-at.").optional(),
};

/** Ids of an identity in a status. */
export const identityIds = {
  principalId: guidText("Object id of the service principal: what roles are granted to.").optional(),
  clientId: guidText("Application id: what a workload logs in with.").optional(),
  tenantId: guidText("Tenant of the identity.").optional(),
};

/** The identity of a host as a status shows it. */
export const hostIdentity = z
  .object({
    type: text(64, "SystemAssigned, UserAssigned, both, or None."),
    principalId: guidText("Principal of the system-assigned identity.").optional(),
    tenantId: guidText("Tenant of the system-assigned identity.").optional(),
    userAssignedIdentities: z
      .array(
        z.object({
          resourceId: armIdText("ARM id of the identity."),
          principalId: guidText("Object id of its service principal.").optional(),
          clientId: guidText("Application id.").optional(),
        }),
      )
      .max(32)
      .optional()
      .describe("The user-assigned identities."),
  })
  .describe("The identity of the host; an assignment lists its own share only.");

/** `status.holds`. */
export type Holds = z.infer<typeof holds>;

/** One entry of `status.holds.settings`. */
export type HeldSetting = z.infer<typeof heldSetting>;

/** One entry of `status.holds.userAssigned`. */
export type HeldIdentity = z.infer<typeof heldIdentity>;

/** One entry of `status.holds.secretDigests`. */
export type SecretDigest = z.infer<typeof secretDigest>;

/** One entry of `status.holds.exports`. */
export type HeldExport = z.infer<typeof heldExport>;

/** One entry of `status.drift`. */
export type Drift = z.infer<typeof driftEntry>;
