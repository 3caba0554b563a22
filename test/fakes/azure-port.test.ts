import { beforeAll, describe, expect, test } from "vitest";
import type { AzurePort } from "../../src/reconcile/ports.ts";
import { openSimulatedAzure } from "../azure-client/simulated-azure.ts";
import { FleetAzure } from "../bench/fleet/fleet-azure.ts";
import { inProcess } from "../contract/in-process.ts";
import { ManualClock } from "../azure/azure.ts";
import { ApiServer } from "../world/api-server.ts";
import { WorldAzure } from "../world/azure.ts";
import { WorldClock } from "../world/clock.ts";
import { NO_FAULTS } from "../world/faults.ts";
import { Chance } from "../world/random.ts";
import { credentialsOf } from "../world/tokens.ts";
import { type AzureUnderTest, GROUP, STORIES, told } from "./azure-port.ts";
import { gatewayOver } from "./gateway-over.ts";

async function overHttps(): Promise<AzureUnderTest> {
  const { azure, clock, gateway, principalId, close } = await openSimulatedAzure();
  azure.portal.createResourceGroup(azure.subscriptionIds[0] ?? "", GROUP, "westeurope");
  return { azure, port: gateway, principalId, advance: async (ms) => clock.advance(ms), close };
}

async function ofTheSweep(): Promise<AzureUnderTest> {
  const { bench, httpClient } = inProcess();
  return { azure: bench.azure, port: gatewayOver(bench, httpClient), principalId: bench.principal.principalId, advance: async (ms) => bench.clock.advance(ms), close: () => bench.stop() };
}

async function ofAWorld(): Promise<AzureUnderTest> {
  const clock = new WorldClock();
  const world = new WorldAzure({ clock, chance: new Chance(1), habits: new Chance(2), faults: NO_FAULTS, trace: () => undefined });
  const port = world.gateway({ isAlive: () => true, mayEnd: () => undefined }, credentialsOf({ api: new ApiServer(clock.now), clock, issue: world.issue })).azure;
  return { azure: world.simulator, port: onClock(port, clock), principalId: "d0000000-0000-4000-8000-000000000001", advance: (ms) => clock.advance(ms), close: async () => undefined };
}

async function ofAFleet(): Promise<AzureUnderTest> {
  const clock = new ManualClock();
  const fleet = new FleetAzure(clock);
  fleet.simulator.portal.createResourceGroup(fleet.simulator.subscriptionIds[0] ?? "", GROUP, "westeurope");
  return { azure: fleet.simulator, port: fleet.gateway().azure, principalId: "d0000000-0000-4000-8000-000000000001", advance: async (ms) => clock.advance(ms), close: async () => undefined };
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
    read: (...call) => during(port.read(...call)),
    put: (...call) => during(port.put(...call)),
    patch: (...call) => during(port.patch(...call)),
    delete: (...call) => during(port.delete(...call)),
    list: (...call) => during(port.list(...call)),
    page: (...call) => during(port.page(...call)),
    readAction: (...call) => during(port.readAction(...call)),
    act: (...call) => during(port.act(...call)),
    roleDefinition: (...call) => during(port.roleDefinition(...call)),
    groupLocation: (...call) => during(port.groupLocation(...call)),
  };
}

const fakes = [
  ["the crash sweep", ofTheSweep],
  ["a world", ofAWorld],
  ["the bench's fleet", ofAFleet],
] as const;

async function transcript(open: () => Promise<AzureUnderTest>, story: (typeof STORIES)[string]): Promise<readonly string[]> {
  const under = await open();
  try {
    return await told(under, story);
  } finally {
    await under.close();
  }
}

describe.each(Object.entries(STORIES))("%s", (_title, story) => {
  let real: readonly string[];
  beforeAll(async () => {
    real = await transcript(overHttps, story);
  });

  test.each(fakes)("the Azure of %s answers the gateway as the simulator does over HTTPS", async (_name, open) => {
    expect(real.length).toBeGreaterThan(0);
    expect(await transcript(open, story)).toEqual(real);
  });
});
