import { beforeAll, describe, expect, test } from "vitest";
import { API_VERSION } from "../../src/api/group.ts";
import { kubectl } from "../control-plane/access.ts";
import { connect } from "../control-plane/vitest-setup.ts";
import { applyDefinitions, createNamespace, run } from "./definitions.ts";

const plane = connect();
const GROUP = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example";
const CLIENT_ID = "11112222-bbbb-3333-cccc-4444dddd5555";
const longest = "n".repeat(1024);

let namespace: string;

beforeAll(async () => {
  await applyDefinitions(plane);
  namespace = await createNamespace(plane, "status");
});

describe("a new object", () => {
  test("looks unsettled, and what its author says about its status is ignored", async () => {
    await create("UserAssignedIdentity", "fresh", { spec: {}, status: { observedGeneration: 1, clientId: CLIENT_ID } });
    expect(await statusOf("uai/fresh")).toEqual({ observedGeneration: -1 });
  });

  test("has the defaults that the documentation promises", async () => {
    const target = { armId: `${GROUP}/providers/Microsoft.Web/sites/msdocs-identity-example` };
    await create("IdentityAssignment", "fresh", { spec: { target, systemAssigned: true } });
    expect(JSON.parse(await get("ida/fresh", "jsonpath={.spec}"))).toEqual({
      target,
      systemAssigned: true,
      systemAssignedRemoval: "Keep",
      ownership: "Shared",
      allowDisruption: "Recycle",
      managementPolicy: "Full",
      adoptionPolicy: "Never",
    });
  });
});

describe("the status subresource", () => {
  test("takes a status as large as it can be", async () => {
    const target = { armId: `${GROUP}/providers/Microsoft.Web/sites/large` };
    await create("IdentityAssignment", "large", { spec: { target, systemAssigned: true } });
    await writeStatus("IdentityAssignment", "large", largestStatus());
    expect(await statusOf("ida/large")).toEqual(largestStatus());
  });

  test("refuses a condition type twice, and one that nobody knows", async () => {
    await create("UserAssignedIdentity", "conditions", { spec: {} });
    const [ready] = largestStatus().conditions;
    const twice = await tryStatus("UserAssignedIdentity", "conditions", { conditions: [ready, ready] });
    expect(twice.stderr).toContain('.status.conditions: duplicate entries for key [type="Ready"]');
    const unknown = await tryStatus("UserAssignedIdentity", "conditions", { conditions: [{ ...ready, type: "Synced" }] });
    expect(unknown.stderr).toContain('status.conditions[0].type: Unsupported value: "Synced"');
  });
});

describe("field selectors", () => {
  test("find the identity of a client id, and the assignments to a host", async () => {
    const target = { armId: `${GROUP}/providers/Microsoft.Web/sites/selected` };
    await create("UserAssignedIdentity", "selected", { spec: {} });
    await create("IdentityAssignment", "selected", { spec: { target, systemAssigned: true } });
    await writeStatus("UserAssignedIdentity", "selected", { clientId: CLIENT_ID });
    expect(await select("uai", `status.clientId=${CLIENT_ID}`)).toBe("userassignedidentity.azureidentity.dev/selected\n");
    expect(await select("ida", `spec.target.armId=${target.armId}`)).toBe("identityassignment.azureidentity.dev/selected\n");
  });
});

/** Every list at its longest, with texts at their longest. */
function largestStatus() {
  const types = ["Ready", "Reconciling", "Stalled", "Paused", "Drifted"];
  const details = { status: "Unknown", observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z", reason: "r".repeat(128) };
  const times = (count: number) => Array.from({ length: count }, (_, index) => String(index));
  const holds = {
    target: longest,
    tenantId: CLIENT_ID,
    credential: "c".repeat(253),
    adopted: false,
    confirmed: false,
    userAssigned: times(32).map(() => ({ resourceId: longest, identityRef: { name: "n".repeat(253) } })),
    systemAssigned: { principalId: CLIENT_ID },
  };
  const userAssignedIdentities = times(32).map(() => ({ resourceId: longest, principalId: CLIENT_ID, clientId: CLIENT_ID }));
  return {
    conditions: types.map((type) => ({ type, ...details, message: "m".repeat(4096) })),
    observedGeneration: 1,
    resourceId: longest,
    host: "h".repeat(512),
    identity: { type: "SystemAssigned, UserAssigned", principalId: CLIENT_ID, tenantId: CLIENT_ID, userAssignedIdentities },
    drift: times(64).map(() => ({ path: "p".repeat(512), want: longest, have: longest })),
    holds,
  };
}

async function create(kind: string, name: string, content: object): Promise<void> {
  const object = { apiVersion: API_VERSION, kind, metadata: { name, namespace }, ...content };
  await run(plane, ["create", "-f", "-"], JSON.stringify(object));
}

async function writeStatus(kind: string, name: string, status: object): Promise<void> {
  expect(await tryStatus(kind, name, status)).toMatchObject({ code: 0, stderr: "" });
}

function tryStatus(kind: string, name: string, status: object) {
  const input = JSON.stringify({ apiVersion: API_VERSION, kind, metadata: { name, namespace }, status });
  return kubectl(plane, ["apply", "--server-side", "--subresource=status", "--validate=strict", "-f", "-"], { input });
}

function get(object: string, output: string): Promise<string> {
  return run(plane, ["get", object, "--namespace", namespace, "--output", output]);
}

async function statusOf(object: string): Promise<unknown> {
  return JSON.parse(await get(object, "jsonpath={.status}"));
}

function select(resource: string, selector: string): Promise<string> {
  return run(plane, ["get", resource, "--namespace", namespace, "--field-selector", selector, "--output=name"]);
}
