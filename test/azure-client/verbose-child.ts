import { ENDPOINT, GROUP, SITE, SUBSCRIPTION, azureClientOver, inTurn, requestOf } from "./fake-azure.ts";

const pointer = (name: string) => `${ENDPOINT}/subscriptions/${SUBSCRIPTION}/providers/Microsoft.X/operations/o?t=1&s=signed-${name}`;

/** Writes a host and follows the operation to its failure; returns the URLs that were asked. */
async function urlsOf(id: typeof SITE): Promise<readonly string[]> {
  const client = inTurn(
    { status: 201, body: {}, headers: { "azure-asyncoperation": pointer("a"), location: pointer("b") } },
    { status: 200, body: { status: "Running" }, headers: { "azure-asyncoperation": pointer("c") } },
    { status: 200, body: { status: "Failed", error: { code: "X", message: "m" } } },
  );
  const write = await azureClientOver(client).put(id, { secret: "hidden-value" }, requestOf("2025-05-01", { typed: true }));
  if (write.is !== "running") throw new Error(`the write is ${write.is}`);
  for (const expected of ["running", "failed"]) {
    const { is } = await write.operation.poll(new AbortController().signal);
    if (is !== expected) throw new Error(`the operation is ${is}`);
  }
  return client.requests.map(({ url }) => url);
}

// Beside what AZURE_LOG_LEVEL makes the SDKs write to standard error.
process.stdout.write(JSON.stringify([await urlsOf(SITE), await urlsOf(GROUP)]));
