import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { objectAt, objectsAt, textAt } from "./kernel/json.ts";
import { codeOf, messageOf, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer, RawRequest } from "./raw-client.ts";

const V = "?api-version=2020-05-01";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => {
  for (const one of bench.azure.portal.list("Microsoft.Authorization/locks")) bench.azure.portal.delete(textAt(one, "id") ?? "");
  bench.azure.portal.put(site(), {});
  bench.azure.portal.put(identity(), {});
});
afterAll(() => bench.stop());

const site = (): string => `${bench.group}/providers/Microsoft.Web/sites/locked`;
const identity = (): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/beside`;
const lockAt = (scope: string): string => `${scope}/providers/Microsoft.Authorization/locks/keep${V}`;
const lock = (scope: string, level: string): Promise<RawAnswer> =>
  bench.send("PUT", lockAt(scope), { body: { properties: { level, notes: "why" } } });
const told = (answer: RawAnswer): readonly unknown[] => [answer.status, codeOf(answer)];

/** The requests that a lock may forbid, on the site. */
const requests: Readonly<Record<string, () => { readonly method: string; readonly path: string; readonly raw?: RawRequest }>> = {
  read: () => ({ method: "GET", path: `${site()}?api-version=2023-12-01` }),
  write: () => ({ method: "PATCH", path: `${site()}?api-version=2023-12-01`, raw: { body: { tags: {} } } }),
  "child write": () => ({ method: "PUT", path: `${site()}/config/appsettings?api-version=2023-12-01`, raw: { body: { properties: {} } } }),
  action: () => ({ method: "POST", path: `${site()}/config/appsettings/list?api-version=2023-12-01` }),
  grant: () => {
    const roleDefinitionId = `${bench.subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
    const body = { properties: { roleDefinitionId, principalId: randomUUID(), principalType: "User" } };
    return {
      method: "PUT",
      path: `${site()}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`,
      raw: { body },
    };
  },
  delete: () => ({ method: "DELETE", path: `${site()}?api-version=2023-12-01` }),
};

describe("locks (arm.md 2.7)", () => {
  it("PUT answers 201, then 200; GET; DELETE 200, then 204", async () => {
    const created = await lock(bench.group, "CanNotDelete");
    expect([created.status, Object.keys(created.body), created.body["properties"]]).toEqual([
      201,
      ["properties", "id", "type", "name"],
      { level: "CanNotDelete", notes: "why" },
    ]);
    expect((await lock(bench.group, "ReadOnly")).status).toBe(200);
    expect(objectAt((await bench.send("GET", lockAt(bench.group))).body, "properties")["level"]).toBe("ReadOnly");
    expect([(await bench.send("DELETE", lockAt(bench.group))).status, (await bench.send("DELETE", lockAt(bench.group))).status]).toEqual([
      200, 204,
    ]);
    expect(told(await bench.send("GET", lockAt(bench.group)))).toEqual([404, "LockNotFound"]);
    expect((await lock(bench.group, "Forever")).status).toBe(400);
  });

  it("LIST has those at the scope and below, or above under atScope()", async () => {
    await lock(bench.subscription, "CanNotDelete");
    await lock(site(), "CanNotDelete");
    const scopes = async (filter: string): Promise<readonly string[]> => {
      const { body } = await bench.send("GET", `${bench.group}/providers/Microsoft.Authorization/locks${V}${filter}`);
      return objectsAt(body, "value").map((one) => (textAt(one, "id") ?? "").replace("/providers/Microsoft.Authorization/locks/keep", ""));
    };
    expect(await scopes("")).toEqual([site()]);
    expect(await scopes("&$filter=atScope()")).toEqual([bench.subscription]);
  });

  const scopes = { subscription: (): string => bench.subscription, group: (): string => bench.group, resource: site };
  const levels = { ReadOnly: ["write", "child write", "action", "grant", "delete"], CanNotDelete: ["delete"], NotSpecified: [] } as const;
  const rows = Object.keys(levels).flatMap((level) =>
    Object.keys(scopes).flatMap((at) => Object.keys(requests).map((request) => ({ level, at, request }))),
  );
  it.each(rows)("$level on the $at and a $request", async ({ level, at, request }) => {
    const scope = scopes[at as keyof typeof scopes]();
    await lock(scope, level);
    const { method, path, raw = {} } = requests[request]?.() ?? { method: "", path: "" };
    const answer = await bench.send(method, path, raw);
    const forbids: readonly string[] = levels[level as keyof typeof levels];
    if (!forbids.includes(request)) return expect(answer.status).toBeLessThan(300);
    expect(told(answer)).toEqual([409, "ScopeLocked"]);
    expect(messageOf(answer)).toContain(`locked: '${scope}'`);
    return expect(answer.headers["x-ms-failure-cause"]).toBe("gateway");
  });

  it("on a resource leaves what is beside it alone, and keeps its group", async () => {
    await lock(site(), "CanNotDelete");
    expect((await bench.send("DELETE", `${identity()}?api-version=2023-01-31`)).status).toBe(200);
    const group = await bench.send("DELETE", `${bench.group}?api-version=2021-04-01`);
    expect([...told(group), messageOf(group)]).toEqual([409, "ScopeLocked", expect.stringContaining(`locked: '${site()}'`)]);
  });

  it("come after authorization", async () => {
    await lock(bench.group, "ReadOnly");
    bench.azure.setPermissions([]);
    const denied = await bench.send("DELETE", `${site()}?api-version=2023-12-01`);
    bench.azure.setPermissions([{ principalId: bench.principal.principalId, actions: ["*"], scope: "/" }]);
    expect(codeOf(denied)).toBe("AuthorizationFailed");
  });
});
