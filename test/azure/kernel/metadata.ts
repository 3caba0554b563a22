import type { Answer } from "./errors.ts";
import { gatewayError } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { World } from "./world.ts";

/** The versions that answer with a list of clouds. */
const LISTING = ["2019-05-01", "2019-10-01", "2020-06-01", "2020-10-01"];
const SINGLE = ["2022-09-01", "2023-11-01"];
const OLDEST = "2015-01-01";

/**
 * The cloud's own description at `/metadata/endpoints`, by which `az cloud register` and Terraform's `metadata_host` learn a
 * cloud: one document, a list with one in some versions, and the oldest has only what it had then.
 */
export function metadataAnswer(world: World, apiVersion: string | null): Answer {
  if (apiVersion === null) throw gatewayError(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.");
  const document = metadataDocument(world);
  if (SINGLE.includes(apiVersion)) return { status: 200, body: document };
  if (LISTING.includes(apiVersion)) return { status: 200, body: [document] };
  if (apiVersion === OLDEST) {
    const endpoint = world.endpoint();
    const body = { galleryEndpoint: endpoint, graphEndpoint: endpoint, portalEndpoint: endpoint, authentication: { loginEndpoint: endpoint, audiences: [endpoint] } };
    return { status: 200, body };
  }
  const supported = [OLDEST, ...LISTING, ...SINGLE].join(",");
  throw gatewayError(400, "InvalidApiVersionParameter", `The api-version '${apiVersion}' is invalid. The supported versions are '${supported}'.`);
}

function metadataDocument(world: World): JsonObject {
  const endpoint = world.endpoint();
  return {
    name: "AzureSimulator",
    portal: endpoint,
    authentication: { loginEndpoint: endpoint, audiences: [endpoint, "https://management.azure.com/"], tenant: "common", identityProvider: "AAD" },
    resourceManager: endpoint,
    gallery: endpoint,
    graphAudience: endpoint,
    graph: endpoint,
    microsoftGraphResourceId: endpoint,
    suffixes: { storage: "core.windows.net", keyVaultDns: "vault.azure.net", sqlServerHostname: "database.windows.net", acrLoginServer: "azurecr.io" },
  };
}
