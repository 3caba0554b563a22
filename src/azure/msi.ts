import { ManagedServiceIdentityClient } from "@azure/arm-msi";
import type { SdkClientOptions, SdkSender } from "./sdk-sender.ts";
import { clientOptionsOf, takeOver } from "./sdk-sender.ts";

const IDENTITY = "microsoft.managedidentity/userassignedidentities";
const CREDENTIAL = `${IDENTITY}/federatedidentitycredentials`;

/** User-assigned identities and their federated credentials through @azure/arm-msi. */
export const MSI_SENDERS: Readonly<Record<string, SdkSender>> = {
  [`GET ${IDENTITY}`]: once(({ userAssignedIdentities: all }, group, [name]) => all.get(group, name)),
  [`PUT ${IDENTITY}`]: once(({ userAssignedIdentities: all }, group, [name]) => all.createOrUpdate(group, name, { location: "" })),
  [`PATCH ${IDENTITY}`]: once(({ userAssignedIdentities: all }, group, [name]) => all.update(group, name, {})),
  [`DELETE ${IDENTITY}`]: once(({ userAssignedIdentities: all }, group, [name]) => all.delete(group, name)),

  [`GET ${CREDENTIAL}`]: once(({ federatedIdentityCredentials: all }, group, [identity, name]) => all.get(group, identity, name)),
  [`PUT ${CREDENTIAL}`]: once(({ federatedIdentityCredentials: all }, group, [identity, name]) => all.createOrUpdate(group, identity, name, {})),
  [`DELETE ${CREDENTIAL}`]: once(({ federatedIdentityCredentials: all }, group, [identity, name]) => all.delete(group, identity, name)),
};

type Names = readonly [string, string];

function once(send: (sdk: ManagedServiceIdentityClient, group: string, names: Names) => Promise<unknown>): SdkSender {
  return async (options, { resourceGroup, names: [first = "", second = ""] }) => {
    await send(clientOf(options), resourceGroup, [first, second]);
    return undefined;
  };
}

function clientOf(options: SdkClientOptions): ManagedServiceIdentityClient {
  const sdk = new ManagedServiceIdentityClient(options.credential, options.subscriptionId, clientOptionsOf(options));
  takeOver(sdk.pipeline, options);
  return sdk;
}
