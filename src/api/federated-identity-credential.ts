import { z } from "zod";
import { checked, exactlyOneOf, matching, without } from "./crd-rules.ts";
import { serviceAccountExport } from "./exports.ts";
import { armIdField, IDENTITY_TYPES, identityRef, objectRef } from "./references.ts";
import { policies, statusFields, text, MAX_ARM_ID_LENGTH } from "./shared.ts";

/** Names that Azure accepts for a federated identity credential (arm.md 4). */
export const FEDERATED_IDENTITY_CREDENTIAL_NAME_PATTERN = "^[A-Za-z0-9][-A-Za-z0-9_]{2,119}$";

/** The audience that Entra expects unless another cloud or a test says otherwise (arm.md 4). */
export const DEFAULT_AUDIENCE = "api://AzureADTokenExchange";

/** The longest issuer, subject and audience (arm.md 4). */
const MAX_CLAIM_LENGTH = 600;

const issuer = checked(
  text(
    MAX_CLAIM_LENGTH,
    "URL of the issuer, exactly as the claim iss of its tokens: a slash at the end matters. At most 600 characters. " +
      "Default with serviceAccountRef: the issuer of this cluster.",
  ),
  matching("^https://[!-\"$->@-~]+$", "must be a URL that begins with https:// and has no query, fragment or space"),
);

const subject = checked(
  text(MAX_CLAIM_LENGTH, "The claim sub of the tokens, exactly: case matters. At most 600 characters.").min(1),
  matching("^[!-~](?:[ -~]*[!-~])?$", "must be printable ASCII that neither begins nor ends with a space"),
  without("*", "must not contain *: Azure compares the subject literally and knows no wildcards"),
);

const audience = checked(
  text(MAX_CLAIM_LENGTH, "An audience.").min(1),
  matching("^[!-~]+$", "must be printable ASCII without spaces"),
);

/** `spec` of a FederatedIdentityCredential. */
export const federatedIdentityCredentialSpec = checked(
  z
    .object({
      identityRef: identityRef.optional().describe("The UserAssignedIdentity of this namespace that may be become; never one of another namespace, whatever that allows: who may become an identity from outside is decided where it is declared. Immutable."),
      identityArmId: armIdField(
        "ARM id of the user-assigned identity that may be become. Immutable.",
        "a user-assigned identity",
        IDENTITY_TYPES,
      ).optional(),
      azureName: checked(
        text(120, "Name of the credential in Azure: 3 to 120 letters, digits, - and _. Default: metadata.name. Immutable.").min(1),
        matching(
          FEDERATED_IDENTITY_CREDENTIAL_NAME_PATTERN,
          "must be 3 to 120 letters, digits, - or _, beginning with a letter or a digit",
        ),
      ).optional(),
      issuer: issuer.optional(),
      subject: subject.optional(),
      serviceAccountRef: objectRef("ServiceAccount")
        .optional()
        .describe("The ServiceAccount of this namespace that may become the identity. It gives the subject."),
      audiences: z
        .array(audience)
        .min(1)
        .max(1)
        .default([DEFAULT_AUDIENCE])
        .describe(`The one audience that the tokens must have; Azure takes exactly one. Default: ${DEFAULT_AUDIENCE}.`),
      export: serviceAccountExport.optional(),
      ...policies,
    })
    .describe("Who may become which identity."),
  exactlyOneOf("identityRef", "identityArmId"),
  exactlyOneOf("subject", "serviceAccountRef"),
  {
    rule: "!has(self.export) || has(self.identityRef)",
    message: "export needs identityRef, whose status shows the ids: declare an identity that others made as a UserAssignedIdentity with managementPolicy ObserveOnly",
    fieldPath: ".export",
    holds: (spec) => spec.export === undefined || spec.identityRef !== undefined,
  },
  {
    rule: "!has(self.subject) || has(self.issuer)",
    message: "issuer must be set beside subject: a subject is unique within its issuer only",
    reason: "FieldValueRequired",
    fieldPath: ".issuer",
    holds: (spec) => spec.subject === undefined || spec.issuer !== undefined,
  },
);

/** `status` of a FederatedIdentityCredential. */
export const federatedIdentityCredentialStatus = z
  .object({
    ...statusFields,
    issuer: text(MAX_CLAIM_LENGTH, "Issuer in Azure.").optional(),
    subject: text(MAX_CLAIM_LENGTH, "Subject in Azure.").optional(),
    audiences: z.array(text(MAX_CLAIM_LENGTH, "An audience.")).max(4).optional().describe("Audiences in Azure."),
    identityResourceId: text(MAX_ARM_ID_LENGTH, "ARM id of the identity that may be become.").optional(),
  })
  .describe("What the operator last saw. Only the operator writes it.");

/** `spec` of a FederatedIdentityCredential. */
export type FederatedIdentityCredentialSpec = z.infer<typeof federatedIdentityCredentialSpec>;

/** `status` of a FederatedIdentityCredential. */
export type FederatedIdentityCredentialStatus = z.infer<typeof federatedIdentityCredentialStatus>;
