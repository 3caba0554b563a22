import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { ObjectLives } from "../../src/commands/object-lives.ts";
import type { KubeEvent } from "../../src/reconcile/ports.ts";
import { neverKube } from "../reconcile/never.ts";

const CREATED_MS = Date.UTC(2026, 10, 24, 12);
const told: string[] = [];
const metrics = {
  becameReady: (kind: string, seconds: number) => told.push(`${kind} ready after ${seconds}`),
  gone: (kind: string, seconds: number) => told.push(`${kind} gone after ${seconds}`),
  corrected: (kind: string) => told.push(`${kind} corrected`),
};
let nowMs: number;
let lives: ObjectLives;

beforeEach(() => {
  told.length = 0;
  nowMs = CREATED_MS;
  lives = new ObjectLives(metrics, () => nowMs);
});

interface Looks {
  readonly ready?: string;
  readonly generation?: number;
  readonly deletedAfterMs?: number;
}

function object({ ready, generation = 1, deletedAfterMs }: Looks = {}): KubeObject {
  const deletion = deletedAfterMs === undefined ? {} : { deletionTimestamp: new Date(CREATED_MS + deletedAfterMs).toISOString() };
  const metadata = { name: "web", namespace: "team", uid: "1", resourceVersion: "1", generation, creationTimestamp: new Date(CREATED_MS).toISOString(), ...deletion };
  const condition = { type: "Ready", status: ready, observedGeneration: 1, lastTransitionTime: "", reason: "Any", message: "" };
  return { apiVersion: "azureidentity.dev/v1alpha1", kind: "UserAssignedIdentity", metadata, spec: {}, status: ready === undefined ? {} : { observedGeneration: 1, conditions: [condition] } };
}

describe("the life of an object", () => {
  test("has one time at which it gets ready, and one at which it is gone", () => {
    const looks: readonly Looks[] = [{}, { ready: "Unknown" }, { ready: "True" }, { ready: "False" }, { ready: "True" }, { ready: "True", deletedAfterMs: 30_000 }];
    lives.onChange({ previous: undefined, next: object() });
    for (const [index, after] of looks.slice(1).entries()) {
      nowMs += 4000;
      lives.onChange({ previous: object(looks[index]), next: object(after) });
    }
    nowMs = CREATED_MS + 90_000;
    lives.onChange({ previous: object(looks.at(-1)), next: undefined });
    expect(told).toEqual(["UserAssignedIdentity ready after 8", "UserAssignedIdentity gone after 60"]);
  });

  test("of one that was ready before we came says nothing, nor does one that nobody held", () => {
    lives.onChange({ previous: undefined, next: object({ ready: "True" }) });
    lives.onChange({ previous: object({ ready: "True" }), next: object({ ready: "False" }) });
    lives.onChange({ previous: object({ ready: "False" }), next: object({ ready: "True" }) });
    lives.onChange({ previous: object({ ready: "True" }), next: undefined });
    expect(told).toEqual([]);
  });

  test("is never negative, whatever the clocks say", () => {
    lives.onChange({ previous: undefined, next: object() });
    nowMs -= 60_000;
    lives.onChange({ previous: object(), next: object({ ready: "True" }) });
    expect(told).toEqual(["UserAssignedIdentity ready after 0"]);
  });
});

describe("an event", () => {
  const recorded: KubeEvent[] = [];
  const kube = neverKube({
    record: async (_object, event) => {
      recorded.push(event);
    },
  });

  test.each<[string, Looks, Partial<KubeEvent>, readonly string[]]>([
    ["a correction of a settled object", { ready: "True" }, {}, ["UserAssignedIdentity corrected"]],
    ["a change of the spec", { ready: "True", generation: 2 }, {}, []],
    ["an object that was not ready", { ready: "False" }, {}, []],
    ["a deletion", { ready: "True", deletedAfterMs: 0 }, {}, []],
    ["a refusal", { ready: "True" }, { type: "Warning", reason: "AzureRefused" }, []],
    ["another reason", { ready: "True" }, { reason: "Paused" }, []],
  ])("of %s is passed on, and counted where it corrects something", async (_what, looks, event, want) => {
    recorded.length = 0;
    const full: KubeEvent = { type: "Normal", reason: "Updated", action: "Update", note: "Tags were corrected", ...event };
    await lives.counting(kube).record(object(looks), full);
    expect(recorded).toEqual([full]);
    expect(told).toEqual(want);
  });
});
