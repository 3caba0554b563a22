import { afterAll, beforeAll, expect, test } from "vitest";
import { setStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ namespaces: ["digest-key"] });
});
afterAll(() => stage.close());

const key = () => stage.kubectl("get", "secret", "azure-identity-operator-digest-key", "-n", "azure-identity-system", "-o", "jsonpath={.data.key}");

test("the operator makes its digest key once, keeps it over a restart, and shows it to nobody", async () => {
  const first = await stage.startOperator(["--log-level=debug"]);
  const made = await key();
  expect(Buffer.from(made, "base64")).toHaveLength(32);
  await first.stop();
  const second = await stage.startOperator(["--log-level=debug"]);
  expect(await key()).toBe(made);
  expect(await stage.kubernetesWrites()).toBe(0);
  const shown = (await second.output()) + (await (await fetch(`${second.metricsUrl}/metrics`)).text());
  for (const form of [made, Buffer.from(made, "base64").toString("hex")]) expect(shown).not.toContain(form);
  await second.stop();
});

test("the operator starts without a digest key, and says what that means", async () => {
  const operator = await stage.startOperator(["--operator-namespace=digest-key"]);
  expect(await operator.output()).toMatch(/"level":"warn".*cannot read Secret digest-key\/azure-identity-operator-digest-key: .*The digest key of the installation cannot be had/);
  expect((await fetch(`${operator.healthUrl}/readyz`)).ok).toBe(true);
});
