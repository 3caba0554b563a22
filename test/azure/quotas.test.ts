import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { azureInProcess, ManualClock } from "./azure.ts";
import type { AzureInProcess, AzureOptions } from "./azure.ts";
import { codeOf, withBench } from "./raw-client.ts";
import type { RawAnswer } from "./raw-client.ts";

const ENDPOINT = "https://arm.quotas.test";
const [ONE, OTHER] = ["b0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"] as const;
const group = (subscriptionId: string): string => `/subscriptions/${subscriptionId}/resourceGroups/rg`;
const identity = (subscriptionId: string): string => `${group(subscriptionId)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/none`;

/** An Azure that enforces its quotas, without a network: some thousand requests are sent. */
function strictAzure(options: AzureOptions = {}): { readonly azure: AzureInProcess; readonly clock: ManualClock; readonly send: (who: string, method: string, id: string, version?: string) => Promise<number> } {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const azure = azureInProcess({ endpoint: ENDPOINT, clock, subscriptionIds: [ONE, OTHER], settings: { quotas: "enforced" }, ...options });
  azure.grant({ principalId: "*", actions: ["*"], scope: "/" });
  for (const id of [ONE, OTHER]) azure.portal.createResourceGroup(id, "rg", "westeurope");
  const send = async (who: string, method: string, id: string, version = "2023-01-31"): Promise<number> => {
    azure.trust(who, { clientId: `client of ${who}`, principalId: who });
    const answer = await azure.answer({ method, url: `${id}?api-version=${version}`, headers: { authorization: `Bearer ${who}` }, body: Buffer.from("") });
    return answer.is === "reset" ? 0 : answer.status;
  };
  return { azure, clock, send };
}

/** How many requests in a row are taken before one is throttled; at most so many are sent. */
async function taken(send: () => Promise<number>, most: number): Promise<number> {
  for (let number = 0; number < most; number += 1) if ((await send()) === 429) return number;
  return most;
}

describe("quotas of ARM, enforced (arm.md 2.6)", () => {
  it("refuse with 429 and Retry-After until they have filled up", async () => {
    await withBench({ settings: { quotas: "enforced" } }, async (strict) => {
      const remove = (): Promise<RawAnswer> => strict.send("DELETE", `${strict.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x?api-version=2023-01-31`);
      expect(await taken(async () => (await remove()).status, 205)).toBe(200);
      const refused = await remove();
      expect([codeOf(refused), refused.headers["retry-after"]]).toEqual(["SubscriptionRequestsThrottled", "1"]);
      strict.clock.advance(1000);
      expect((await remove()).status).toBe(204);
    });
  });

  it.each([
    { kind: "reads", method: "GET", size: 250, perSecond: 25 },
    { kind: "writes", method: "POST", size: 200, perSecond: 10 },
    { kind: "deletes", method: "DELETE", size: 200, perSecond: 10 },
  ])("have $size $kind for each principal in each subscription, and $perSecond more a second", async ({ method, size, perSecond }) => {
    const { clock, send } = strictAzure();
    const ask = (who: string, subscriptionId: string) => () => send(who, method, identity(subscriptionId));
    expect(await taken(ask("me", ONE), 300)).toBe(size);
    clock.advance(1000);
    expect(await taken(ask("me", ONE), 300)).toBe(perSecond);
    expect([await taken(ask("you", ONE), 300), await taken(ask("me", OTHER), 300)]).toEqual([size, size]);
  });

  it("have buckets of their own for what is of no subscription", async () => {
    const { send } = strictAzure();
    await taken(() => send("me", "GET", identity(ONE)), 300);
    expect(await taken(() => send("me", "GET", "/subscriptions", "2022-12-01"), 300)).toBe(250);
  });

  it("hold all principals of a subscription to fifteen times as many", async () => {
    const { send } = strictAzure();
    const each = await Promise.all(Array.from({ length: 16 }, (_, index) => taken(() => send(`principal ${index}`, "DELETE", identity(ONE)), 201)));
    expect(each.reduce((sum, count) => sum + count, 0)).toBe(15 * 200);
    expect([await send("somebody else", "DELETE", identity(ONE)), await send("somebody else", "DELETE", identity(OTHER))]).toEqual([429, 204]);
  });

  it("have one bucket of all principals for the sites of a subscription, whose header takes the place of the plain one", async () => {
    const { azure, send } = strictAzure();
    const sites = `${group(ONE)}/providers/Microsoft.Web/sites`;
    const mine = await taken(() => send("me", "GET", sites, "2023-12-01"), 600);
    expect([mine, await send("you", "GET", sites, "2023-12-01"), await send("you", "GET", identity(ONE))]).toEqual([500, 429, 404]);
    const answer = await azure.answer({ method: "GET", url: `${sites}?api-version=2023-12-01`, headers: { authorization: "Bearer me" }, body: Buffer.from("") });
    const headers = answer.is === "answer" ? answer.headers : {};
    expect([headers["x-ms-ratelimit-remaining-subscription-resource-requests"], headers["x-ms-ratelimit-remaining-subscription-reads"]]).toEqual(["0", undefined]);
  });
});
