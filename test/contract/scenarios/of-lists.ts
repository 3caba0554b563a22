import { objectAt } from "../../../src/api/json.ts";
import type { IncomingRequest } from "../../azure/azure.ts";
import { type Fixture, FIXTURES } from "../fixtures.ts";
import { at, get, makeIdentity, uai } from "../places.ts";
import type { Stage } from "../stage.ts";
import type { Scenario } from "./scenario.ts";

const IDENTITY = "UserAssignedIdentity";
const SWEEP_SECONDS = 300;

/** A sweep and its jitter, the lag that lists are granted, and the time that a write takes. */
const ONE_SWEEP_MS = (SWEEP_SECONDS * 1.1 + 120 + 60) * 1000;

/** Credentials are listed below their identity, every 6 h. */
const CREDENTIALS_MS = 7 * 3_600_000;

const options: NonNullable<Scenario["options"]> = { workers: 2, policy: { sweepIntervalSeconds: SWEEP_SECONDS } };

/** Kinds whose drift pages show; a WebApp with settings is read by itself. */
const LISTED: readonly Fixture[] = FIXTURES.filter(({ kind }) => kind !== "WebApp");

const healed: readonly Scenario[] = LISTED.map((fixture) => ({
  name: `${fixture.kind}: changed by others, and healed after a page of a list showed it`,
  of: ["sweep"],
  options,
  act: async (stage) => {
    fixture.prepareOne?.(stage, "listed-one");
    await stage.apply(fixture.kind, "listed-one", fixture.spec(stage, "listed-one"));
    await stage.wait(ONE_SWEEP_MS);
    fixture.drift(stage, "listed-one");
    await stage.wait(fixture.kind === "FederatedIdentityCredential" ? CREDENTIALS_MS : 2 * ONE_SWEEP_MS);
    await stage.remove(fixture.kind, "listed-one");
  },
}));

const isPage = ({ method, path }: Pick<IncomingRequest, "method" | "path">): boolean => method === "GET" && /\/(?:resources|userAssignedIdentities)(?:\?|$)/.test(path);

/** Two identities beside those of others: one is changed by others, the other one goes. */
async function disturbed(stage: Stage): Promise<void> {
  for (const name of ["theirs-1", "theirs-2", "theirs-3"]) makeIdentity(stage, name);
  for (const name of ["changed", "missing"]) await stage.apply(IDENTITY, name, { ...at(stage), tags: { team: "web" } });
  await stage.wait(ONE_SWEEP_MS);
  stage.bench.azure.portal.patch(uai(stage, "changed"), { tags: { ...objectAt(get(stage, uai(stage, "changed")), "tags"), team: "nobody" } });
  stage.bench.azure.portal.delete(uai(stage, "missing"));
}

const hindered: readonly Scenario[] = [
  {
    name: "small pages, of which the first is empty, show what differs and what is missing",
    of: ["sweep-hindrances"],
    options: { ...options, azure: { pageSize: 2, switches: { emptyPages: true } } },
    act: async (stage) => {
      await disturbed(stage);
      await stage.wait(2 * ONE_SWEEP_MS);
    },
  },
  {
    name: "objects are read one by one while their list cannot be read",
    of: ["sweep-hindrances"],
    options,
    act: async (stage) => {
      const mend = stage.bench.azure.intercept((request) => isPage(request), { do: "break", status: 503, body: "html", effect: "none" }, { times: 1_000_000 });
      await disturbed(stage);
      await stage.wait(4 * ONE_SWEEP_MS);
      mend();
      await stage.wait(2 * ONE_SWEEP_MS);
    },
  },
];

/** What lists of Azure show, and what becomes of it. */
export const OF_LISTS: readonly Scenario[] = [...healed, ...hindered];
