import { z } from "zod";
import { checked, exactlyOneOf, matching } from "./crd-rules.ts";
import { configMapKeyRef, namedIdentity, secretKeyRef } from "./references.ts";
import { text } from "./shared.ts";

/** The most app settings that one object declares. */
export const MAX_APP_SETTINGS = 128;

const valueFrom = checked(
  z
    .object({ configMapKeyRef: configMapKeyRef.optional(), secretKeyRef: secretKeyRef.optional() })
    .describe("The value of a key of a ConfigMap or a Secret of this namespace."),
  exactlyOneOf("configMapKeyRef", "secretKeyRef"),
);

const keyVaultReference = z
  .object({
    secretUri: checked(
      text(512, "URI of the secret, with its version or without: https://<vault>.vault.azure.net/secrets/<name>.").min(1),
      matching(
        "^https://[-A-Za-z0-9.]+/secrets/[-A-Za-z0-9]{1,127}/?(?:[0-9a-fA-F]{32})?$",
        "must be https://<vault>/secrets/<name>, with a version or without",
      ),
    ),
  })
  .describe("A secret in a Key Vault, which App Service reads by keyVaultReferenceIdentity.");

const appSetting = checked(
  z.object({
    name: checked(
      text(256, "Name of the setting, and of the environment variable that the app sees.").min(1),
      matching("^[A-Za-z0-9_.:-]+$", "must be letters, digits, and any of _ . : -"),
    ),
    value: text(8192, "The value, in plain text.").optional(),
    valueFrom: valueFrom.optional(),
    keyVaultReference: keyVaultReference.optional(),
    identityClientId: namedIdentity
      .optional()
      .describe("The client id of an identity, as the libraries of Azure take it. One named by its ARM id must be one of the app's."),
    slotSetting: z
      .boolean()
      .optional()
      .describe(
        "Whether the setting stays with its slot when slots are swapped. Default: true with identityClientId, else as it is in Azure. " +
          "Not beside slotOf.",
      ),
  }),
  exactlyOneOf("value", "valueFrom", "keyVaultReference", "identityClientId"),
);

/** `spec.appSettings` of a WebApp. */
export const appSettings = z
  .array(appSetting)
  .max(MAX_APP_SETTINGS)
  .describe("App settings. Only these are written; those that others set stay. Changing one restarts the app.")
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] });

/** One entry of `spec.appSettings`: exactly one source is set. */
export type AppSetting = z.infer<typeof appSetting>;
