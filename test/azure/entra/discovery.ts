import type { JsonObject } from "../kernel/json.ts";

/** The OpenID configuration of an authority: of its newer endpoint, or of the one before. */
export function openIdConfiguration({ authority, version }: { readonly authority: string; readonly version: "v1.0" | "v2.0" }): JsonObject {
  const isV2 = version === "v2.0";
  const part = isV2 ? "v2.0/" : "";
  return {
    token_endpoint: `${authority}/oauth2/${part}token`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt"],
    jwks_uri: `${authority}/discovery/${part}keys`,
    response_modes_supported: ["query", "fragment", "form_post"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
    scopes_supported: isV2 ? ["openid", "profile", "email", "offline_access"] : ["openid"],
    issuer: isV2 ? `${authority}/v2.0` : `${authority}/`,
    authorization_endpoint: `${authority}/oauth2/${part}authorize`,
    end_session_endpoint: `${authority}/oauth2/${part}logout`,
    tenant_region_scope: "EU",
  };
}

/** What `/common/discovery/instance` tells of the authority: that its one name is its own. */
export function instanceDiscovery(endpoint: string, tenantId: string): JsonObject {
  const { host } = new URL(endpoint);
  return {
    tenant_discovery_endpoint: `${endpoint}/${tenantId}/v2.0/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
}
