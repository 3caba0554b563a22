import { parseResourceId } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import { webError } from "../kernel/errors.ts";
import { isObject, objectAt, objectsAt, textAt } from "../kernel/json.ts";
import type { JsonObject, JsonValue } from "../kernel/json.ts";

const RUNTIMES = ["dotnet-isolated", "node", "python", "java", "powershell", "custom", "go"];
const AUTHENTICATIONS = ["SystemAssignedIdentity", "UserAssignedIdentity", "StorageAccountConnectionString"];
const MEMORY_SIZES = [512, 2048, 4096];
/** Settings that a Flex Consumption app must not have, because functionAppConfig says the same. */
const REPLACED_SETTINGS = [
  "FUNCTIONS_WORKER_RUNTIME",
  "WEBSITE_RUN_FROM_PACKAGE",
  "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
  "WEBSITE_CONTENTSHARE",
];

/** A Flex Consumption app as a write leaves it. */
interface FlexApp {
  readonly functionAppConfig: JsonValue | undefined;
  /** As it was sent. */
  readonly siteConfig: JsonObject;
  readonly isAttached: (identity: ResourceId) => boolean;
}

/** Refuses a Flex Consumption app without `functionAppConfig`, with a wrong one, or with settings that it takes the place of. */
export function checkFlexApp({ functionAppConfig, siteConfig, isAttached }: FlexApp): void {
  if (!isObject(functionAppConfig)) {
    throw invalid(
      "Site.FunctionAppConfig",
      "The FunctionAppConfig section was not specified in the request, which is required for Flex Consumption sites.",
    );
  }
  checkStorage(objectAt(functionAppConfig, "deployment", "storage"), isAttached);
  const runtime = objectAt(functionAppConfig, "runtime");
  if (!RUNTIMES.includes(textAt(runtime, "name") ?? ""))
    throw invalid("Site.FunctionAppConfig.Runtime.Name", `Use one of ${RUNTIMES.join(", ")}.`);
  if (textAt(runtime, "version") === undefined && textAt(runtime, "name") !== "custom")
    throw invalid("Site.FunctionAppConfig.Runtime.Version", "It is required.");
  checkScale(objectAt(functionAppConfig, "scaleAndConcurrency"));
  if (textAt(siteConfig, "linuxFxVersion"))
    throw invalid("Site.SiteConfig.LinuxFxVersion", "Flex Consumption sites take FunctionAppConfig.Runtime.");
  for (const setting of objectsAt(siteConfig, "appSettings")) checkSettingName(textAt(setting, "name") ?? "");
}

/** Refuses a setting that a Flex Consumption app must not have. */
export function checkSettingName(name: string): void {
  if (!REPLACED_SETTINGS.includes(name)) return;
  const message = `The following app setting (Site.SiteConfig.AppSettings.${name}) for Flex Consumption sites is invalid. Please remove or rename it before retrying.`;
  throw webError(400, "BadRequest", message);
}

function checkStorage(storage: JsonObject, isAttached: FlexApp["isAttached"]): void {
  const where = "Site.FunctionAppConfig.Deployment.Storage";
  if (textAt(storage, "type")?.toLowerCase() !== "blobcontainer" || !textAt(storage, "value")?.startsWith("https://"))
    throw invalid(where, "It must be the URL of a blob container.");
  const authentication = objectAt(storage, "authentication");
  const type = textAt(authentication, "type") ?? "";
  if (!AUTHENTICATIONS.includes(type)) throw invalid(`${where}.Authentication.Type`, `Use one of ${AUTHENTICATIONS.join(", ")}.`);
  if (type !== "UserAssignedIdentity") return;
  const id = parseResourceId(textAt(authentication, "userAssignedIdentityResourceId") ?? "");
  if (!id || !isAttached(id))
    throw invalid(`${where}.Authentication.UserAssignedIdentityResourceId`, "The identity must be assigned to the site.");
}

function checkScale(scale: JsonObject): void {
  const memory = scale["instanceMemoryMB"];
  if (memory !== undefined && !MEMORY_SIZES.includes(Number(memory)))
    throw invalid("Site.FunctionAppConfig.ScaleAndConcurrency.InstanceMemoryMB", `Use one of ${MEMORY_SIZES.join(", ")}.`);
  const most = scale["maximumInstanceCount"];
  if (most !== undefined && !(Number(most) >= 1 && Number(most) <= 1000))
    throw invalid("Site.FunctionAppConfig.ScaleAndConcurrency.MaximumInstanceCount", "It must be 1 to 1000.");
}

function invalid(what: string, why: string): Error {
  return webError(400, "BadRequest", `${what} is invalid. ${why}`);
}

/** The section with the members that the server adds (ASO:Test_Web_Site_v20250501_CRUD#19); null where there is none. */
export function shownFunctionAppConfig(config: JsonValue | undefined): JsonValue {
  if (!isObject(config)) return null;
  const storage = objectAt(config, "deployment", "storage");
  const authentication = {
    userAssignedIdentityResourceId: null,
    storageAccountConnectionStringName: null,
    ...objectAt(storage, "authentication"),
  };
  return {
    ...config,
    deployment: { storage: { ...storage, authentication } },
    scaleAndConcurrency: {
      alwaysReady: null,
      maximumInstanceCount: 100,
      instanceMemoryMB: 2048,
      triggers: null,
      ...objectAt(config, "scaleAndConcurrency"),
    },
    siteUpdateStrategy: { type: "Recreate", ...objectAt(config, "siteUpdateStrategy") },
  };
}
