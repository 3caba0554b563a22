import type { HttpClient } from "@azure/core-rest-pipeline";
import { askedInProcess } from "../azure-client/without-network.ts";
import { azureInProcess, ManualClock } from "../azure/azure.ts";
import type { AzureOptions } from "../azure/azure.ts";
import type { Bench } from "../azure/raw-client.ts";
import type { StageOptions } from "./stage.ts";

const ENDPOINT = "https://arm.sweep.test";
const TOKEN = "the token of the sweep";

/** A simulator without a network, which costs nothing to start: for what is run some thousand times. Nobody logs in there. */
export function inProcess(options: Partial<AzureOptions> = {}): NonNullable<StageOptions["place"]> {
  const clock = new ManualClock(Date.UTC(2026, 5, 1, 12));
  const azure = azureInProcess({ ...options, clock, endpoint: ENDPOINT });
  const principal = azure.registerPrincipal({ name: "tester", secret: "a secret of a test" });
  azure.trust(TOKEN, principal);
  azure.grant({ principalId: principal.principalId, actions: ["*"], scope: "/" });
  const subscription = `/subscriptions/${azure.subscriptionIds[0] ?? ""}`;
  azure.portal.createResourceGroup(azure.subscriptionIds[0] ?? "", "rg", "westeurope");
  const nobody = () => Promise.reject(new Error("there is no network here"));
  const bench: Bench = { azure, clock, principal, token: TOKEN, subscription, group: `${subscription}/resourceGroups/rg`, send: nobody, logIn: nobody, stop: () => azure.stop() };
  const httpClient: HttpClient = { sendRequest: (request) => askedInProcess(azure, request) };
  return { bench, httpClient };
}
