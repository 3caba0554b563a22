import type { WebSiteManagementContext } from "@azure/arm-appservice/api";
import { createWebSiteManagement } from "@azure/arm-appservice/api";
import * as plans from "@azure/arm-appservice/api/appServicePlans";
import * as sites from "@azure/arm-appservice/api/webApps";
import type { SdkClientOptions, SdkSender } from "./sdk-sender.ts";
import { clientOptionsOf, takeOver } from "./sdk-sender.ts";

const PLAN = "microsoft.web/serverfarms";
const SITE = "microsoft.web/sites";
const SLOT = `${SITE}/slots`;
const EMPTY = { location: "" };

/**
 * Plans, sites, slots and their settings through @azure/arm-appservice, by the functions of its subpaths: the client class
 * would bring all of App Service along (stack.md 2.2).
 */
export const WEB_SENDERS: Readonly<Record<string, SdkSender>> = {
  [`GET ${PLAN}`]: once((web, group, [plan]) => plans.get(web, group, plan)),
  [`PUT ${PLAN}`]: polled((web, group, [plan]) => plans.createOrUpdate(web, group, plan, EMPTY)),
  [`PATCH ${PLAN}`]: once((web, group, [plan]) => plans.update(web, group, plan, {})),
  [`DELETE ${PLAN}`]: once((web, group, [plan]) => plans.$delete(web, group, plan)),

  [`GET ${SITE}`]: once((web, group, [site]) => sites.get(web, group, site)),
  [`PUT ${SITE}`]: polled((web, group, [site]) => sites.createOrUpdate(web, group, site, EMPTY)),
  [`PATCH ${SITE}`]: once((web, group, [site]) => sites.update(web, group, site, {})),
  [`DELETE ${SITE}`]: once((web, group, [site]) => sites.$delete(web, group, site)),
  [`POST ${SITE}/start`]: once((web, group, [site]) => sites.start(web, group, site)),
  [`POST ${SITE}/stop`]: once((web, group, [site]) => sites.stop(web, group, site)),
  [`POST ${SITE}/config/appsettings/list`]: once((web, group, [site]) => sites.listApplicationSettings(web, group, site)),
  [`PUT ${SITE}/config/appsettings`]: once((web, group, [site]) => sites.updateApplicationSettings(web, group, site, {})),
  [`GET ${SITE}/config/slotconfignames`]: once((web, group, [site]) => sites.listSlotConfigurationNames(web, group, site)),
  [`PUT ${SITE}/config/slotconfignames`]: once((web, group, [site]) => sites.updateSlotConfigurationNames(web, group, site, {})),

  [`GET ${SLOT}`]: once((web, group, [site, slot]) => sites.getSlot(web, group, site, slot)),
  [`PUT ${SLOT}`]: polled((web, group, [site, slot]) => sites.createOrUpdateSlot(web, group, site, slot, EMPTY)),
  [`PATCH ${SLOT}`]: once((web, group, [site, slot]) => sites.updateSlot(web, group, site, slot, {})),
  [`DELETE ${SLOT}`]: once((web, group, [site, slot]) => sites.deleteSlot(web, group, site, slot)),
  [`POST ${SLOT}/start`]: once((web, group, [site, slot]) => sites.startSlot(web, group, site, slot)),
  [`POST ${SLOT}/stop`]: once((web, group, [site, slot]) => sites.stopSlot(web, group, site, slot)),
  [`POST ${SLOT}/config/appsettings/list`]: once((web, group, [site, slot]) => sites.listApplicationSettingsSlot(web, group, site, slot)),
  [`PUT ${SLOT}/config/appsettings`]: once((web, group, [site, slot]) => sites.updateApplicationSettingsSlot(web, group, site, slot, {})),
};

type Names = readonly [string, string];

/** A poller of the SDK, as far as it is used. It is thenable: awaiting it, or returning it from an async function, polls to the end. */
interface Poller {
  submitted(): Promise<void>;
  poll(): Promise<unknown>;
}

function once(send: (web: WebSiteManagementContext, group: string, names: Names) => Promise<unknown>): SdkSender {
  return async (options, { resourceGroup, names: [first = "", second = ""] }) => {
    await send(contextOf(options), resourceGroup, [first, second]);
    return undefined;
  };
}

function polled(send: (web: WebSiteManagementContext, group: string, names: Names) => Poller): SdkSender {
  return async (options, { resourceGroup, names: [first = "", second = ""] }) => {
    const poller = send(contextOf(options), resourceGroup, [first, second]);
    await poller.submitted();
    return () => poller.poll();
  };
}

function contextOf(options: SdkClientOptions): WebSiteManagementContext {
  const context = createWebSiteManagement(options.credential, options.subscriptionId, clientOptionsOf(options));
  takeOver(context.pipeline, options);
  return context;
}
