import { z } from "zod";
import { container, dnsLabel, port } from "./container.ts";
import { imageRegistryCredentials, volumes } from "./container-volumes.ts";
import { checked, matching, without } from "./crd-rules.ts";
import { hostExport } from "./exports.ts";
import { allowDisruption, hostIdentitySpec, systemAssignedRemoval } from "./host-identity.ts";
import { armIdField } from "./references.ts";
import { hostIdentity, location, policies, resourceGroup, statusFields, subscriptionId, tags, text } from "./shared.ts";

/** Names that Azure accepts for a container group; two hyphens in a row are refused, too. */
export const CONTAINER_GROUP_NAME_PATTERN = "^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$";

const SUBNET_TYPES = ["Microsoft.Network/virtualNetworks/subnets"];

const ipAddress = checked(
  z
    .object({
      type: z.enum(["Public", "Private"]).describe("Public: an address of the internet. Private: one of the subnet."),
      ports: z.array(port).min(1).max(64).describe("Ports that are reached from outside; each must be one of a container."),
      dnsNameLabel: dnsLabel("First label of the public host name: <label>.<region>.azurecontainer.io.").optional(),
      ip: checked(
        text(45, "The address. Absent: Azure chooses.").min(1),
        matching("^[0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}$", "must be an IPv4 address"),
      ).optional(),
    })
    .describe("Address of the group. Absent: it has none and is not reached from outside."),
  {
    rule: "self.type == 'Public' || !has(self.dnsNameLabel)",
    message: "dnsNameLabel needs type Public",
    fieldPath: ".dnsNameLabel",
    holds: (address) => address.type === "Public" || address.dnsNameLabel === undefined,
  },
);

const zone = checked(text(8, "An availability zone.").min(1), matching("^[0-9]+$", "must be the number of a zone, for example 1"));

/** `spec` of a ContainerGroup. */
export const containerGroupSpec = checked(
  z
    .object({
      subscriptionId: subscriptionId.optional(),
      resourceGroup: resourceGroup.optional(),
      azureName: checked(
        text(63, "Name of the group in Azure: 1 to 63 lower-case letters, digits and hyphens. Default: metadata.name. Immutable.").min(1),
        matching(
          CONTAINER_GROUP_NAME_PATTERN,
          "must be 1 to 63 lower-case letters, digits or hyphens, neither beginning nor ending with a hyphen",
        ),
        without("--", "must not contain two hyphens in a row"),
      ).optional(),
      location: location.optional(),
      tags: tags.optional(),
      osType: z
        .enum(["Linux", "Windows"])
        .default("Linux")
        .describe("Operating system. Default: Linux. Changing it re-creates the group."),
      restartPolicy: z
        .enum(["Always", "OnFailure", "Never"])
        .default("Always")
        .describe("When containers that ended are started again. Default: Always. Changing it re-creates the group."),
      sku: z
        .enum(["Standard", "Dedicated", "Confidential"])
        .optional()
        .describe("SKU of the group. Absent: Azure chooses Standard. Changing it re-creates the group."),
      zones: z.array(zone).max(1).optional().describe("The availability zone. Changing it re-creates the group."),
      subnetIds: z
        .array(z.object({ id: armIdField("ARM id of a subnet.", "a subnet", SUBNET_TYPES) }))
        .max(1)
        .optional()
        .describe("The subnet of the group. Changing it re-creates the group."),
      ipAddress: ipAddress.optional(),
      containers: z
        .array(container)
        .min(1)
        .max(10)
        .describe("Containers of the group.")
        .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] }),
      volumes: volumes.optional(),
      imageRegistryCredentials: imageRegistryCredentials.optional(),
      identity: hostIdentitySpec.optional(),
      systemAssignedRemoval,
      allowDisruption: allowDisruption(
        "None",
        "How much a change may disturb the group: an update restarts all containers, and what Azure cannot change in place re-creates the group.",
      ),
      export: hostExport.optional(),
      ...policies,
    })
    .describe("Which container group there is to be, and what happens to it."),
  {
    rule: "self.containers.all(c, !has(c.volumeMounts) || c.volumeMounts.all(m, has(self.volumes) && self.volumes.exists(v, v.name == m.name)))",
    message: "each volumeMounts[].name must be the name of one of volumes",
    fieldPath: ".containers",
    holds: (spec) => {
      const names = new Set(spec.volumes?.map(({ name }) => name));
      return spec.containers.every(({ volumeMounts = [] }) => volumeMounts.every(({ name }) => names.has(name)));
    },
  },
);

/** `status` of a ContainerGroup. */
export const containerGroupStatus = z
  .object({
    ...statusFields,
    provisioningState: text(64, "State of the last operation in Azure.").optional(),
    state: text(64, "Whether the group runs, in Azure's word.").optional(),
    ipAddress: text(45, "Address of the group.").optional(),
    fqdn: text(512, "Public host name of the group.").optional(),
    identity: hostIdentity.optional(),
  })
  .describe("What the operator last saw. Only the operator writes it.");

/** `spec` of a ContainerGroup. */
export type ContainerGroupSpec = z.infer<typeof containerGroupSpec>;

/** `status` of a ContainerGroup. */
export type ContainerGroupStatus = z.infer<typeof containerGroupStatus>;
