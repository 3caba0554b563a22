import { beforeAll, expect, test } from "vitest";
import type { Permission } from "../../src/api/permission.ts";
import type { AccessPort } from "../../src/reconcile/permissions.ts";

/** An API server, real or not, that says what namespaces may, and whoever grants it there. */
export interface AccessUnderTest {
  readonly port: AccessPort;
  grant(namespace: string, permission: Permission): Promise<void>;
  revoke(namespace: string, permission: Permission): Promise<void>;
}

const SITE = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourcegroups/msdocs-identity-example/providers/microsoft.web/sites/shop";
const onSite: Permission = { verb: "attach", path: "spec.target", resource: "azureresources", name: SITE };
const onObject: Permission = { verb: "use", path: "spec.userAssigned", resource: "userassignedidentities", namespace: "fakes-green", name: "payroll" };

/** What the engine relies on of whoever answers for permissions. The namespaces `fakes-blue` and `fakes-green` are there. */
export function accessContract(open: () => Promise<AccessUnderTest>): void {
  let access: AccessUnderTest;
  beforeAll(async () => {
    access = await open();
  });

  const said = (namespace: string, ...permissions: readonly Permission[]) => Promise.all(permissions.map((permission) => access.port.review(namespace, permission)));

  test.each([
    ["what an ARM id names", onSite],
    ["an object of another namespace", onObject],
  ])("a permission on %s is denied until it is granted, and once it is taken back", async (_what, permission) => {
    expect(await said("fakes-blue", permission)).toEqual(["denied"]);
    await access.grant("fakes-blue", permission);
    expect(await said("fakes-blue", permission)).toEqual(["granted"]);
    await access.revoke("fakes-blue", permission);
    expect(await said("fakes-blue", permission)).toEqual(["denied"]);
  });

  test("a grant is of one namespace, one verb, one name, and one place", async () => {
    for (const permission of [onSite, onObject]) await access.grant("fakes-blue", permission);
    const others: readonly Permission[] = [{ ...onSite, verb: "use" }, { ...onSite, name: `${SITE}-2` }, { ...onObject, name: "reports" }, { ...onObject, namespace: "fakes-blue" }, { ...onObject, resource: "roleassignments" }];
    expect(await said("fakes-blue", ...others)).toEqual(others.map(() => "denied"));
    expect(await said("fakes-green", onSite, onObject)).toEqual(["denied", "denied"]);
    expect(await said("fakes-blue", onSite, onObject)).toEqual(["granted", "granted"]);
  });
}
