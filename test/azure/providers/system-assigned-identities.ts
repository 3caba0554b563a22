import { keyOf, nameOf, parseResourceId, textOf } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { gatewayError } from "../kernel/errors.ts";
import type { Call, ResourceType } from "../kernel/resource-type.ts";

/** The lookup of a host's system-assigned identity, `{host}/providers/Microsoft.ManagedIdentity/identities/default` (arm.md 3.8). */
export const systemAssignedIdentities: ResourceType = {
  type: "Microsoft.ManagedIdentity/identities",
  apiVersions: ["2015-08-31-preview", "2018-11-30", "2021-09-30-preview", "2022-01-31-preview", "2023-01-31", "2023-07-31-preview", "2024-11-30", "2025-01-31-preview", "2025-05-31-preview", "2026-04-30", "2026-05-31"],
  name: { pattern: /^default$/i, says: "'default'" },
  show: () => ({}),
  get,
};

function get(call: Call): Answer {
  const hostId = parseResourceId(call.id.scope);
  const host = hostId && call.world.store.get(hostId);
  const principal = host?.identity?.system && call.world.directory.findByOwner(keyOf(host.id));
  if (!host || !principal) {
    const message = `The resource '${textOf(call.id)}' was not found: the scope has no system assigned identity.`;
    throw gatewayError(404, "ResourceNotFound", message);
  }
  const { tenantId } = call.world;
  const { principalId, clientId } = principal;
  const clientSecretUrl = `https://control-${host.location ?? "global"}.identity.azure.net${textOf(host.id)}/credentials?tid=${tenantId}&oid=${principalId}&aid=${clientId}`;
  return {
    status: 200,
    body: {
      id: textOf(call.id),
      name: nameOf(call.id).toLowerCase(),
      type: systemAssignedIdentities.type,
      location: host.location,
      tags: host.tags ?? {},
      properties: { tenantId, principalId, clientId, clientSecretUrl },
    },
  };
}
