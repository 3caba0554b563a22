import { expect, test } from "vitest";
import { fenced } from "../../src/commands/fence.ts";
import type { AzurePort } from "../../src/reconcile/ports.ts";
import { parseArmId } from "../../src/api/arm-id.ts";

const parsed = parseArmId("/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web");
const id = parsed.ok ? parsed.id : undefined;

test("reads go on without the Lease, and every write is refused as something to be tried again", async () => {
  if (id === undefined) throw new Error("the id is none");
  const asked: string[] = [];
  const answer = (name: string) => async () => {
    asked.push(name);
    return { is: "absent", code: "ResourceNotFound" } as const;
  };
  const names = ["read", "put", "patch", "delete", "readAction", "act", "list", "page", "roleDefinition", "groupLocation"] as const;
  const azure: AzurePort = { read: answer("read"), put: answer("put"), patch: answer("patch"), delete: answer("delete"), readAction: answer("readAction"), act: answer("act"), list: answer("list"), page: answer("page"), roleDefinition: answer("roleDefinition"), groupLocation: answer("groupLocation") };
  let isHeld = true;
  const port = fenced(azure, () => isHeld);
  const request = { apiVersion: "2024-11-30", credential: "shared", signal: new AbortController().signal };
  const askAll = async () => {
    asked.length = 0;
    return [
      await port.read(id, request),
      await port.put(id, {}, request),
      await port.patch(id, {}, request),
      await port.delete(id, request),
      await port.readAction(id, "list", request),
      await port.act(id, "stop", {}, request),
      await port.list(id, "federatedIdentityCredentials", request),
      await port.page(id, "federatedIdentityCredentials", request),
      await port.roleDefinition(id, { name: "Reader" }, request),
      await port.groupLocation("aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e", "msdocs-identity-example", request),
    ];
  };
  await askAll();
  expect(asked).toEqual(names);
  isHeld = false;
  const answers = await askAll();
  expect(asked).toEqual(["read", "readAction", "list", "page", "roleDefinition", "groupLocation"]);
  expect(answers.filter((one) => one.is === "failed").map((one) => one.failure.class)).toEqual(["unavailable", "unavailable", "unavailable", "unavailable"]);
});
