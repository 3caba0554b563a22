import type { AzurePort, AzureWrite } from "../reconcile/ports.ts";

const NOT_HELD: AzureWrite = {
  is: "failed",
  failure: { class: "unavailable", code: "LeaseNotHeld", message: "this replica does not hold the Lease any more: the one that holds it goes on" },
};

/**
 * Azure without writes as soon as the Lease is not held. A process that was stopped for a while, and wakes in the middle of a pass,
 * has no timer that would have told it.
 */
export function fenced(azure: AzurePort, isHeld: () => boolean): AzurePort {
  const write = async (make: () => Promise<AzureWrite>): Promise<AzureWrite> => (isHeld() ? make() : NOT_HELD);
  return {
    read: (id, request) => azure.read(id, request),
    put: (id, body, request) => write(() => azure.put(id, body, request)),
    patch: (id, body, request) => write(() => azure.patch(id, body, request)),
    delete: (id, request) => write(() => azure.delete(id, request)),
    readAction: (id, action, request) => azure.readAction(id, action, request),
    act: (id, action, body, request) => write(() => azure.act(id, action, body, request)),
    list: (parent, collection, request) => azure.list(parent, collection, request),
    page: (parent, collection, request) => azure.page(parent, collection, request),
    roleDefinition: (scope, by, request) => azure.roleDefinition(scope, by, request),
    groupLocation: (subscriptionId, resourceGroup, request) => azure.groupLocation(subscriptionId, resourceGroup, request),
  };
}
