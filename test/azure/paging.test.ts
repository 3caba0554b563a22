import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectsAt, textAt } from "./kernel/json.ts";
import { codeOf, startBench } from "./raw-client.ts";
import type { Bench } from "./raw-client.ts";

let bench: Bench;
let lagging: Bench;
beforeAll(async () => {
  bench = await startBench({ pageSize: 2 });
  lagging = await startBench({ switches: { emptyPages: true } });
  for (const on of [bench, lagging]) {
    for (const name of ["one", "two", "three", "four", "five"]) on.azure.portal.put(`${identities(on.group)}/${name}`, {});
  }
});
afterAll(async () => {
  await bench.stop();
  await lagging.stop();
});

const identities = (scope: string): string => `${scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`;

async function pages(on: Bench, first: string): Promise<readonly JsonObject[]> {
  const got: JsonObject[] = [];
  for (let next: string | undefined = first; next !== undefined; next = textAt(got.at(-1) ?? {}, "nextLink")) got.push((await on.send("GET", next)).body);
  return got;
}

const names = (page: JsonObject): readonly unknown[] => objectsAt(page, "value").map((item) => item["name"]);

describe("lists (arm.md 2.4)", () => {
  it.each([
    { scope: "a resource group", path: () => identities(bench.group) },
    { scope: "a subscription", path: () => identities(bench.subscription) },
  ])("of $scope come in pages, with an absolute nextLink and an encoded skip token", async ({ path }) => {
    const got = await pages(bench, `${path()}?api-version=2023-01-31`);
    expect(got.map(names)).toEqual([["five", "four"], ["one", "three"], ["two"]]);
    expect(textAt(got[0] ?? {}, "nextLink")).toMatch(new RegExp(`^${bench.azure.endpoint}/.*%24skiptoken=`));
    expect(got.at(-1)).not.toHaveProperty("nextLink");
  });

  it("obey $top", async () => {
    const { body } = await bench.send("GET", `${identities(bench.group)}?api-version=2023-01-31&$top=1`);
    expect(names(body)).toEqual(["five"]);
  });

  it("take no $top for more than the server's own page, and none that is no number (the code is a guess)", async () => {
    const { body } = await bench.send("GET", `${identities(bench.group)}?api-version=2023-01-31&$top=4`);
    expect(names(body)).toEqual(["five", "four"]);
    expect(codeOf(await bench.send("GET", `${identities(bench.group)}?api-version=2023-01-31&$top=many`))).toBe("InvalidTopInQueryString");
  });

  it("refuse a skip token that was not handed out", async () => {
    expect(codeOf(await bench.send("GET", `${identities(bench.group)}?api-version=2023-01-31&$skiptoken=abc.def`))).toBe("InvalidSkipToken");
  });

  it("may have an empty page that still has a nextLink", async () => {
    const got = await pages(lagging, `${identities(lagging.group)}?api-version=2023-01-31`);
    expect(got.map((page) => names(page).length)).toEqual([0, 5]);
  });

  it("of all resources show the identity block and no properties", async () => {
    const site = `${bench.group}/providers/Microsoft.Web/sites/listed`;
    bench.azure.portal.put(site, { identity: { type: "UserAssigned", userAssignedIdentities: { [`${identities(bench.group)}/one`]: {} } } });
    const filter = encodeURIComponent("resourceType eq 'Microsoft.Web/sites'");
    const { body } = await bench.send("GET", `${bench.subscription}/resources?api-version=2021-04-01&$filter=${filter}`);
    const [item] = objectsAt(body, "value");
    expect(item).toMatchObject({ name: "listed", identity: { type: "UserAssigned" } });
    expect(item).not.toHaveProperty("properties");
  });
});
