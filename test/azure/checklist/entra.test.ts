import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textAt } from "../kernel/json.ts";
import { assertionForm, issuerAt } from "../raw-client.ts";
import type { Issuer, RawAnswer } from "../raw-client.ts";
import { openScene, propertyText, told } from "./scene.ts";
import type { Scene } from "./scene.ts";

const MISSED_SECONDS = 60;
let on: Scene;
let cluster: Issuer;
beforeAll(async () => {
  cluster = await issuerAt("https://cluster.example");
  const { jwks } = cluster;
  on = await openScene({ jwksOf: jwks, tokenLifetimeSeconds: 86_400, settings: { federatedCredentialDelaySeconds: 10, federatedMissCacheSeconds: MISSED_SECONDS } });
});
afterAll(() => on.stop());

const federate = (name: string, subject: string): Promise<RawAnswer> =>
  on.ask("PUT", `${on.identity(name)}/federatedIdentityCredentials/one`, { properties: { issuer: cluster.url, subject, audiences: ["api://AzureADTokenExchange"] } });

async function exchange(name: string, claims: Parameters<Issuer["token"]>[0]): Promise<RawAnswer> {
  const clientId = propertyText(await on.show(on.identity(name)), "clientId");
  return on.logIn(assertionForm(clientId, await cluster.token(claims, on.clock.now())));
}

const errorOf = (answer: RawAnswer): unknown => (answer.status === 200 ? 200 : (answer.body["error_codes"] as readonly unknown[])[0]);

describe("17.21 Entra: federated assertions, caches, lifetimes (arm.md 4, 3.4)", () => {
  it.each([
    { name: "another issuer", claims: { sub: "known", iss: "https://other.example" }, error: 700211 },
    { name: "another subject", claims: { sub: "unknown" }, error: 700213 },
    { name: "another audience", claims: { sub: "known", aud: "api://other" }, error: 700212 },
    { name: "a token of Entra itself", claims: { sub: "known", iss: "https://sts.windows.net/x/" }, error: 700222 },
    { name: "the right ones", claims: { sub: "known" }, error: 200 },
  ])("$name: $error", async ({ claims, error }) => {
    await federate("errors", "known");
    on.clock.advance(10_000);
    expect(errorOf(await exchange("errors", claims))).toBe(error);
  });

  it("a new credential is not seen for some seconds (AADSTS70021)", async () => {
    await federate("late", "late");
    on.clock.advance(9000);
    expect(errorOf(await exchange("late", { sub: "late" }))).toBe(70021);
  });

  it("a miss is remembered, although the credential can be seen by now", async () => {
    await federate("missed", "other");
    expect(errorOf(await exchange("missed", { sub: "wanted" }))).toBe(700213);
    await federate("missed", "wanted");
    on.clock.advance(30_000);
    expect(errorOf(await exchange("missed", { sub: "wanted" }))).toBe(700213);
    on.clock.advance(30_000);
    expect(errorOf(await exchange("missed", { sub: "wanted" }))).toBe(200);
  });

  it("a token of a deleted identity stays valid until it expires, and no new one is given", async () => {
    await federate("deleted", "worker");
    on.clock.advance(10_000);
    const answer = await exchange("deleted", { sub: "worker" });
    const id = on.identity("deleted");
    on.azure.grant({ principalId: propertyText(await on.show(id), "principalId"), actions: ["*/read"], scope: on.group });
    const token = textAt(answer.body, "access_token") ?? "";
    const clientId = propertyText(await on.show(id), "clientId");
    await on.ask("DELETE", id);
    const read = (): Promise<RawAnswer> => on.send("GET", `${on.group}?api-version=2021-04-01`, { token });
    expect([answer.body["expires_in"], (await read()).status]).toEqual([86_400, 200]);
    expect(errorOf(await on.logIn(assertionForm(clientId, await cluster.token({ sub: "worker" }, on.clock.now()))))).toBe(700016);
    on.clock.advance(86_400_000);
    expect(told(await read())).toEqual([401, "ExpiredAuthenticationToken"]);
  });
});
