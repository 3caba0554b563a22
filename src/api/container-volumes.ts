import { z } from "zod";
import { dnsLabel } from "./container.ts";
import { checked, exactlyOneOf, matching } from "./crd-rules.ts";
import { HOST_NAME_PATTERN, namedIdentity, objectName, secretKeyRef } from "./references.ts";
import { text } from "./shared.ts";

const azureFile = z
  .object({
    shareName: checked(
      text(63, "Name of the file share.").min(1),
      matching("^[-a-z0-9]+$", "must be the name of a file share: lower-case letters, digits and hyphens"),
    ),
    storageAccountName: checked(
      text(24, "Name of the storage account.").min(1),
      matching("^[a-z0-9]{3,24}$", "must be the name of a storage account: 3 to 24 lower-case letters and digits"),
    ),
    readOnly: z.boolean().optional().describe("Whether the share may only be read."),
    storageAccountKeyFrom: z.object({ secretKeyRef }).describe("The key of the storage account; Azure never shows it."),
  })
  .describe("A file share of a storage account.");

const volume = checked(
  z.object({
    name: dnsLabel("Name of the volume."),
    emptyDir: z.object({}).optional().describe("A folder that is empty at the start.").meta({ maxProperties: 0 }),
    secret: z
      .object({
        secretRef: z
          .object({ name: objectName("Name of a Secret of this namespace.") })
          .describe("A Secret of this namespace. The operator must be allowed to get it.")
          .meta({ "x-kubernetes-map-type": "atomic" }),
      })
      .optional()
      .describe("A file for each key of a Secret; Azure never shows them."),
    azureFile: azureFile.optional(),
  }),
  exactlyOneOf("emptyDir", "secret", "azureFile"),
);

/** `spec.volumes` of a ContainerGroup. */
export const volumes = z
  .array(volume)
  .max(16)
  .describe("Volumes of the group. Containers name them in volumeMounts.")
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] });

const imageRegistryCredential = checked(
  z.object({
    server: checked(
      text(255, "Host name of the registry, for example msdocs.azurecr.io.").min(1),
      matching(HOST_NAME_PATTERN, "must be the host name of a registry, without https://"),
    ),
    username: text(256, "Name that the registry knows.").min(1).optional(),
    passwordFrom: z.object({ secretKeyRef }).optional().describe("The password; Azure never shows it."),
    identity: namedIdentity.optional().describe("The identity that pulls; it must be one of the group's."),
  }),
  exactlyOneOf("username", "identity"),
  {
    rule: "has(self.username) == has(self.passwordFrom)",
    message: "username and passwordFrom must be set together",
    holds: (credential) => (credential.username === undefined) === (credential.passwordFrom === undefined),
  },
);

/** `spec.imageRegistryCredentials` of a ContainerGroup. */
export const imageRegistryCredentials = z
  .array(imageRegistryCredential)
  .max(8)
  .describe("How images are pulled from registries that are not public.")
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["server"] });

/** One entry of `spec.volumes`: exactly one source is set. */
export type Volume = z.infer<typeof volume>;

/** One entry of `spec.imageRegistryCredentials`. */
export type ImageRegistryCredential = z.infer<typeof imageRegistryCredential>;
