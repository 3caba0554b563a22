import { expect, test, vi } from "vitest";

// Read when the SDKs are loaded, so before they are.
process.env["AZURE_LOG_LEVEL"] = "verbose";
const { ENDPOINT, GROUP, SITE, SUBSCRIPTION, azureClientOver, inTurn, requestOf } = await import("./fake-azure.ts");

test.each([SITE, GROUP])("what the SDKs log, when they are told to, holds no signed address, no token and no body: %s", async (id) => {
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const pointer = (name: string) => `${ENDPOINT}/subscriptions/${SUBSCRIPTION}/providers/Microsoft.X/operations/o?t=1&s=signed-${name}`;
  const client = inTurn(
    { status: 201, body: {}, headers: { "azure-asyncoperation": pointer("a"), location: pointer("b") } },
    { status: 200, body: { status: "Running" }, headers: { "azure-asyncoperation": pointer("c") } },
    { status: 200, body: { status: "Failed", error: { code: "X", message: "m" } } },
  );
  const write = await azureClientOver(client).put(id, { secret: "hidden-value" }, requestOf("2025-05-01", { typed: true }));
  if (write.is !== "running") throw new Error(`the write is ${write.is}`);
  for (const expected of ["running", "failed"]) expect((await write.operation.poll(new AbortController().signal)).is).toBe(expected);
  spy.mockRestore();
  expect(client.requests.map(({ url }) => url).slice(1)).toEqual([pointer("a"), pointer("c")]);
  expect(written.join("")).toContain("LRO");
  expect(written.join("")).not.toMatch(/signed-|hidden-value|token-1/);
});
