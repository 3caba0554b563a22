import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../azure.ts";
import { objectAt, objectsAt } from "../kernel/json.ts";
import { attachedTo, openScene, property, propertyText, told, users } from "./scene.ts";
import type { Scene } from "./scene.ts";

let on: Scene;
beforeAll(async () => {
  on = await openScene();
});
afterAll(() => on.stop());

describe("17.9 container groups (arm.md 5)", () => {
  const group = (): string => on.at("Microsoft.ContainerInstance/containerGroups/group");
  const container = {
    name: "c",
    properties: { image: "nginx", resources: { requests: { cpu: 1, memoryInGB: 1 } }, environmentVariables: [{ name: "TOKEN", secureValue: "hush" }] },
  };
  const body = { properties: { osType: "Linux", containers: [container], imageRegistryCredentials: [{ server: "r.example", username: "u", password: "hush" }] } };
  const startTime = async (): Promise<unknown> => objectAt(objectsAt(objectAt(await on.show(group()), "properties"), "containers")[0], "properties", "instanceView", "currentState")["startTime"];

  it("a PUT of what GET shows drops the secrets, counts a restart and has new times", async () => {
    await on.done("PUT", group(), body);
    const [hidden, before] = [on.azure.portal.hidden(group()), await startTime()];
    expect(JSON.stringify(hidden).match(/hush/g)).toHaveLength(2);
    const answer = await on.done("PUT", group(), await on.show(group()));
    expect([answer.status, JSON.stringify(on.azure.portal.hidden(group())).includes("hush"), on.azure.portal.restarts(group())]).toEqual([201, false, 1]);
    expect(await startTime()).not.toBe(before);
  });

  it("InvalidContainerGroupUpdate for what cannot change, ContainerGroupTransitioning while an update runs", async () => {
    await on.done("PUT", group(), body);
    const larger = { ...container, properties: { ...container.properties, resources: { requests: { cpu: 2, memoryInGB: 1 } } } };
    for (const change of [{ osType: "Windows" }, { restartPolicy: "Never" }, { containers: [larger] }]) {
      expect(told(await on.ask("PUT", group(), { properties: { ...body.properties, ...change } }))).toEqual([400, "InvalidContainerGroupUpdate"]);
    }
    // An identity is no such change: it restarts the group in place.
    expect((await on.done("PUT", group(), { ...body, identity: users([on.identity("group")]) })).status).toBe(201);
    expect((await on.ask("PUT", group(), body)).status).toBe(201);
    expect(told(await on.ask("PUT", group(), body))).toEqual([409, "ContainerGroupTransitioning"]);
    on.clock.advance(3_600_000);
  });
});

describe("17.10 container apps (arm.md 9)", () => {
  it("PUT is 201 on update too; secrets without values are refused, and kept by PATCH", async () => {
    const app = on.at("Microsoft.App/containerApps/app");
    on.azure.portal.put(on.at("Microsoft.App/managedEnvironments/env"), {});
    const properties: JsonObject = {
      environmentId: on.at("Microsoft.App/managedEnvironments/env"),
      configuration: { secrets: [{ name: "token", value: "hush" }] },
      template: { containers: [{ name: "c", image: "i", env: [{ name: "TOKEN", secretRef: "token" }] }] },
    };
    expect([(await on.done("PUT", app, { properties })).status, (await on.done("PUT", app, { properties })).status]).toEqual([201, 201]);
    const read = await on.show(app);
    expect(JSON.stringify(read)).not.toContain("hush");
    expect((await on.done("PUT", app, read)).status).toBe(400);
    const lost = await on.done("PUT", app, { properties: { ...properties, configuration: {} } });
    expect([lost.status, JSON.stringify(on.azure.portal.hidden(app)).includes("hush")]).toEqual([400, true]);
    expect((await on.done("PATCH", app, { identity: users([on.identity("app")]) })).status).toBe(202);
    const listed = await on.ask("POST", `${app}/listSecrets`);
    expect([listed.body["value"], attachedTo(await on.show(app))]).toEqual([[{ name: "token", value: "hush" }], ["app"]]);
    const without = { ...properties, configuration: {}, template: { containers: [{ name: "c", image: "i" }] } };
    expect([(await on.done("PUT", app, { properties: without })).status, (await on.ask("POST", `${app}/listSecrets`)).body["value"]]).toEqual([201, []]);
  });
});

describe("17.11 managed clusters (arm.md 8)", () => {
  const cluster = (): string => on.at("Microsoft.ContainerService/managedClusters/cluster");
  const body = { properties: { dnsPrefix: "c", agentPoolProfiles: [{ name: "p", count: 1, mode: "System" }] } };

  it("one identity, no values of one's own, flat errors", async () => {
    const [a, b] = [on.identity("one"), on.identity("two")];
    await on.done("PUT", cluster(), { ...body, identity: users([a]) });
    const two = await on.ask("PUT", cluster(), { ...body, identity: users([a, b]) });
    expect([two.status, "error" in two.body, typeof two.body["code"]]).toEqual([400, false, "string"]);
    const forged = { type: "UserAssigned", userAssignedIdentities: { [a]: { principalId: "forged" } } };
    expect(told(await on.ask("PUT", cluster(), { ...body, identity: forged }))).toEqual([400, "InvalidIdentityValues"]);
    const stored = objectAt((await on.show(cluster()))["identity"], "userAssignedIdentities");
    for (const userAssignedIdentities of [{ [a]: {} }, stored, { [a]: null, [b]: {} }]) {
      expect((await on.done("PUT", cluster(), { ...body, identity: { type: "UserAssigned", userAssignedIdentities } })).status).toBe(200);
    }
    expect(attachedTo(await on.show(cluster()))).toEqual(["two"]);
  });

  it("If-Match on PUT, PATCH and DELETE", async () => {
    await on.done("PUT", cluster(), body);
    const etag = propertyText(await on.show(cluster()), "eTag");
    expect(etag).not.toBe("");
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      expect(told(await on.ask(method, cluster(), method === "PUT" ? body : { tags: {} }, { "if-match": '"stale"' }))[0]).toBe(412);
    }
    expect((await on.done("PUT", cluster(), body, { "if-match": etag })).status).toBe(200);
  });

  it("PATCH changes tags only", async () => {
    await on.done("PUT", cluster(), { ...body, identity: users([on.identity("one")]) });
    await on.done("PATCH", cluster(), { tags: { a: "b" }, identity: { type: "SystemAssigned" }, properties: { dnsPrefix: "other" } });
    const read = await on.show(cluster());
    expect([read["tags"], attachedTo(read), property(read, "dnsPrefix")]).toEqual([{ a: "b" }, ["one"], "c"]);
  });
});
