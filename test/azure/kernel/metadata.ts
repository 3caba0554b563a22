import type { JsonObject } from "./json.ts";
import type { World } from "./world.ts";

/** The cloud's own description at `/metadata/endpoints`, by which `az cloud register` learns a cloud. */
export function metadataDocument(world: World): JsonObject {
  const endpoint = world.endpoint();
  return {
    name: "AzureSimulator",
    portal: endpoint,
    authentication: { loginEndpoint: endpoint, audiences: [endpoint, "https://management.azure.com/"], tenant: "common", identityProvider: "AAD" },
    resourceManager: endpoint,
    graphAudience: endpoint,
    graph: endpoint,
    microsoftGraphResourceId: endpoint,
    suffixes: { storage: "core.windows.net", keyVaultDns: "vault.azure.net" },
  };
}
