import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { Export } from "./kind.ts";

/** `spec.export` as the kinds have it. */
export interface ExportSpec {
  readonly configMap?: { readonly name: string } | undefined;
  readonly serviceAccount?: { readonly name: string } | undefined;
}

/** The ids that are handed on: `clientId`, `principalId`, `tenantId`, `resourceId` (DESIGN 1). */
export interface ExportedIds {
  readonly clientId?: string | undefined;
  readonly principalId?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly resourceId?: string | undefined;
}

/** The ids that a status shows, of an identity itself or of a host's system-assigned one. */
export function idsOf(status: JsonObject): ExportedIds {
  const identity = objectAt(status, "identity");
  const id = (name: string) => stringAt(status, name) ?? stringAt(identity, name);
  return { clientId: id("clientId"), principalId: id("principalId"), tenantId: id("tenantId"), resourceId: stringAt(status, "resourceId") };
}

/** What is handed on where: the ids by ConfigMap, and by ServiceAccount what workload identity reads. */
export function exported(spec: ExportSpec | undefined, ids: ExportedIds): readonly Export[] {
  const { configMap, serviceAccount } = spec ?? {};
  const values = defined({ clientId: ids.clientId, principalId: ids.principalId, tenantId: ids.tenantId, resourceId: ids.resourceId });
  const annotations = defined({ "azure.workload.identity/client-id": ids.clientId, "azure.workload.identity/tenant-id": ids.tenantId });
  return [
    ...(configMap === undefined ? [] : [{ kind: "ConfigMap", name: configMap.name, values } as const]),
    ...(serviceAccount === undefined ? [] : [{ kind: "ServiceAccount", name: serviceAccount.name, values: annotations } as const]),
  ];
}

function defined(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
