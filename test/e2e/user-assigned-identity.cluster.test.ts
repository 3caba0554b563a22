import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connect } from "../control-plane/vitest-setup.ts";
import { identity, identityId } from "./objects.ts";
import { isReady, setStage, type Stage, TENANT } from "./stage.ts";

const NAMESPACE = "e2e-identity";
let stage: Stage;

beforeAll(async () => {
  stage = await setStage(connect(), { namespaces: [NAMESPACE] });
  await stage.startOperator();
});

afterAll(() => stage.close());

beforeEach(() => stage.azure.clearRequests());

describe("a UserAssignedIdentity", () => {
  test("becomes Ready with its ids by one GET and one PUT, and three writes to Kubernetes and an event", async () => {
    const before = await stage.kubernetesWrites();
    await stage.apply(identity(NAMESPACE, "reader", { tags: { team: "web" } }));
    const ready = await stage.until("uai", "reader", isReady);
    const made = stage.azure.portal.get(identityId("reader"));
    expect(ready.status).toMatchObject({ resourceId: identityId("reader"), tenantId: TENANT, ...(made?.["properties"] as object) });
    expect(stage.arm().map(({ method, status }) => `${method} ${status}`)).toEqual(["GET 404", "PUT 201"]);
    expect(await stage.kubernetesWrites()).toBe(before + 4);
    expect(made?.["tags"]).toMatchObject({ team: "web", "azureidentity.dev-owner": expect.stringMatching(/\/e2e-identity\/reader$/) as string });
  });
});
