import { z } from "zod";
import { checked } from "./crd-rules.ts";
import { text } from "./shared.ts";

/** The longest key of a label: a prefix of 253 characters, a slash and a name of 63. */
const MAX_LABEL_KEY_LENGTH = 317;
const MAX_LABEL_LENGTH = 63;
const MAX_REQUIREMENTS = 8;

const requirement = checked(
  z.object({
    key: text(MAX_LABEL_KEY_LENGTH, "Key of a label of the Namespace.").min(1),
    operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]).describe("How the label relates to the values."),
    values: z.array(text(MAX_LABEL_LENGTH, "A value of the label.")).max(16).optional().describe("Values, for In and NotIn only."),
  }),
  {
    rule: "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
    message: "values must be given for In and NotIn, and for no other operator",
    holds: ({ operator, values = [] }) => (operator === "In" || operator === "NotIn") === values.length > 0,
  },
);

const selector = checked(
  z
    .object({
      matchLabels: z
        .record(z.string().max(MAX_LABEL_KEY_LENGTH), z.string().max(MAX_LABEL_LENGTH))
        .optional()
        .describe("Labels that the Namespace must have, each with this value.")
        .meta({ maxProperties: MAX_REQUIREMENTS }),
      matchExpressions: z
        .array(requirement)
        .max(MAX_REQUIREMENTS)
        .optional()
        .describe("Requirements that the labels of the Namespace must all meet.")
        .meta({ "x-kubernetes-list-type": "atomic" }),
    })
    .describe("Which labels a Namespace must have. Whoever may label a Namespace can bring it in; kubernetes.io/metadata.name is set by the API server alone."),
  {
    rule: "(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)",
    message: "at least one label must be asked for; to allow every namespace set from to All",
    holds: ({ matchLabels = {}, matchExpressions = [] }) => Object.keys(matchLabels).length + matchExpressions.length > 0,
  },
);

/** `spec.allowedNamespaces`: whose objects may name the object that has it. */
export const allowedNamespaces = checked(
  z
    .object({
      from: z
        .enum(["Same", "All", "Selector"])
        .default("Same")
        .describe("Same: only this namespace. All: every namespace. Selector: those whose Namespace object has the labels of selector."),
      selector: selector.optional(),
    })
    .describe("Namespaces whose objects may attach this identity to a host by identityRef, and so become it. Default: only its own."),
  {
    rule: "(self.from == 'Selector') == has(self.selector)",
    message: "selector must be set when from is Selector, and only then",
    holds: (allowed) => (allowed.from === "Selector") === (allowed.selector !== undefined),
  },
);

/** `spec.onConsentWithdrawn`: what becomes of attachments by objects of namespaces that are no longer allowed. */
export const onConsentWithdrawn = z
  .enum(["Hold", "Detach"])
  .default("Hold")
  .describe(
    "What becomes of attachments by objects of namespaces that are no longer allowed. Hold: they stay, and are not made again once they are gone. " +
      "Detach: they are undone, as far as those objects allow the disturbance and are not paused. Detaching revokes no token.",
  );

/** `status.otherNamespaces`: how many objects of other namespaces use an object; never which. */
export const otherNamespaces = z
  .object({
    allowed: z.int().min(0).describe("Objects of other namespaces that name this one and may.").meta({ format: "int32" }),
    withdrawn: z.int().min(0).describe("Objects of other namespaces that still hold it although they no longer may.").meta({ format: "int32" }),
  })
  .describe("How many objects of other namespaces use this one.");

/** `spec.allowedNamespaces`. */
export type AllowedNamespaces = z.infer<typeof allowedNamespaces>;

/** `spec.allowedNamespaces.selector`. */
export type NamespaceSelector = z.infer<typeof selector>;

/** `status.otherNamespaces`. */
export type OtherNamespaces = z.infer<typeof otherNamespaces>;
