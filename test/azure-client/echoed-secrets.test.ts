import { afterAll, beforeAll, expect, test } from "vitest";
import { requestOf } from "./fake-azure.ts";
import { openSimulatedAzure, type SimulatedAzure } from "./simulated-azure.ts";

const SECRET = "kept-from-everybody";
const error = { code: "InvalidValue", message: `the value '${SECRET}' is not valid` };
const REDACTED = { class: "invalid", code: "InvalidValue", message: "the value '[redacted]' is not valid" };

let simulated: SimulatedAzure;

beforeAll(async () => {
  simulated = await openSimulatedAzure();
});

afterAll(() => simulated.close());

const container = { name: "app", properties: { image: "registry.example.com/app:1", resources: { requests: { cpu: 1, memoryInGB: 1 } }, environmentVariables: [{ name: "KEY", secureValue: SECRET }] } };
const body = { location: "westeurope", properties: { osType: "Linux", containers: [container] } };

test.each([true, false])("a refusal that repeats what was sent tells nothing of it (by the SDK: %s)", async (typed) => {
  simulated.azure.intercept(({ method }) => method === "PUT", { do: "answer", status: 400, body: { error } });
  const id = simulated.idOf("Microsoft.ContainerInstance/containerGroups", "refused");
  expect(await simulated.gateway.put(id, body, requestOf("2025-09-01", { typed }))).toEqual({ is: "failed", failure: REDACTED });
});

test.each([true, false])("nor does the failure of the operation that it began (by the SDK: %s)", async (typed) => {
  simulated.azure.failOperation(({ resourceId }) => resourceId.includes("failing"), error);
  const id = simulated.idOf("Microsoft.ContainerInstance/containerGroups", `failing-${typed}`);
  const written = await simulated.gateway.put(id, body, requestOf("2025-09-01", { typed }));
  if (written.is !== "running") throw new Error(`the write is ${written.is}`);
  simulated.clock.advance(120_000);
  expect(await written.operation.poll(new AbortController().signal)).toEqual({ is: "failed", failure: REDACTED });
});
