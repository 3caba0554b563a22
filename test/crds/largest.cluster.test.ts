import { beforeAll, expect, test } from "vitest";
import { API_VERSION } from "../../src/api/group.ts";
import { RESOURCES } from "../../src/api/resources.ts";
import { kubectl } from "../control-plane/access.ts";
import { connect } from "../control-plane/vitest-setup.ts";
import { applyDefinitions, createNamespace } from "./definitions.ts";
import { LARGEST } from "./largest.ts";

const plane = connect();

let namespace: string;

beforeAll(async () => {
  await applyDefinitions(plane);
  namespace = await createNamespace(plane, "largest");
});

test.each(LARGEST)("$kind: $what stay in the cost budget of rules, and etcd takes them", async ({ kind, spec }) => {
  const object = { apiVersion: API_VERSION, kind, metadata: { generateName: "largest-", namespace }, spec };
  const answer = await kubectl(plane, ["create", "--validate=strict", "-f", "-"], { input: JSON.stringify(object) });
  expect(answer).toMatchObject({ code: 0, stderr: "" });
});

test.each(LARGEST)("$kind: the operator takes $what, too", ({ kind, spec }) => {
  const schema = RESOURCES.find((resource) => resource.kind === kind)?.spec;
  expect(schema?.safeParse(spec)).toMatchObject({ success: true });
});
