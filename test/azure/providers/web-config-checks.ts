import { nameOf } from "../kernel/arm-id.ts";
import { webError } from "../kernel/errors.ts";
import { textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { planOf, tierOfPlan } from "./web-plans.ts";

/** Stacks of Linux apps, and of function apps, by what stands before the bar; the version patterns are those on offer. */
const stacks: Readonly<Record<string, RegExp>> = {
  NODE: /^(lts|(4|6|8|9|10|12|14|16|18|20|22|24)([.-].+)?)$/,
  PYTHON: /^(2\.7|3\.(6|7|8|9|10|11|12|13|14))$/,
  DOTNETCORE: /^(LTS|latest|\d+\.\d)$/i,
  "DOTNET-ISOLATED": /^(5|6|7|8|9|10)\.0$/,
  DOTNET: /^(3\.1|6\.0|8\.0)$/,
  JAVA: /^(8|11|17|21|25)([.-].+)?$/,
  JBOSSEAP: /^(7|8).*$/,
  TOMCAT: /^(8\.5|9\.0|10\.\d|11\.0).*$/,
  PHP: /^(5\.6|7\.\d|8\.\d)$/,
  RUBY: /^2\..+$/,
  POWERSHELL: /^7(\.\d)?$/,
  DOCKER: /^.+$/,
  COMPOSE: /^.+$/,
  SITECONTAINERS: /^.*$/,
};

const enums: Readonly<Record<string, readonly string[]>> = {
  minTlsVersion: ["1.0", "1.1", "1.2", "1.3"],
  scmMinTlsVersion: ["1.0", "1.1", "1.2", "1.3"],
  ftpsState: ["AllAllowed", "FtpsOnly", "Disabled"],
};

/** Refuses settings that a site cannot have: values that nobody knows, a runtime that the plan cannot run, Always On where it is not offered. */
export function checkConfig(world: World, site: Pick<Resource, "properties">, config: JsonObject): void {
  for (const [member, known] of Object.entries(enums)) {
    const value = textAt(config, member);
    if (value !== undefined && !known.includes(value)) throw invalidParameter(member);
  }
  const plan = planOf(world, site);
  const runtime = textAt(config, "linuxFxVersion") ?? "";
  const onWindows = plan !== undefined && plan.properties["reserved"] !== true;
  if (runtime !== "" && (onWindows || !isOffered(runtime))) throw invalidParameter("linuxFxVersion");
  if (config["alwaysOn"] !== true || tierOfPlan(plan)?.alwaysOn !== false) return;
  const message =
    "There was a conflict. AlwaysOn cannot be set for this site as the plan does not allow it. For more information on pricing and features, please see: https://aka.ms/appservicepricingdetails";
  throw webError(409, "Conflict", message);
}

function isOffered(runtime: string): boolean {
  const [stack = "", ...version] = runtime.split("|");
  return stacks[stack.toUpperCase()]?.test(version.join("|")) ?? false;
}

/** The 400 of App Service for a value that it does not take; for a Linux runtime also when the plan is one of Windows. */
export function invalidParameter(member: string): Error {
  const parameter = member.charAt(0).toUpperCase() + member.slice(1);
  return webError(400, "BadRequest", `The parameter ${parameter} has an invalid value.`, "01007");
}

/** Refuses one more slot than the plan's tier has. */
export function checkSlotCount(world: World, slot: Resource["id"], plan: Resource | undefined): void {
  const tier = tierOfPlan(plan);
  if (!tier) return;
  const [siteName = ""] = slot.names;
  const siblings = world.store
    .ofType("Microsoft.Web/sites/slots")
    .filter(
      (one) => one.id.names[0]?.toLowerCase() === siteName.toLowerCase() && nameOf(one.id).toLowerCase() !== nameOf(slot).toLowerCase(),
    );
  if (siblings.length < tier.slots) return;
  throw webError(
    409,
    "Conflict",
    `Cannot complete the operation because the site will exceed the number of slots allowed for the '${tier.tier}' SKU.`,
  );
}
