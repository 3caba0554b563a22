import { z } from "zod";
import { atLeastOneOf, checked } from "./crd-rules.ts";
import { objectName } from "./references.ts";

const configMap = z
  .object({ name: objectName("Name of the ConfigMap. One that exists and is not labelled as this object's is a conflict.") })
  .describe("A ConfigMap of this namespace with the ids of the identity: clientId, principalId, tenantId, resourceId. It is created, and goes with this object.");

const serviceAccount = z
  .object({ name: objectName("Name of the ServiceAccount, which must exist.") })
  .describe("A ServiceAccount of this namespace that gets the annotations azure.workload.identity/client-id and tenant-id. Values that others set are a conflict.");

/** `spec.export` of what has ids of its own. */
export const idExport = checked(
  z
    .object({ configMap: configMap.optional(), serviceAccount: serviceAccount.optional() })
    .describe("Where the ids of the identity are handed on to, in this namespace."),
  atLeastOneOf("configMap", "serviceAccount"),
);

/** `spec.export` of a host, whose ids no ServiceAccount can use. */
export const hostExport = z
  .object({ configMap })
  .describe("Where the ids of the system-assigned identity are handed on to, in this namespace.");

/** `spec.export` of what lets a ServiceAccount become an identity. */
export const serviceAccountExport = z
  .object({ serviceAccount })
  .describe("Where the ids of the identity are handed on to, in this namespace.");
