import { nameOf, textOf } from "../kernel/arm-id.ts";
import { webError } from "../kernel/errors.ts";
import { patchRules } from "../kernel/host-switches.ts";
import type { IdentityRules } from "../kernel/identity-rules.ts";
import { objectAt, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { regionDisplayName } from "../kernel/regions.ts";
import type { View } from "../kernel/resource-type.ts";
import { shownIdentity } from "../kernel/shown-identity.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { siteConfigOfBody } from "./web-config-defaults.ts";
import { shownFunctionAppConfig } from "./web-function-app-config.ts";
import { planOf, tierOfPlan } from "./web-plans.ts";

/** What a site has where nobody said otherwise. */
const DEFAULTS: JsonObject = {
  enabled: true,
  httpsOnly: false,
  clientCertEnabled: false,
  clientCertMode: "Required",
  hostNamesDisabled: false,
  ipMode: "IPv4",
  isXenon: false,
  hyperV: false,
  publicNetworkAccess: "Enabled",
  redundancyMode: "None",
  scmSiteAlsoStopped: false,
  storageAccountRequired: false,
  virtualNetworkSubnetId: null,
  keyVaultReferenceIdentity: "SystemAssigned",
  dailyMemoryTimeQuota: 0,
};

/** Members of a body that only the server writes; a client may send them back. */
export const READ_ONLY: readonly string[] = [
  "name",
  "state",
  "hostNames",
  "enabledHostNames",
  "hostNameSslStates",
  "defaultHostName",
  "usageState",
  "availabilityState",
  "lastModifiedTimeUtc",
  "repositorySiteName",
  "resourceGroup",
  "sku",
  "kind",
  "reserved",
  "inProgressOperationId",
  "outboundIpAddresses",
  "possibleOutboundIpAddresses",
  "customDomainVerificationId",
];

/** The matrix row of arm.md 1; what section 18 leaves open is a switch. */
export function siteIdentityRules({ switches }: World): IdentityRules {
  return {
    combined: "SystemAssigned, UserAssigned",
    keys: "canonical",
    afterNone: "absent",
    patch: patchRules[switches.webPatchIdentity],
    patchNullKey: switches.webPatchNullKey,
    putWithoutIdentity: switches.webPutWithoutIdentity,
    fresh: "details",
    tenantIdAlways: false,
    refuse: (status, { code, message }) => webError(status, code, message),
  };
}

/** A site or slot as it is shown. The answer of a PUT has the location as it was sent, GET its display name (arm.md 2.2). */
export function shownSite(site: Resource, view: View): JsonObject {
  const identity = shownIdentity(site, siteIdentityRules(view.world), view.world.tenantId);
  return {
    id: textOf(site.id),
    name: site.id.names.join("/"),
    type: `${site.id.namespace}/${site.id.types.join("/")}`,
    kind: site.members["kind"],
    location: view.as === "write" ? site.location : regionDisplayName(site.location ?? ""),
    ...(site.tags ? { tags: site.tags } : {}),
    properties: shownProperties(site, view.world),
    ...(identity ? { identity } : {}),
  };
}

function shownProperties(site: Resource, world: World): JsonObject {
  const label = site.id.names.join("-").toLowerCase();
  const [hostName, scmHostName] = [`${label}.azurewebsites.net`, `${label}.scm.azurewebsites.net`];
  const plan = planOf(world, site);
  const isFunctionApp = (textAt(site.members, "kind") ?? "").includes("functionapp");
  return {
    ...DEFAULTS,
    clientAffinityEnabled: !isFunctionApp,
    ...site.properties,
    name: nameOf(site.id),
    state: stateOf(site),
    hostNames: [hostName],
    enabledHostNames: [hostName, scmHostName],
    hostNameSslStates: [sslState(hostName, "Standard"), sslState(scmHostName, "Repository")],
    repositorySiteName: nameOf(site.id),
    usageState: "Normal",
    availabilityState: "Normal",
    reserved: plan?.properties["reserved"] ?? (textAt(site.members, "kind") ?? "").includes("linux"),
    siteConfig: siteConfigOfBody(objectAt(site.properties, "siteConfig"), world),
    functionAppConfig: shownFunctionAppConfig(site.properties["functionAppConfig"]),
    sku: tierOfPlan(plan)?.tier ?? null,
    kind: site.members["kind"],
    resourceGroup: site.id.resourceGroup,
    defaultHostName: hostName,
    inProgressOperationId: null,
  };
}

function sslState(name: string, hostType: string): JsonObject {
  return { name, sslState: "Disabled", ipBasedSslResult: null, virtualIP: null, thumbprint: null, toUpdate: null, hostType };
}

/** `enabled: false` reads back as Disabled (ASO:Test_Web_Site_v20250501_CRUD#21), a stopped site as Stopped. */
function stateOf(site: Resource): string {
  if (site.properties["enabled"] === false) return "Disabled";
  return site.members["stopped"] === true ? "Stopped" : "Running";
}
