import { beforeEach, describe, expect, test } from "vitest";
import type { Permission } from "../../src/api/permission.ts";
import type { Claim } from "../../src/reconcile/claim.ts";
import { PermissionReviews } from "../../src/reconcile/permission-reviews.ts";
import type { Answer } from "../../src/reconcile/permissions.ts";
import { claim } from "./hosts.ts";

const MINUTE_MS = 60_000;
let nowMs: number;
let asked: string[];
let answers: Map<string, Answer>;
let remade: string[];
let reviews: PermissionReviews;

beforeEach(() => {
  [nowMs, asked, remade] = [0, [], []];
  answers = new Map();
  const review = (_namespace: string, { name }: Permission) => {
    asked.push(name);
    return Promise.resolve(answers.get(name) ?? "denied");
  };
  reviews = new PermissionReviews({ review }, { now: () => nowMs }, ({ object }) => void remade.push(object.metadata.name));
});

/** The claim of an object that needs to use identities, made with what is known now. */
function needing(name: string, ...identities: readonly string[]): Claim {
  const needed = identities.map((identity): Permission => ({ verb: "use", path: "spec", resource: "azureresources", name: identity }));
  const { claim: made } = claim(name, {});
  const { namespace } = made.object.metadata;
  const permissions = { needed, answers: needed.map((each) => reviews.permitted?.(namespace, each) ?? "granted"), refusalAt: () => undefined, refusal: undefined };
  const whole = { ...made, permissions };
  reviews.track(whole.key, whole);
  return whole;
}

describe("answers", () => {
  test("are shared by the objects of a namespace, and asked for again after a minute", async () => {
    answers.set("payroll", "granted");
    expect(await reviews.refresh([needing("a", "payroll"), needing("b", "payroll")])).toBe(true);
    expect([asked, remade]).toEqual([["payroll"], ["a", "b"]]);
    nowMs += MINUTE_MS - 1;
    expect(await reviews.refresh([needing("a", "payroll")])).toBe(false);
    nowMs += 1;
    expect(await reviews.refresh([needing("a", "payroll")])).toBe(false);
    expect(asked).toEqual(["payroll", "payroll"]);
  });

  test("make claims anew only where they are others now", async () => {
    answers.set("payroll", "granted").set("reports", "granted");
    await reviews.refresh([needing("a", "payroll"), needing("b", "reports")]);
    needing("a", "payroll");
    needing("b", "reports");
    remade.length = 0;
    answers.set("reports", "denied");
    nowMs += MINUTE_MS;
    await reviews.recheck();
    expect([asked.length, remade]).toEqual([4, ["b"]]);
  });

  test("are asked for some at a time, the oldest first", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `identity-${index}`);
    for (const name of names) {
      nowMs += 1;
      await reviews.refresh([needing(name, name)]);
    }
    asked.length = 0;
    nowMs += MINUTE_MS;
    await reviews.recheck();
    expect(asked).toEqual(names.slice(0, 20));
    await reviews.recheck();
    expect(asked).toEqual(names);
    await reviews.recheck();
    expect(asked).toEqual(names);
  });

  test("are forgotten with the last object that needs them", async () => {
    answers.set("payroll", "granted");
    const [one, other] = [needing("a", "payroll"), needing("b", "payroll")];
    await reviews.refresh([one, other]);
    reviews.track(one.key, undefined);
    expect(needing("c", "payroll").permissions.answers).toEqual(["granted"]);
    for (const name of ["b", "c"]) reviews.track(needing(name).key, undefined);
    expect(needing("d", "payroll").permissions.answers).toEqual(["unknown"]);
  });

  test("are not asked for where permissions are not required", async () => {
    reviews = new PermissionReviews(undefined, { now: () => nowMs }, () => {});
    const claims = [needing("a", "payroll")];
    expect(reviews.permitted).toBeUndefined();
    expect(await reviews.refresh(claims)).toBe(false);
    expect(asked).toEqual([]);
  });
});

test("two looks at old answers at a time ask once", async () => {
  await reviews.refresh([needing("a", "payroll")]);
  nowMs += MINUTE_MS;
  asked.length = 0;
  await Promise.all([reviews.recheck(), reviews.recheck()]);
  expect(asked).toEqual(["payroll"]);
});
