import { z } from "zod";
import { armIdOf, type CheckedRule, checking, matching, validated } from "./crd-rules.ts";
import { hostIdentity, MAX_ARM_ID_LENGTH, policies, statusFields, text } from "./shared.ts";

/** The most identities that one assignment names. */
export const MAX_USER_ASSIGNED = 16;

/** How much a host may be disturbed, from least to most. */
export const DISRUPTIONS = ["None", "Recycle", "Restart", "Recreate"] as const;

/** One of {@link DISRUPTIONS}. */
export type Disruption = (typeof DISRUPTIONS)[number];

/** Resource types of the hosts that an assignment reaches; the host catalogue has a row for each. */
export const HOST_TYPES = [
  "Microsoft.Web/sites",
  "Microsoft.Web/sites/slots",
  "Microsoft.ContainerInstance/containerGroups",
  "Microsoft.Compute/virtualMachines",
  "Microsoft.Compute/virtualMachineScaleSets",
] as const;

const IDENTITY_TYPES = ["Microsoft.ManagedIdentity/userAssignedIdentities"];

const OBJECT_NAME_PATTERN = "^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$";

const armId = z.string().min(1).max(MAX_ARM_ID_LENGTH);

const identityRef = z
  .object({
    name: z
      .string()
      .min(1)
      .max(253)
      .describe("Name of a UserAssignedIdentity of this namespace.")
      .meta(matching(OBJECT_NAME_PATTERN, "must be the name of an object: lower-case letters, digits, - and .")),
  })
  .describe("A UserAssignedIdentity of this namespace.")
  .meta({ "x-kubernetes-map-type": "atomic" });

const identity = z
  .object({
    identityRef: identityRef.optional(),
    armId: armId.optional().describe("ARM id of a user-assigned identity.").meta(armIdOf("a user-assigned identity", IDENTITY_TYPES)),
  })
  .meta(validated({ rule: "has(self.identityRef) != has(self.armId)", message: "exactly one of identityRef and armId must be set" }));

/** Rules over the whole spec of an IdentityAssignment. */
const specRules: readonly CheckedRule<{ readonly userAssigned?: readonly unknown[] | undefined; readonly systemAssigned?: boolean | undefined; readonly ownership: string }>[] = [
  {
    rule: "has(self.userAssigned) || has(self.systemAssigned)",
    message: "nothing is declared: set userAssigned, systemAssigned or both",
    reason: "FieldValueRequired",
    fieldPath: ".userAssigned",
    holds: ({ userAssigned, systemAssigned }) => userAssigned !== undefined || systemAssigned !== undefined,
  },
  {
    rule: "has(self.userAssigned) || self.ownership != 'Exclusive'",
    message: "userAssigned must be set when ownership is Exclusive; [] means that the host shall have no user-assigned identity",
    reason: "FieldValueRequired",
    fieldPath: ".userAssigned",
    holds: ({ userAssigned, ownership }) => userAssigned !== undefined || ownership !== "Exclusive",
  },
  {
    rule: "!has(self.userAssigned) || size(self.userAssigned) > 0 || self.ownership == 'Exclusive'",
    message: "userAssigned must not be empty unless ownership is Exclusive; name an identity or remove the field",
    fieldPath: ".userAssigned",
    holds: ({ userAssigned, ownership }) => userAssigned?.length !== 0 || ownership === "Exclusive",
  },
];

const noDuplicates = validated(
  {
    rule: "self.all(a, !has(a.identityRef) || self.exists_one(b, has(b.identityRef) && b.identityRef.name == a.identityRef.name))",
    message: "each identityRef must be named once",
  },
  {
    rule: "self.all(a, !has(a.armId) || self.exists_one(b, has(b.armId) && b.armId.lowerAscii() == a.armId.lowerAscii()))",
    message: "each armId must be named once; ids that differ only in case are the same",
  },
);

const target = z
  .object({
    armId: armId
      .describe("ARM id of the host.")
      .meta(armIdOf("a web app, deployment slot, container group, virtual machine or scale set", HOST_TYPES)),
  })
  .describe("The host to which the identities are attached.")
  .meta({ "x-kubernetes-map-type": "atomic" });

/** `spec` of an IdentityAssignment. */
export const identityAssignmentSpec = z
  .object({
    target,
    userAssigned: z
      .array(identity)
      .max(MAX_USER_ASSIGNED)
      .optional()
      .describe("User-assigned identities that the host is to have. Empty only when ownership is Exclusive.")
      .meta({ "x-kubernetes-list-type": "atomic", ...noDuplicates }),
    systemAssigned: z
      .boolean()
      .optional()
      .describe("Whether the host is to have its system-assigned identity. Absent: it is left alone."),
    systemAssignedRemoval: z
      .enum(["Keep", "Destroy"])
      .default("Keep")
      .describe("Whether a system-assigned identity that this object switched on may be destroyed. Its principal is lost for good."),
    ownership: z
      .enum(["Shared", "Exclusive"])
      .default("Shared")
      .describe("Shared: only what is declared here is ours. Exclusive: the host has exactly the declared user-assigned identities."),
    allowDisruption: z
      .enum(DISRUPTIONS)
      .default("Recycle")
      .describe("How much attaching or detaching may disturb the host; what disturbs it more is refused."),
    ...policies,
  })
  .describe("What the host is to have, and how far the operator may go for it.")
  .superRefine(checking(specRules))
  .meta(validated(...specRules));

/** `status` of an IdentityAssignment. */
export const identityAssignmentStatus = z
  .object({
    ...statusFields,
    host: text(512, "Type and name of the host, for kubectl get.").optional(),
    identity: hostIdentity.optional(),
  })
  .describe("What the operator last saw. Only the operator writes it.");

/** `spec` of an IdentityAssignment. */
export type IdentityAssignmentSpec = z.infer<typeof identityAssignmentSpec>;

/** One entry of `spec.userAssigned`. */
export type NamedIdentity = z.infer<typeof identity>;

/** `status` of an IdentityAssignment. */
export type IdentityAssignmentStatus = z.infer<typeof identityAssignmentStatus>;
