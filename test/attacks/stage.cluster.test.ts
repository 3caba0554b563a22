import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { identity } from "../e2e/objects.ts";
import { isReady } from "../e2e/stage.ts";
import { type AttackStage, BLUE, GREEN, setAttackStage } from "./stage.ts";

let stage: AttackStage;

beforeAll(async () => {
  stage = await setAttackStage();
  await stage.startOperator();
});

afterAll(() => stage.close());

const may = async (user: string, verb: string, resource: string, namespace: string) => {
  const [plural = "", subresource = ""] = resource.split("/");
  const answer = await stage.person(user).kubectl(["auth", "can-i", verb, `${plural}.azureidentity.dev`, `--subresource=${subresource}`, "-n", namespace]);
  return answer.stdout.trim();
};

describe("a tenant", () => {
  test("declares an identity in its own namespace", async () => {
    expect(await stage.blue.editor.apply(identity(BLUE, "reports"))).toMatchObject({ code: 0 });
    await stage.until("uai", "reports", isReady, BLUE);
  });

  test("declares and reads nothing in the other one", async () => {
    const answer = await stage.blue.editor.apply(identity(GREEN, "reports"));
    expect(answer).toMatchObject({ code: 1, stderr: expect.stringContaining("forbidden") as string });
    expect(await stage.blue.editor.kubectl(["get", "uai", "-n", GREEN])).toMatchObject({ code: 1 });
  });
});

describe("edit and admin", () => {
  test.each([
    ["editor", "get", "roleassignments", "yes"],
    ["editor", "create", "identityassignments", "yes"],
    ["editor", "use", "userassignedidentities", "yes"],
    ["editor", "create", "roleassignments", "no"],
    ["editor", "release", "userassignedidentities", "no"],
    ["editor", "patch", "userassignedidentities/status", "no"],
    ["owner", "create", "roleassignments", "yes"],
    ["owner", "release", "userassignedidentities", "yes"],
    ["owner", "patch", "userassignedidentities/status", "no"],
    ["owner", "use", "azureresources", "no"],
  ] as const)("may the %s %s %s? %s", async (who, verb, resource, want) => {
    expect(await may(stage.blue[who].user, verb, resource, BLUE)).toBe(want);
  });
});
