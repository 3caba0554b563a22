import { ManagedServiceIdentityClient } from "@azure/arm-msi";
import type { SdkClientOptions, SdkSender } from "./sdk-sender.ts";
import { clientOptionsOf, takeOver } from "./sdk-sender.ts";

const IDENTITY = "microsoft.managedidentity/userassignedidentities";
const CREDENTIAL = `${IDENTITY}/federatedidentitycredentials`;

/** User-assigned identities and their federated credentials through @azure/arm-msi. */
export const MSI_SENDERS: Readonly<Record<string, SdkSender>> = {
  [`GET ${IDENTITY}`]: sending(({ userAssignedIdentities }, group, [name]) => userAssignedIdentities.get(group, name)),
  [`PUT ${IDENTITY}`]: sending(({ userAssignedIdentities }, group, [name]) => userAssignedIdentities.createOrUpdate(group, name, { location: "" })),
  [`PATCH ${IDENTITY}`]: sending(({ userAssignedIdentities }, group, [name]) => userAssignedIdentities.update(group, name, {})),
  [`DELETE ${IDENTITY}`]: sending(({ userAssignedIdentities }, group, [name]) => userAssignedIdentities.delete(group, name)),

  [`GET ${CREDENTIAL}`]: sending(({ federatedIdentityCredentials }, group, [identity, name]) => federatedIdentityCredentials.get(group, identity, name)),
  [`PUT ${CREDENTIAL}`]: sending(({ federatedIdentityCredentials }, group, [identity, name]) =>
    federatedIdentityCredentials.createOrUpdate(group, identity, name, {}),
  ),
  [`DELETE ${CREDENTIAL}`]: sending(({ federatedIdentityCredentials }, group, [identity, name]) => federatedIdentityCredentials.delete(group, identity, name)),
};

type Names = readonly [string, string];

function sending(send: (sdk: ManagedServiceIdentityClient, group: string, names: Names) => Promise<unknown>): SdkSender {
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
