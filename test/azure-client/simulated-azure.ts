import { armId } from "../../src/api/arm-id.ts";
import type { ArmId } from "../../src/api/arm-id.ts";
import type { JsonObject } from "../../src/api/json.ts";
import { CachedCredential } from "../../src/azure/credentials.ts";
import { createAzure } from "../../src/azure/gateway.ts";
import type { Azure as Gateway } from "../../src/azure/gateway.ts";
import { ARM_TIMEOUT_MS } from "../../src/azure/pipeline.ts";
import { TOKEN_TIMEOUT_MS, tokenSource } from "../../src/azure/token-sources.ts";
import { createTransport } from "../../src/azure/transport.ts";
import type { RequestObservation } from "../../src/azure/transport.ts";
import { ManualClock, startAzure } from "../azure/azure.ts";
import type { Azure, AzureOptions } from "../azure/azure.ts";

/** The gateway over a simulated Azure whose time stands still. */
export interface SimulatedAzure {
  readonly azure: Azure;
  readonly clock: ManualClock;
  readonly gateway: Gateway;
  /** The object id of the gateway's principal. */
  readonly principalId: string;
  /** What the transport told of each request. */
  readonly observed: readonly RequestObservation[];
  /** An id in the resource group `g`, which exists; `type` with its namespace. */
  readonly idOf: (type: string, ...names: readonly string[]) => ArmId;
  /** `METHOD last-segment status` of each request to ARM since the last clear. */
  readonly lines: () => readonly string[];
  readonly close: () => Promise<void>;
}

const SECRET = "a secret of a test";

/** Starts a simulator in which the gateway's principal may do everything, and a gateway over it. */
export async function openSimulatedAzure(options: Omit<AzureOptions, "clock"> = {}): Promise<SimulatedAzure> {
  const clock = new ManualClock();
  const azure = await startAzure({ ...options, clock });
  const [subscriptionId = ""] = azure.subscriptionIds;
  azure.portal.createResourceGroup(subscriptionId, "g", "westeurope");
  const { clientId, principalId } = azure.registerPrincipal({ name: "operator", secret: SECRET });
  azure.setPermissions([{ principalId, actions: ["*"], scope: "/" }]);
  const observed: RequestObservation[] = [];
  const transport = createTransport({ clock, caPem: azure.caPem, onRequest: (observation) => observed.push(observation) });
  const settings = { kind: "client-secret", tenantId: azure.tenantId, clientId, clientSecret: SECRET } as const;
  const source = tokenSource(settings, { authorityHost: azure.authorityHost, httpClient: transport.client(TOKEN_TIMEOUT_MS), clock });
  const credential = new CachedCredential({ source, clock, random: () => 0.5 });
  const gateway = createAzure({
    endpoint: azure.endpoint,
    httpClient: transport.client(ARM_TIMEOUT_MS),
    credential: () => credential,
    clock,
    userAgent: "azid/test",
    correlationId: () => "pass-1",
  });
  return {
    azure,
    clock,
    gateway,
    principalId,
    observed,
    idOf: (type, ...names) => {
      const [provider = "", ...types] = type.split("/");
      return armId({ subscriptionId, resourceGroup: "g", provider, types, names });
    },
    lines: () => azure.requests.filter(({ type }) => type !== "entra").map(({ method, path, status }) => `${method} ${path.split("/").at(-1) ?? ""} ${status}`),
    close: async () => {
      await transport.close();
      await azure.stop();
    },
  };
}

/** The body of a read that found something; throws for any other. */
export function found(read: { readonly is: string; readonly body?: JsonObject }): JsonObject {
  if (read.is !== "found" || read.body === undefined) throw new Error(`the read is ${read.is}`);
  return read.body;
}
