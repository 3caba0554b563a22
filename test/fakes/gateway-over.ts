import type { HttpClient } from "@azure/core-rest-pipeline";
import { createAzure } from "../../src/azure/gateway.ts";
import type { AzurePort } from "../../src/reconcile/ports.ts";
import type { Bench } from "../azure/raw-client.ts";

/** The real gateway over a way to an Azure. */
export function gatewayOver({ azure, clock, token: text }: Bench, httpClient: HttpClient): AzurePort {
  const token = { token: text, expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
  const credential = () => ({ getToken: () => Promise.resolve(token), renew: () => Promise.resolve(token) });
  return createAzure({ endpoint: azure.endpoint, httpClient, credential, clock, userAgent: "azid/test" });
}
