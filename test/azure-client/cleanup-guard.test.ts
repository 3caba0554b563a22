import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ArmId } from "../../src/api/arm-id.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { AzureRequest, HeldResource } from "../../src/azure/contract.ts";
import { found, openSimulatedAzure, type SimulatedAzure } from "./simulated-azure.ts";

const MACHINES = "Microsoft.Compute/virtualMachines";
const IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities";
let simulated: SimulatedAzure;
let machine: ArmId;
let [ours, theirs]: readonly ArmId[] = [];

beforeAll(async () => {
  simulated = await openSimulatedAzure({ durations: { [MACHINES]: 0 } });
  const { idOf, azure } = simulated;
  [machine, ours, theirs] = [idOf(MACHINES, "machine"), idOf(IDENTITIES, "ours"), idOf(IDENTITIES, "theirs")];
  for (const id of [ours, theirs]) azure.portal.put(id, { location: "westeurope" });
});

afterAll(() => simulated.close());

function request(held?: readonly HeldResource[], credential = "cleanup"): AzureRequest {
  const base = { apiVersion: "2025-04-01", credential, signal: new AbortController().signal };
  return held === undefined ? base : { ...base, held };
}

function holding(parts: Partial<HeldResource> = {}): readonly HeldResource[] {
  return [{ id: machine, isWhole: false, userAssigned: ours === undefined ? [] : [ours], systemAssigned: false, ...parts }];
}

const block = (entries: Readonly<Record<string, JsonObject | null>>, type = "UserAssigned") => ({ identity: { type, userAssignedIdentities: entries } });

/** Writes of a clean-up to a machine with both identities attached, and whether one reached Azure. */
async function tried(body: JsonObject, held: readonly HeldResource[] | undefined, method: "put" | "patch" = "patch"): Promise<string> {
  const { azure, gateway } = simulated;
  const both = Object.fromEntries([ours, theirs].map((id) => [id ?? "", {}]));
  azure.portal.put(machine, { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } }, identity: { type: "SystemAssigned, UserAssigned", userAssignedIdentities: both } });
  azure.clearRequests();
  const answer = await gateway[method](machine, body, request(held));
  const wrote = azure.requests.some((each) => each.method !== "GET" && each.type !== "entra");
  return answer.is === "failed" ? `${answer.failure.code} ${wrote}` : `taken ${wrote}`;
}

describe("a clean-up credential", () => {
  test("detaches what is held, as a delta or as the whole that stays", async () => {
    const type = "SystemAssigned, UserAssigned";
    expect(await tried(block({ [ours ?? ""]: null }, type), holding())).toBe("taken true");
    expect(await tried(block({ [theirs ?? ""]: {} }, type), holding())).toBe("taken true");
    expect(await tried(block({ [theirs ?? ""]: {} }), holding({ systemAssigned: true }))).toBe("taken true");
  });

  test.each<[string, () => readonly [JsonObject, readonly HeldResource[] | undefined]]>([
    ["detach what is not held", () => [block({ [theirs ?? ""]: null }, "SystemAssigned, UserAssigned"), holding()]],
    ["detach by leaving out what is not held", () => [block({ [ours ?? ""]: {} }, "SystemAssigned, UserAssigned"), holding()]],
    ["detach all by None", () => [{ identity: { type: "None" } }, holding({ systemAssigned: true })]],
    ["switch off a system-assigned identity that is not held", () => [block({ [ours ?? ""]: null }), holding()]],
    ["attach", () => [block({ [ours ?? ""]: null, [simulated.idOf(IDENTITIES, "new")]: {} }, "SystemAssigned, UserAssigned"), holding()]],
    ["change anything else beside", () => [{ ...block({ [ours ?? ""]: null }, "SystemAssigned, UserAssigned"), properties: { hardwareProfile: { vmSize: "Standard_M128s" } } }, holding()]],
    ["change tags", () => [{ tags: { "azureidentity.dev-owner": "me" } }, holding({ isWhole: true })]],
    ["touch a host of which nothing is held", () => [block({ [ours ?? ""]: null }, "SystemAssigned, UserAssigned"), undefined]],
  ])("cannot %s", async (_name, given) => {
    expect(await tried(...given())).toBe("CredentialGone false");
  });

  test("deletes only what is held as a whole", async () => {
    const { azure, gateway } = simulated;
    azure.clearRequests();
    const answers = [await gateway.delete(machine, request(holding())), await gateway.delete(machine, request())];
    expect(answers.map((answer) => (answer.is === "failed" ? answer.failure.code : answer.is))).toEqual(["CredentialGone", "CredentialGone"]);
    expect(azure.requests.filter(({ method }) => method === "DELETE")).toEqual([]);
    expect((await gateway.delete(machine, request(holding({ isWhole: true })))).is).not.toBe("failed");
  });

  test("calls no action, and reads", async () => {
    const { gateway, azure, idOf } = simulated;
    azure.portal.put(idOf(MACHINES, "read"), { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
    const id = idOf(MACHINES, "read");
    expect([(await gateway.readAction(id, "list", request(holding({ id })))).is, (await gateway.act(id, "start", {}, request(holding({ id })))).is]).toEqual(["failed", "failed"]);
    expect(found(await gateway.read(id, request()))["name"]).toBe("read");
  });

  test("any other credential is not bound by what is held", async () => {
    const { gateway, idOf } = simulated;
    expect((await gateway.patch(idOf(MACHINES, "read"), { tags: { a: "b" } }, request(undefined, "shared"))).is).not.toBe("failed");
  });
});
