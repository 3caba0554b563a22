import type { JsonObject } from "../kernel/json.ts";
import type { World } from "../kernel/world.ts";

/** The settings of a new site as `config/web` shows them. Secret ones and those with an endpoint of their own are null. */
export const configDefaults: JsonObject = {
  numberOfWorkers: 1,
  defaultDocuments: [
    "Default.htm",
    "Default.html",
    "Default.asp",
    "index.htm",
    "index.html",
    "iisstart.htm",
    "default.aspx",
    "index.php",
    "hostingstart.html",
  ],
  netFrameworkVersion: "v4.0",
  phpVersion: "",
  pythonVersion: "",
  nodeVersion: "",
  powerShellVersion: "",
  linuxFxVersion: "",
  windowsFxVersion: null,
  requestTracingEnabled: false,
  remoteDebuggingEnabled: false,
  remoteDebuggingVersion: null,
  httpLoggingEnabled: false,
  acrUseManagedIdentityCreds: false,
  acrUserManagedIdentityID: null,
  logsDirectorySizeLimit: 35,
  detailedErrorLoggingEnabled: false,
  publishingPassword: null,
  appSettings: null,
  metadata: null,
  connectionStrings: null,
  machineKey: null,
  handlerMappings: null,
  documentRoot: null,
  scmType: "None",
  use32BitWorkerProcess: true,
  webSocketsEnabled: false,
  alwaysOn: false,
  javaVersion: null,
  javaContainer: null,
  javaContainerVersion: null,
  appCommandLine: "",
  managedPipelineMode: "Integrated",
  virtualApplications: [{ virtualPath: "/", physicalPath: "site\\wwwroot", preloadEnabled: false, virtualDirectories: null }],
  loadBalancing: "LeastRequests",
  experiments: { rampUpRules: [] },
  limits: null,
  autoHealEnabled: false,
  autoHealRules: null,
  vnetName: "",
  vnetRouteAllEnabled: false,
  vnetPrivatePortsCount: 0,
  publicNetworkAccess: null,
  cors: null,
  apiDefinition: null,
  apiManagementConfig: null,
  autoSwapSlotName: null,
  localMySqlEnabled: false,
  managedServiceIdentityId: null,
  xManagedServiceIdentityId: null,
  keyVaultReferenceIdentity: null,
  ipSecurityRestrictions: [
    { ipAddress: "Any", action: "Allow", priority: 2_147_483_647, name: "Allow all", description: "Allow all access" },
  ],
  scmIpSecurityRestrictions: [
    { ipAddress: "Any", action: "Allow", priority: 2_147_483_647, name: "Allow all", description: "Allow all access" },
  ],
  scmIpSecurityRestrictionsUseMain: false,
  http20Enabled: false,
  minTlsVersion: "1.2",
  minTlsCipherSuite: null,
  scmMinTlsVersion: "1.2",
  ftpsState: "FtpsOnly",
  preWarmedInstanceCount: 0,
  functionAppScaleLimit: 0,
  elasticWebAppScaleLimit: null,
  healthCheckPath: null,
  functionsRuntimeScaleMonitoringEnabled: false,
  websiteTimeZone: null,
  minimumElasticInstanceCount: 0,
  azureStorageAccounts: null,
};

/** The members that GET, LIST and the answers of writes of a site show; all others are null there, whatever they are. */
const SHOWN = [
  "numberOfWorkers",
  "linuxFxVersion",
  "windowsFxVersion",
  "acrUseManagedIdentityCreds",
  "alwaysOn",
  "http20Enabled",
  "functionAppScaleLimit",
  "minimumElasticInstanceCount",
];

/**
 * `siteConfig` of a site's own body. Minimum TLS version, FTPS state, health check path and most others are null in it
 * and only readable at `config/web` (ASO:Test_Web_Site_v20250501_CRUD#19-#20, Azure/azure-sdk-for-java#32859).
 */
export function siteConfigOfBody(config: JsonObject, { switches }: World): JsonObject {
  const whole = { ...configDefaults, ...config };
  const shown = switches.webAcrIdentityOnGet === "shown" ? [...SHOWN, "acrUserManagedIdentityID"] : SHOWN;
  return Object.fromEntries(Object.entries(whole).map(([member, value]) => [member, shown.includes(member) ? value : null]));
}
