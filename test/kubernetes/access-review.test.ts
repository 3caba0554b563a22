import { describe, expect, test } from "vitest";
import type { Permission } from "../../src/api/permission.ts";
import { createAccessReview } from "../../src/kubernetes/access-review.ts";
import type { FakeRequest } from "./fake-api-server.ts";
import { startConnection } from "./fake-connection.ts";
import { RecordingLog } from "./recording-log.ts";

const onAzure: Permission = { verb: "use", path: "spec", resource: "azureresources", name: "/subscriptions/a" };
const onObject: Permission = { verb: "use", path: "spec", resource: "userassignedidentities", namespace: "team-green", name: "payroll" };

async function scene() {
  const { server, connection } = await startConnection();
  const log = new RecordingLog();
  const review = createAccessReview(connection, log);
  const ask = async (permission: Permission, answer: (request: FakeRequest) => void) => {
    const asking = review("team-blue", permission);
    const request = await server.next();
    answer(request);
    return { said: await asking, request };
  };
  return { ask, log };
}

const allowed = (is: boolean) => (request: FakeRequest) => request.json(201, { kind: "SubjectAccessReview", status: { allowed: is } });

describe("a permission of a namespace", () => {
  test("is asked for its ServiceAccount, with the groups that the API server gives to it", async () => {
    const { ask } = await scene();
    const { said, request } = await ask(onAzure, allowed(true));
    expect([said, request.method, request.path]).toEqual(["granted", "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews"]);
    expect((JSON.parse(request.body) as { spec: unknown }).spec).toEqual({
      user: "system:serviceaccount:team-blue:azure-identity",
      groups: ["system:serviceaccounts", "system:serviceaccounts:team-blue", "system:authenticated"],
      resourceAttributes: { group: "azureidentity.dev", resource: "azureresources", verb: "use", name: "/subscriptions/a" },
    });
  });

  test("on an object is asked in the namespace of that", async () => {
    const { ask } = await scene();
    const { said, request } = await ask(onObject, allowed(false));
    expect(said).toBe("denied");
    expect(JSON.parse(request.body)).toMatchObject({ spec: { resourceAttributes: { namespace: "team-green", name: "payroll" } } });
  });

  test.each<[string, (request: FakeRequest) => void, string]>([
    ["we may not ask", (request) => request.status(403, "Forbidden", "may not create subjectaccessreviews"), "may not create subjectaccessreviews"],
    ["the server is in trouble", (request) => request.status(500, "InternalError", "etcd is sad"), "etcd is sad"],
    ["the answer says nothing", (request) => request.json(201, { kind: "SubjectAccessReview" }), "the answer has no status"],
    ["nobody answers", (request) => request.reset(), "ECONNRESET"],
  ])("is unknown when %s, which the log says once", async (_what, answer, problem) => {
    const { ask, log } = await scene();
    expect([(await ask(onAzure, answer)).said, (await ask(onObject, answer)).said]).toEqual(["unknown", "unknown"]);
    expect(log.at("warn")).toHaveLength(1);
    expect(String(log.lines[0]?.fields["problem"])).toContain(problem);
    await ask(onAzure, allowed(true));
    await ask(onAzure, answer);
    expect(log.at("warn")).toHaveLength(2);
  });
});
