import { afterAll, expect, test } from "vitest";
import { type ArmId, armId, groupScope } from "../../src/api/arm-id.ts";
import type { AzurePort, AzureRequest } from "../../src/reconcile/ports.ts";
import type { Azure, JsonValue } from "../azure/azure.ts";
import { comparable } from "../azure/azure-state.ts";
import { openSimulatedAzure } from "../azure-client/simulated-azure.ts";
import { inProcess } from "../contract/in-process.ts";
import { gatewayOver } from "./gateway-over.ts";
import { WorldAzure } from "../world/azure.ts";
import { WorldClock } from "../world/clock.ts";
import { NO_FAULTS } from "../world/faults.ts";
import { Chance } from "../world/random.ts";

/** An Azure and the way to it: the real one of these tests is HTTPS with logins, the others are fakes of that way. */
interface AzureUnderTest {
  readonly azure: Azure;
  readonly port: AzurePort;
  readonly advance: (ms: number) => Promise<void>;
  close(): Promise<void>;
}

const GROUP = "rg";
const ever = new AbortController().signal;
const at = (apiVersion: string, more: Partial<AzureRequest> = {}): AzureRequest => ({ apiVersion, credential: "shared", signal: ever, ...more });
const MSI = at("2024-11-30");
const MACHINE = at("2024-07-01");

async function overHttps(): Promise<AzureUnderTest> {
  const { azure, clock, gateway, close } = await openSimulatedAzure();
  azure.portal.createResourceGroup(azure.subscriptionIds[0] ?? "", GROUP, "westeurope");
  return { azure, port: gateway, advance: async (ms) => clock.advance(ms), close };
}

async function ofTheSweep(): Promise<AzureUnderTest> {
  const { bench, httpClient } = inProcess();
  return { azure: bench.azure, port: gatewayOver(bench, httpClient), advance: async (ms) => bench.clock.advance(ms), close: () => bench.stop() };
}

async function ofAWorld(): Promise<AzureUnderTest> {
  const clock = new WorldClock();
  const world = new WorldAzure({ clock, chance: new Chance(1), habits: new Chance(2), faults: NO_FAULTS, trace: () => undefined });
  const port = world.gateway(() => true).azure;
  return { azure: world.simulator, port: onClock(port, clock), advance: (ms) => clock.advance(ms), close: async () => undefined };
}

/** Each request takes some of the world's time, which somebody has to let pass. */
function onClock(port: AzurePort, clock: WorldClock): AzurePort {
  const during = async <Answer>(asked: Promise<Answer>): Promise<Answer> => {
    const state = { isAnswered: false };
    const settled = asked.finally(() => (state.isAnswered = true));
    settled.catch(() => undefined);
    while (!state.isAnswered) await clock.advance(50);
    return settled;
  };
  return {
    ...port,
    read: (...call) => during(port.read(...call)),
    put: (...call) => during(port.put(...call)),
    patch: (...call) => during(port.patch(...call)),
    delete: (...call) => during(port.delete(...call)),
    list: (...call) => during(port.list(...call)),
    readAction: (...call) => during(port.readAction(...call)),
    act: (...call) => during(port.act(...call)),
  };
}

/** What the engine asks of Azure, and what it is told; what is drawn by whose it is. */
async function transcript({ azure, port, advance }: AzureUnderTest): Promise<readonly string[]> {
  const [subscriptionId = ""] = azure.subscriptionIds;
  const id = (type: string, ...names: readonly string[]): ArmId => {
    const [provider = "", ...types] = type.split("/");
    return armId({ subscriptionId, resourceGroup: GROUP, provider, types, names });
  };
  const told: string[] = [];
  const note = (answer: unknown) => told.push(comparable(azure)(JSON.parse(JSON.stringify(answer)) as JsonValue).replaceAll(subscriptionId, "sub").replaceAll(azure.tenantId, "tenant").replaceAll(/actor '[^']*'/g, "actor"));
  const one = id("Microsoft.ManagedIdentity/userAssignedIdentities", "one");
  const nowhere = one.replace(`/${GROUP}/`, "/nowhere/") as ArmId;
  note(await port.read(one, MSI));
  note(await port.put(one, { location: "westeurope", tags: { a: "b" } }, MSI));
  note(await port.read(one, MSI));
  note(await port.patch(one, { tags: { c: "d" } }, MSI));
  note(await port.put(nowhere, { location: "westeurope" }, MSI));
  note(await port.read(one, at("2000-01-01")));
  for (let index = 0; index < 3; index += 1) note(await port.put(id("Microsoft.ManagedIdentity/userAssignedIdentities", `more-${index}`), { location: "westeurope" }, MSI));
  note(await port.list(groupScope(subscriptionId, GROUP), "providers/Microsoft.ManagedIdentity/userAssignedIdentities", MSI));
  const machine = id("Microsoft.Compute/virtualMachines", "machine");
  azure.portal.put(machine, { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
  const begun = await port.patch(machine, { identity: { type: "UserAssigned", userAssignedIdentities: { [one]: {} } } }, MACHINE);
  note(begun.is);
  if (begun.is === "running") note((await asked(begun.operation.poll(ever), advance)).is);
  await advance(120_000);
  if (begun.is === "running") note((await asked(begun.operation.poll(ever), advance)).is);
  const missing = id("Microsoft.ManagedIdentity/userAssignedIdentities", "missing");
  const refused = await port.patch(machine, { identity: { type: "UserAssigned", userAssignedIdentities: { [missing]: {} } } }, MACHINE);
  // Which code says so is a habit of a world.
  note(refused.is === "failed" ? refused.failure.class : refused.is);
  for (const fault of [{ do: "break", status: 503, body: "html", effect: "none" }, { do: "reset", effect: "none" }, { do: "gateway-timeout" }] as const) {
    azure.intercept(({ method }) => method === "PATCH", fault);
    note(await port.patch(one, { tags: { e: "f" } }, MSI));
  }
  note(await port.read(one, MSI));
  note(await port.delete(one, MSI));
  note(await port.delete(one, MSI));
  azure.intercept(({ method }) => method === "GET", { do: "throttle", retryAfterSeconds: 9 });
  note(await port.read(one, MSI));
  return told;
}

async function asked<Answer>(answer: Promise<Answer>, advance: (ms: number) => Promise<void>): Promise<Answer> {
  await advance(400);
  return answer;
}

const open: AzureUnderTest[] = [];
afterAll(() => Promise.all(open.map((one) => one.close())));

async function opened(start: () => Promise<AzureUnderTest>): Promise<AzureUnderTest> {
  const one = await start();
  open.push(one);
  return one;
}

test.each([
  ["the crash sweep", ofTheSweep],
  ["a world", ofAWorld],
])("the Azure of %s answers the gateway as the simulator does over HTTPS, through the real SDKs", async (_name, start) => {
  const real = await transcript(await opened(overHttps));
  expect(await transcript(await opened(start))).toEqual(real);
  expect(real.length).toBeGreaterThan(18);
});
