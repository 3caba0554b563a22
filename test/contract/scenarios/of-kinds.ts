import type { JsonObject } from "../../../src/api/json.ts";
import { type Fixture, FIXTURES } from "../fixtures.ts";
import type { Stage } from "../stage.ts";
import type { Scenario } from "./scenario.ts";

const NAME = "scenario-one";
const PAUSED = { "azureidentity.dev/paused": "true" };

/** What is done with an object of any kind. */
const LIVES: readonly { readonly name: string; readonly of: readonly string[]; readonly act: (stage: Stage, fixture: Fixture) => Promise<void> }[] = [
  {
    name: "created, changed, deleted",
    of: ["kinds", "while-away", "round-trip"],
    act: async (stage, fixture) => {
      await created(stage, fixture);
      await stage.apply(fixture.kind, NAME, fixture.edited(stage, NAME));
      await stage.remove(fixture.kind, NAME);
    },
  },
  {
    name: "deleted and made again",
    of: ["again"],
    act: async (stage, fixture) => {
      await created(stage, fixture);
      await stage.remove(fixture.kind, NAME);
      await stage.apply(fixture.kind, NAME, fixture.spec(stage, NAME));
    },
  },
  {
    name: "changed by others, and healed",
    of: ["kinds", "contested"],
    act: async (stage, fixture) => {
      await created(stage, fixture);
      fixture.drift(stage, NAME);
      await stage.look();
    },
  },
  {
    name: "retained",
    of: ["kinds"],
    act: async (stage, fixture) => {
      await created(stage, fixture, { deletionPolicy: "Retain" });
      await stage.remove(fixture.kind, NAME);
    },
  },
  {
    name: "a stranger's",
    of: ["kinds"],
    act: async (stage, fixture) => {
      fixture.prepareOne?.(stage, NAME);
      fixture.stranger(stage, NAME);
      await stage.apply(fixture.kind, NAME, fixture.spec(stage, NAME));
      await stage.remove(fixture.kind, NAME);
    },
  },
  {
    name: "a stranger's, taken over and deleted",
    of: ["kinds"],
    act: async (stage, fixture) => {
      fixture.prepareOne?.(stage, NAME);
      fixture.stranger(stage, NAME);
      await stage.apply(fixture.kind, NAME, { ...fixture.spec(stage, NAME), adoptionPolicy: "IfExists" });
      await stage.apply(fixture.kind, NAME, { ...fixture.spec(stage, NAME), adoptionPolicy: "IfExists", deletionPolicy: "Delete" });
      await stage.remove(fixture.kind, NAME);
    },
  },
  {
    name: "given up to be observed, and deleted",
    of: ["kinds", "sweep"],
    act: async (stage, fixture) => {
      await created(stage, fixture);
      await stage.apply(fixture.kind, NAME, { ...fixture.spec(stage, NAME), managementPolicy: "ObserveOnly" });
      fixture.drift(stage, NAME);
      await stage.look();
      await stage.remove(fixture.kind, NAME);
    },
  },
  {
    name: "deleted while paused, and resumed",
    of: ["kinds"],
    act: async (stage, fixture) => {
      await created(stage, fixture);
      stage.cluster.annotate(fixture.kind, NAME, PAUSED);
      await stage.settle();
      stage.cluster.delete(fixture.kind, NAME);
      await stage.look();
      stage.cluster.annotate(fixture.kind, NAME, {});
      await stage.settle();
    },
  },
  {
    name: "restored without its status, and deleted",
    of: ["lost-holds"],
    act: async (stage, fixture) => {
      await created(stage, fixture);
      stage.cluster.loseStatus(fixture.kind, NAME);
      await stage.restart();
      await stage.remove(fixture.kind, NAME);
    },
  },
];

/** Every life of every kind, and of those that refer to something what comes before it is there. */
export const OF_KINDS: readonly Scenario[] = FIXTURES.flatMap((fixture) => [
  ...LIVES.map(({ name, of, act }): Scenario => ({ name: `${fixture.kind}: ${name}`, of, act: (stage) => act(stage, fixture) })),
  ...(fixture.missing === undefined ? [] : [waiting(fixture, fixture.missing)]),
]);

function waiting(fixture: Fixture, missing: NonNullable<Fixture["missing"]>): Scenario {
  return {
    name: `${fixture.kind}: waits for what it refers to`,
    of: ["kinds"],
    act: async (stage) => {
      fixture.prepareOne?.(stage, NAME);
      await stage.apply(fixture.kind, NAME, missing.spec(stage, NAME));
      await missing.supply(stage, NAME);
      await stage.remove(fixture.kind, NAME);
    },
  };
}

async function created(stage: Stage, fixture: Fixture, more: JsonObject = {}): Promise<void> {
  fixture.prepareOne?.(stage, NAME);
  await stage.apply(fixture.kind, NAME, { ...fixture.spec(stage, NAME), ...more });
}
