import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AdvancingClock, defaultSettings, defaultSwitches } from "./azure.ts";
import type { AzureOptions, JsonObject } from "./azure.ts";
import { objectsAt, textAt } from "./kernel/json.ts";
import { switchValues } from "./kernel/switch-values.ts";
import { codeOf, secretForm, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const KEY = randomUUID();
const controlled = (on: Bench, method: string, path: string, body?: JsonObject): Promise<RawAnswer> =>
  on.send(method, `/simulator/${path}`, { token: null, headers: { "x-simulator-key": KEY }, ...(body === undefined ? {} : { body }) });

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ controlKey: KEY, switches: { roleAssignmentRepeatStatus: 200 }, settings: { listLagSeconds: 3 } });
});
beforeEach(async () => {
  for (const plane of ["settings", "switches"]) await controlled(bench, "DELETE", plane);
});
afterAll(() => bench.stop());

const control = (method: string, path: string, body?: JsonObject): Promise<RawAnswer> => controlled(bench, method, path, body);
const identities = (): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`;

describe("settings and switches over HTTP", () => {
  it("are all there, and go back to what they were at the start", async () => {
    expect(Object.keys((await control("GET", "settings")).body).toSorted()).toEqual(Object.keys(defaultSettings).toSorted());
    expect(Object.keys((await control("GET", "switches")).body).toSorted()).toEqual(Object.keys(defaultSwitches).toSorted());
    const changed = await control("PATCH", "settings", { listLagSeconds: 9, quotas: "enforced" });
    expect([changed.status, changed.body["listLagSeconds"], changed.body["quotas"]]).toEqual([200, 9, "enforced"]);
    expect((await control("DELETE", "settings")).body).toMatchObject({ listLagSeconds: 3, quotas: "shown" });
    expect((await control("PATCH", "switches", { roleAssignmentRepeatStatus: 201 })).body["roleAssignmentRepeatStatus"]).toBe(201);
    expect((await control("DELETE", "switches")).body["roleAssignmentRepeatStatus"]).toBe(200);
  });

  it("take every value of every switch, and every kind of setting", async () => {
    for (const [name, values] of Object.entries(switchValues)) {
      for (const value of values) expect((await control("PATCH", "switches", { [name]: value })).body[name]).toBe(value);
    }
    const settings = JSON.parse(JSON.stringify({ ...defaultSettings, appServiceLimits: [{ location: "westeurope", tier: "Basic", because: "quota" }], containerGroupLimits: [{ location: "westeurope", because: "not-available" }] })) as JsonObject;
    expect((await control("PATCH", "settings", settings)).body).toEqual(settings);
  });

  it.each([
    { plane: "settings", name: "an unknown one", body: { listLag: 5 } },
    { plane: "settings", name: "a value of another kind", body: { listLagSeconds: "5" } },
    { plane: "switches", name: "an unknown one", body: { webPatch: "rejected" } },
    { plane: "switches", name: "a value that it does not have", body: { webPatchIdentity: "refused" } },
    { plane: "clock", name: "a step back", body: { advanceSeconds: -1 } },
  ])("$plane refuse $name", async ({ plane, body }) => {
    const answer = await control(plane === "clock" ? "POST" : "PATCH", plane, body);
    expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidControl"]);
  });

  it.each(["settings", "switches", "clock"])("%s know no PUT", async (plane) => {
    expect([(await control("PUT", plane, {})).status, (await control("GET", `${plane}/x`)).status]).toEqual([405, 404]);
  });

  it("have their effect at once: pages, and what a star between slashes stands for", async () => {
    for (const name of ["one", "two"]) await bench.send("PUT", `${identities()}/${name}?api-version=2023-01-31`, { body: { location: "westeurope" } });
    bench.clock.advance(3000);
    await control("PATCH", "settings", { pageSize: 1 });
    await control("PATCH", "switches", { emptyPages: true });
    const { body } = await bench.send("GET", `${identities()}?api-version=2023-01-31`);
    expect([objectsAt(body, "value"), body["nextLink"]]).toEqual([[], expect.any(String)]);
    expect(objectsAt((await bench.send("GET", textAt(body, "nextLink") ?? "")).body, "value")).toHaveLength(1);
    // Managed Identity Operator has userAssignedIdentities/*/read, and userAssignedIdentities/read is asked for (arm.md 16).
    const token = await operatorToken();
    const read = async (): Promise<number> => (await bench.send("GET", `${identities()}/one?api-version=2023-01-31`, { token })).status;
    expect(await read()).toBe(200);
    await control("PATCH", "switches", { roleWildcardSegment: "not-empty" });
    expect(await read()).toBe(403);
  });
});

async function operatorToken(): Promise<string> {
  const { clientId, principalId } = bench.azure.registerPrincipal({ name: "operator", secret: "o" });
  const roleDefinitionId = `${bench.subscription}/providers/Microsoft.Authorization/roleDefinitions/f1a07417-d97a-45cb-824c-7a7467783830`;
  const body = { properties: { roleDefinitionId, principalId, principalType: "ServicePrincipal" } };
  expect((await bench.send("PUT", `${bench.group}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`, { body })).status).toBe(201);
  return textAt((await bench.logIn(secretForm(clientId, "o"))).body, "access_token") ?? "";
}

describe("the clock over HTTP", () => {
  it("is shown, and can be put ahead", async () => {
    const startMs = bench.clock.now();
    expect((await control("POST", "clock", { advanceSeconds: 60 })).body["now"]).toBe(new Date(startMs + 60_000).toISOString());
    expect((await control("GET", "clock")).body["now"]).toBe(new Date(startMs + 60_000).toISOString());
  });

  it.each([
    { name: "of a process of its own", options: () => ({ clock: new AdvancingClock() }), status: 200 },
    { name: "of the machine", options: () => ({ clock: { now: () => Date.now() } }), status: 409 },
  ] satisfies readonly { name: string; options: () => AzureOptions; status: number }[])("$name, while a request waits: $status", async ({ options, status }) => {
    await withBench({ controlKey: KEY, ...options() }, async (on) => {
      on.azure.intercept(({ method }) => method === "GET", { do: "delay", ms: status === 200 ? 1_800_000 : 1 });
      const delayed = on.send("GET", `${on.group}?api-version=2021-04-01`);
      while (on.azure.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
      expect((await controlled(on, "POST", "clock", { advanceSeconds: 1801 })).status).toBe(status);
      expect((await delayed).status).toBe(200);
    });
  });
});
