import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { defaultSwitches, type JsonObject, type Switches } from "../azure/azure.ts";
import { combinedType, MATRIX, type MatrixRow } from "../kinds/host-matrix.ts";
import { attachedTo, givenHost, hostOf, restOf, uai } from "./hosts.ts";
import { habitOf, requestsFor, type Transition } from "./requests.ts";
import { SAMPLES, type HostSample } from "./samples.ts";
import { startStage, type Stage } from "./stage.ts";

let stage: Stage;

const ALLOWED = { allowDisruption: "Restart" };
const declares = (sample: HostSample, ids: readonly string[]): JsonObject => ({ target: { armId: hostOf(stage, sample) }, userAssigned: ids.map((name) => ({ armId: uai(stage, name) })), ...ALLOWED });

function expectRequests(row: MatrixRow, sample: HostSample, change: Transition, switches: Switches): void {
  const made = stage.writesTo(hostOf(stage, sample)).map(({ method, body }) => {
    const { identity, ...rest } = (body ?? {}) as JsonObject;
    return { method, identity: comparable(identity), whole: "location" in rest };
  });
  const wanted = requestsFor(row, change, habitOf(row.type, switches), (name) => uai(stage, name));
  expect(made).toEqual(wanted.map((request) => ({ ...request, identity: comparable(request.identity) })));
}

/** Keys of an identity block compare without case: they are spelled as the host spells them. */
function comparable(identity: unknown): unknown {
  const { type, userAssignedIdentities } = identity as { readonly type: string; readonly userAssignedIdentities?: JsonObject };
  const map = userAssignedIdentities === undefined ? undefined : Object.fromEntries(Object.entries(userAssignedIdentities).map(([key, value]) => [key.toLowerCase(), value]));
  return { type, map };
}

interface Case {
  readonly name: string;
  readonly had: readonly string[];
  readonly system: boolean;
  readonly steps: readonly Step[];
}

interface Step {
  readonly does: readonly ["apply", string, readonly string[]] | readonly ["remove", string];
  readonly change: Omit<Transition, "system">;
  readonly leaves: readonly string[];
}

const alone: Case = {
  name: "attach the first, attach a second, detach one, detach the last",
  had: [],
  system: false,
  steps: [
    { does: ["apply", "a", ["x"]], change: { had: [], attach: "x" }, leaves: ["x"] },
    { does: ["apply", "b", ["y"]], change: { had: ["x"], attach: "y" }, leaves: ["x", "y"] },
    { does: ["remove", "a"], change: { had: ["x", "y"], detach: "x" }, leaves: ["y"] },
    { does: ["remove", "b"], change: { had: ["y"], detach: "y" }, leaves: [] },
  ],
};

const beside: Case = {
  name: "keep somebody's identity and the system-assigned one",
  had: ["f"],
  system: true,
  steps: [
    { does: ["apply", "a", ["x"]], change: { had: ["f"], attach: "x" }, leaves: ["system", "f", "x"] },
    { does: ["remove", "a"], change: { had: ["f", "x"], detach: "x" }, leaves: ["system", "f"] },
  ],
};

const besideForeign: Case = {
  name: "keep somebody's identity",
  had: ["f"],
  system: false,
  steps: [
    { does: ["apply", "a", ["x"]], change: { had: ["f"], attach: "x" }, leaves: ["f", "x"] },
    { does: ["remove", "a"], change: { had: ["f", "x"], detach: "x" }, leaves: ["f"] },
  ],
};

const besideSystem: Case = {
  name: "attach and detach beside a system-assigned identity alone",
  had: [],
  system: true,
  steps: [
    { does: ["apply", "a", ["x"]], change: { had: [], attach: "x" }, leaves: ["system", "x"] },
    { does: ["remove", "a"], change: { had: ["x"], detach: "x" }, leaves: ["system"] },
  ],
};

function casesOf(row: MatrixRow): readonly Case[] {
  if (row.type === "Microsoft.ContainerService/managedClusters" || row.type === "Microsoft.DataFactory/factories") return [];
  return row.combined === "none" ? [alone, besideForeign] : [alone, beside, besideSystem];
}

/** Settings of Azure that no recording decides, and the rows that they concern. */
interface Setting {
  readonly name: string;
  readonly switches: Partial<Switches>;
  readonly concerns: (row: MatrixRow) => boolean;
  /** Whether what stands beside is looked at as well; it does not depend on nulls. */
  readonly isBrief?: true;
}

const everyRow = () => true;
const isUnsettled = ({ patch }: MatrixRow) => patch === "takes";
const isUnproven = ({ type }: MatrixRow) => type.startsWith("Microsoft.Web/") || type === "Microsoft.App/containerApps";
const patchNullKey = (nulls: "rejected" | "ignored") => ({ webPatchNullKey: nulls, containerAppPatchNullKey: nulls, unrecordedPatchNullKey: nulls });

const settings: readonly Setting[] = [
  { name: "as it is likely to be", switches: {}, concerns: everyRow },
  {
    name: "where PATCH replaces, and everything else that is not settled is the other way round",
    switches: {
      webPatchIdentity: "full-map-replaces",
      unrecordedPatchMap: "full-map-replaces",
      containerAppPatchIdentity: "full-map-replaces",
      containerAppJobPatchMap: "full-map-replaces",
      webPutWithoutIdentity: "clears",
      unrecordedPutWithoutIdentity: "clears",
      containerAppPutWithoutIdentity: "keeps",
      containerGroupPutWithoutIdentity: "keeps",
      containerGroupAfterNone: "none-object",
      unrecordedAfterNone: "none-object",
      webIfMatch: "honoured",
      computeIfMatch: "ignored",
      messagingPatchOmissions: "resets",
      springAppLocation: "optional",
      emptyPages: true,
    },
    concerns: everyRow,
  },
  { name: "where PATCH merges and refuses nulls", switches: patchNullKey("rejected"), concerns: isUnsettled, isBrief: true },
  { name: "where PATCH merges and ignores nulls", switches: patchNullKey("ignored"), concerns: isUnsettled, isBrief: true },
  { name: "where PATCH refuses the identity", switches: { webPatchIdentity: "rejected", containerAppPatchIdentity: "rejected" }, concerns: isUnproven },
  { name: "where PATCH ignores the identity", switches: { webPatchIdentity: "ignored", containerAppPatchIdentity: "ignored" }, concerns: isUnproven },
];

describe.each(settings)("Azure $name", ({ switches, concerns, isBrief }) => {
  beforeAll(async () => {
    stage = await startStage(switches);
  });
  afterAll(() => stage.close());
  beforeEach(() => {
    for (const identity of ["f", "x", "y"]) stage.bench.azure.portal.put(uai(stage, identity), {});
  });

  const table = MATRIX.filter(concerns).flatMap((row) => SAMPLES.filter(({ type }) => type === row.type).flatMap((sample) => casesOf(row).slice(0, isBrief ? 1 : undefined).map((each) => ({ type: row.type, name: each.name, row, sample, each }))));

  test.each(table)("$type: $name", async ({ row, sample, each }) => {
    givenHost(stage, sample, { ...each, combined: combinedType(row) });
    const before = restOf(stage, sample);
    for (const { does, change, leaves } of each.steps) {
      stage.bench.azure.clearRequests();
      if (does[0] === "apply") await stage.apply(does[1], declares(sample, does[2]));
      else await stage.remove(does[1]);
      expect(`${stage.state(does[1])} ${stage.message(does[1])}`).toMatch(does[0] === "apply" ? /^True Succeeded / : /^gone /);
      expectRequests(row, sample, { ...change, system: each.system }, { ...defaultSwitches, ...switches });
      expect(attachedTo(stage, sample)).toEqual(leaves);
      stage.bench.azure.clearRequests();
      await stage.look();
      expect(stage.writesTo(hostOf(stage, sample))).toEqual([]);
    }
    expect(restOf(stage, sample)).toEqual(before);
  });
});

test("the simulator has a host of every type of the catalogue", () => {
  expect(MATRIX.filter(({ type }) => !SAMPLES.some((sample) => sample.type === type))).toEqual([]);
});
