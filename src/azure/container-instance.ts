import type { ContainerGroups } from "@azure/arm-containerinstance";
import { ContainerInstanceManagementClient } from "@azure/arm-containerinstance";
import type { SdkClientOptions, SdkSender } from "./sdk-sender.ts";
import { clientOptionsOf, takeOver } from "./sdk-sender.ts";

const GROUP = "microsoft.containerinstance/containergroups";

/**
 * Container groups through @azure/arm-containerinstance: an SDK of the old generation, whose `begin…` resolves only after a
 * first question, and whose pollers are of another kind than those of App Service (stack.md 9.9).
 */
export const CONTAINER_INSTANCE_SENDERS: Readonly<Record<string, SdkSender>> = {
  [`GET ${GROUP}`]: async (options, { resourceGroup, names: [name = ""] }) => {
    await groupsOf(options).get(resourceGroup, name);
    return undefined;
  },
  [`PUT ${GROUP}`]: async (options, { resourceGroup, names: [name = ""] }) => {
    const poller = await groupsOf(options).beginCreateOrUpdate(resourceGroup, name, { osType: "Linux", containers: [] });
    return () => poller.poll();
  },
  [`PATCH ${GROUP}`]: async (options, { resourceGroup, names: [name = ""] }) => {
    await groupsOf(options).update(resourceGroup, name, {});
    return undefined;
  },
  [`DELETE ${GROUP}`]: async (options, { resourceGroup, names: [name = ""] }) => {
    const poller = await groupsOf(options).beginDelete(resourceGroup, name);
    return () => poller.poll();
  },
};

function groupsOf(options: SdkClientOptions): ContainerGroups {
  const sdk = new ContainerInstanceManagementClient(options.credential, options.subscriptionId, clientOptionsOf(options));
  takeOver(sdk.pipeline, options);
  return sdk.containerGroups;
}
