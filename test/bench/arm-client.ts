import { Agent, type Dispatcher, request } from "undici";
import { textAt } from "../azure/kernel/json.ts";
import type { JsonObject } from "../azure/azure.ts";
import { secretForm } from "../azure/raw-client.ts";
import { identityId } from "../e2e/objects.ts";
import type { Stage } from "../e2e/stage.ts";
import { inParallel } from "./parallel.ts";

const API_VERSION = "2024-11-30";

/** Reads every identity once, 32 at a time, as a principal of its own: what the simulator alone allows. */
export async function readAlone(stage: Stage, names: readonly string[]): Promise<void> {
  const { azure } = stage;
  const dispatcher = new Agent({ connect: { ca: azure.caPem } });
  try {
    const authorization = `Bearer ${await logIn(stage, dispatcher)}`;
    await inParallel(names, async (name) => {
      const answer = await request(`${azure.endpoint}${identityId(name)}?api-version=${API_VERSION}`, { dispatcher, headers: { authorization } });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`cannot read ${name}: the simulator answered ${answer.statusCode}: ${text}`);
    });
  } finally {
    await dispatcher.destroy();
  }
}

async function logIn({ azure }: Stage, dispatcher: Dispatcher): Promise<string> {
  const secret = crypto.randomUUID();
  const { clientId, principalId } = azure.registerPrincipal({ name: "bench", secret });
  azure.grant({ principalId, actions: ["*"], scope: "/" });
  const body = new URLSearchParams(secretForm(clientId, secret)).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await request(`${azure.authorityHost}/${azure.tenantId}/oauth2/v2.0/token`, { dispatcher, method: "POST", headers, body });
  return textAt((await answer.body.json()) as JsonObject, "access_token") ?? "";
}
