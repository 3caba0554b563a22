import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { TransportError } from "../../src/azure/transport.ts";
import type { AzureOperation, AzurePort, AzureWrite } from "../../src/reconcile/ports.ts";
import { ENDPOINT, MACHINE, SITE, SUBSCRIPTION, azureOver, inTurn, requestOf } from "./fake-azure.ts";
import type { FakeHttpClient, Scripted } from "./fake-azure.ts";

const POLL = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/operations/o`;
const signed = (name: string) => `${ENDPOINT}${POLL}?api-version=2018-06-01&t=1&c=cc-${name}&s=ss%2Fx&h=hh`;
const never = new AbortController().signal;

interface Begun {
  readonly operation: AzureOperation;
  readonly afterSeconds: number;
  readonly client: FakeHttpClient;
}

async function begin(accepted: Scripted, polls: readonly (Scripted | Error)[], write: (azure: AzurePort) => Promise<AzureWrite> = patchMachine): Promise<Begun> {
  const client = inTurn(accepted, ...polls);
  const begun = await write(azureOver(client));
  if (begun.is !== "running") throw new Error(`the write is ${begun.is}`);
  return { operation: begun.operation, afterSeconds: begun.afterSeconds, client };
}

function patchMachine(azure: AzurePort): Promise<AzureWrite> {
  return azure.patch(MACHINE, { identity: { type: "SystemAssigned" } }, requestOf("2024-07-01"));
}

const machine = { id: MACHINE, properties: { provisioningState: "Updating" } };
const byStatus: Scripted = { status: 200, body: machine, headers: { "azure-asyncoperation": signed("a"), "retry-after": "30" } };
const byResult: Scripted = { status: 202, headers: { location: signed("l") } };
const word = (status: unknown, headers: Readonly<Record<string, string>> = {}): Scripted => ({ status: 200, body: { status }, headers });

describe("whether an answer begins an operation", () => {
  const outcome = async (answer: Scripted, write: (azure: AzurePort) => Promise<AzureWrite> = patchMachine) => (await write(azureOver(inTurn(answer)))).is;
  const remove = (azure: AzurePort) => azure.delete(MACHINE, requestOf("2024-07-01"));

  test.each([
    ["200 with Azure-AsyncOperation", byStatus, "running"],
    ["201 with Azure-AsyncOperation", { ...byStatus, status: 201 }, "running"],
    ["202 with Location", byResult, "running"],
    ["202 without headers", { status: 202 }, "running"],
    ["201 with Location only, as identities have it", { status: 201, body: machine, headers: { location: MACHINE } }, "done"],
    ["200", { status: 200, body: machine }, "done"],
    ["204", { status: 204 }, "done"],
  ] as const)("%s: %s", async (_, answer, expected) => {
    expect(await outcome(answer)).toBe(expected);
  });

  test.each([
    [{ status: 200, body: machine }, "done"],
    [{ status: 204 }, "done"],
    [byResult, "running"],
  ] as const)("DELETE answered by %j is %s", async (answer, expected) => {
    expect(await outcome(answer, remove)).toBe(expected);
  });

  test("Azure-AsyncOperation is preferred to Location", async () => {
    const both = { ...byResult, headers: { location: signed("l"), "azure-asyncoperation": signed("a") } };
    const { operation, client } = await begin(both, [word("Succeeded")]);
    await operation.poll(never);
    expect(client.requests[1]?.url).toBe(signed("a"));
  });
});

describe("how an operation stands", () => {
  const rows: readonly (readonly [string, Scripted, Scripted | Error, object])[] = [
    ["Succeeded", byStatus, word("Succeeded"), { is: "succeeded" }],
    ["lower case", byStatus, word("succeeded"), { is: "succeeded" }],
    ["a provider's word", byStatus, word("ProvisioningNetworkResources"), { is: "running", afterSeconds: 10 }],
    ["Retry-After", byStatus, word("InProgress", { "retry-after": "61" }), { is: "running", afterSeconds: 61 }],
    ["a long Retry-After", byStatus, word("InProgress", { "retry-after": "3000" }), { is: "running", afterSeconds: 600 }],
    ["a 202 status", byStatus, { status: 202 }, { is: "running", afterSeconds: 10 }],
    ["a status without a word", byStatus, { status: 200, body: { name: "o" } }, { is: "unknown" }],
    ["a status of HTML", byStatus, { status: 200, body: "<html>" }, { is: "unknown" }],
    ["an operation that Azure forgot", byStatus, { status: 404, body: { error: { code: "NotFound", message: "m" } } }, { is: "unknown" }],
    ["not allowed to look", byStatus, { status: 403, body: { error: { code: "AuthorizationFailed", message: "m" } } }, { is: "unknown" }],
    ["throttled", byStatus, { status: 429, headers: { "retry-after": "7" } }, { is: "running", afterSeconds: 7 }],
    ["an outage", byStatus, { status: 503 }, { is: "running", afterSeconds: 10 }],
    ["a broken connection", byStatus, new TransportError("connection", "ECONNRESET", "m"), { is: "running", afterSeconds: 10 }],
    ["a result that is not there yet", byResult, { status: 202, headers: { "retry-after": "15" } }, { is: "running", afterSeconds: 15 }],
    ["a result", byResult, { status: 200, body: { id: SITE } }, { is: "succeeded" }],
    ["a result without a body", byResult, { status: 204 }, { is: "succeeded" }],
    ["a resource that is still busy", byResult, { status: 200, body: machine }, { is: "running", afterSeconds: 10 }],
    ["a resource that is done", { status: 202 }, { status: 200, body: { properties: { provisioningState: "Succeeded" } } }, { is: "succeeded" }],
    ["a resource without a state", { status: 202 }, { status: 200, body: {} }, { is: "succeeded" }],
  ];

  test.each(rows)("%s", async (_, accepted, poll, expected) => {
    const { operation } = await begin(accepted, [poll]);
    expect(await operation.poll(never)).toEqual(expected);
  });

  test("a failure has the class of the error inside", async () => {
    const body = { status: "Failed", error: { code: "FailedIdentityOperation", message: `Resource '${MACHINE.replace("Microsoft.Compute/virtualMachines", "Microsoft.ManagedIdentity/userAssignedIdentities")}' was not found` } };
    const { operation } = await begin(byStatus, [{ status: 200, body }]);
    expect(await operation.poll(never)).toMatchObject({ is: "failed", failure: { class: "identity", code: "FailedIdentityOperation", named: [expect.stringContaining("/vm")] } });
  });

  test("a failure without an error says so", async () => {
    const { operation } = await begin(byStatus, [word("Canceled")]);
    expect(await operation.poll(never)).toEqual({
      is: "failed",
      failure: { class: "invalid", code: "Canceled", message: "the operation ended as Canceled and Azure gave no cause" },
    });
  });

  test("a result can be an error", async () => {
    const { operation } = await begin(byResult, [{ status: 409, body: { error: { code: "ScopeLocked", message: "locked" } } }]);
    expect(await operation.poll(never)).toMatchObject({ is: "failed", failure: { class: "locked" } });
  });

  test("a removal without headers is done when the resource is gone", async () => {
    const gone = { status: 404, body: { error: { code: "ResourceNotFound", message: "m" } } };
    const { operation, client } = await begin({ status: 202 }, [{ status: 200, body: machine }, gone], (azure) => azure.delete(MACHINE, requestOf("2024-07-01")));
    expect(await operation.poll(never)).toEqual({ is: "running", afterSeconds: 10 });
    expect(await operation.poll(never)).toEqual({ is: "succeeded" });
    expect(client.lines).toEqual([`DELETE ${MACHINE}?api-version=2024-07-01`, `GET ${MACHINE}?api-version=2024-07-01`, `GET ${MACHINE}?api-version=2024-07-01`]);
  });

  test("each call asks once, where the last answer pointed", async () => {
    const { operation, client, afterSeconds } = await begin(byResult, [{ status: 202, headers: { location: signed("m") } }, { status: 202 }, { status: 200 }]);
    expect(afterSeconds).toBe(10);
    for (const expected of ["running", "running", "succeeded"]) expect((await operation.poll(never)).is).toBe(expected);
    expect(client.requests.map((request) => request.url).slice(1)).toEqual([signed("l"), signed("m"), signed("m")]);
  });

  test("a final answer that names the resource is not followed", async () => {
    const { operation, client } = await begin(byStatus, [word("InProgress", { location: "https://elsewhere.test/x" }), word("Succeeded")]);
    expect((await operation.poll(never)).is).toBe("running");
    expect((await operation.poll(never)).is).toBe("succeeded");
    expect(client.requests[2]?.url).toBe(signed("a"));
  });
});

describe("where an operation may point", () => {
  const other = "22222222-2222-4222-8222-222222222222";
  test.each([
    signed("a").replace("arm.test", "evil.test"),
    signed("a").replace("arm.test", "arm.test:8443"),
    signed("a").replace("arm.test", "arm.test.evil.test"),
    signed("a").replace("https://", "http://"),
    signed("a").replace("https://", "https://evil.test@"),
    signed("a").replace("https://arm.test", String.raw`https://evil.test\@arm.test`),
    signed("a").replace(SUBSCRIPTION, other),
    signed("a").replace(`${SUBSCRIPTION}/`, `${SUBSCRIPTION}/../${other}/`),
    `${ENDPOINT}/providers/Microsoft.Web/operations/o`,
    "//evil.test/subscriptions/x/y",
    "https://",
  ])("not to %s", async (pointer) => {
    const client = inTurn({ status: 202, headers: { location: pointer } });
    const write = await patchMachine(azureOver(client));
    expect(write).toMatchObject({ is: "failed", failure: { class: "invalid", code: "UntrustedOperationUrl" } });
    expect(client.requests).toHaveLength(1);
  });

  test("a relative address is below the endpoint", async () => {
    const { operation, client } = await begin({ status: 202, headers: { location: `${POLL}?t=1` } }, [{ status: 200 }]);
    await operation.poll(never);
    expect(client.lines[1]).toBe(`GET ${POLL}?t=1`);
  });

  test("a later pointer is checked as well", async () => {
    const { operation, client } = await begin(byResult, [{ status: 202, headers: { location: "https://evil.test/x" } }]);
    expect(await operation.poll(never)).toMatchObject({ is: "failed", failure: { code: "UntrustedOperationUrl" } });
    expect(client.requests).toHaveLength(2);
  });
});

test("the signed address cannot be printed", async () => {
  const { operation } = await begin(byStatus, [{ status: 200, body: { status: "Failed", error: { code: "X", message: `see ${signed("a")}` } } }]);
  const printed = [JSON.stringify(operation), inspect(operation, { depth: 9, showHidden: true }), JSON.stringify(await operation.poll(never))];
  for (const text of printed) expect(text).not.toMatch(/cc-a|ss%2Fx|hh/);
});
