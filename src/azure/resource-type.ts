/**
 * The lower-case resource type that a URL of ARM is about, without names, so that it can label a metric:
 * `microsoft.web/sites`, `microsoft.compute/locations/operations`, `token` for the authority, else `other`.
 */
export function resourceTypeOf(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname.toLowerCase() : "";
  if (/\/oauth2\/|\/\.well-known\/|^\/metadata\/identity\//.test(path)) return "token";
  const afterProviders = path.split("/providers/").at(-1);
  if (afterProviders !== undefined && afterProviders !== path) return typeOf(afterProviders);
  if (/^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/?$/.test(path)) return "microsoft.resources/resourcegroups";
  return "other";
}

function typeOf(afterProviders: string): string {
  const [provider, ...pairs] = afterProviders.split("/").filter((segment) => segment !== "");
  return [provider, ...pairs.filter((_, index) => index % 2 === 0)].join("/");
}
