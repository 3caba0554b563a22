import { describe, expect, it } from "vitest";
import { AccessError, missingResources, namespaceUid } from "../../src/kubernetes/access.ts";
import { discoverIssuer } from "../../src/kubernetes/issuer.ts";
import type { FakeRequest } from "./fake-api-server.ts";
import { startConnection } from "./fake-connection.ts";
import { GADGETS } from "./gadgets.ts";

describe("the uid of a namespace", () => {
  it("is read from it", async () => {
    const { server, connection } = await startConnection();
    const reading = namespaceUid(connection, "kube-system");
    const request = await server.next();
    request.json(200, { metadata: { name: "kube-system", uid: "1-2-3" } });
    expect(await reading).toBe("1-2-3");
    expect(request.path).toBe("/api/v1/namespaces/kube-system");
  });

  it.each<[string, (request: FakeRequest) => void, RegExp]>([
    ["who we are is not accepted", (request) => request.status(401, "Unauthorized", "Unauthorized"), /: renew them$/],
    ["we may not", (request) => request.status(403, "Forbidden", "may not get namespaces"), /may not get namespaces: apply the ClusterRole and its binding in deploy\/kustomize\/base$/],
    ["the server is in trouble", (request) => request.status(500, "InternalError", "etcd is sad"), /etcd is sad: see the log of the API server$/],
    ["nobody answers", (request) => request.reset(), /does not answer: ECONNRESET: check that http.* is up and can be reached from here$/],
  ])("cannot be read when %s, and the message says what to do", async (_, answer, message) => {
    const { server, connection } = await startConnection();
    const reading = namespaceUid(connection, "kube-system").catch((error: unknown) => error);
    answer(await server.next());
    const error = await reading;
    if (!(error instanceof AccessError)) throw new Error("the uid was read");
    expect(error.message).toMatch(/^cannot read namespace kube-system: [^\n]*$/);
    expect(error.message).toMatch(message);
  });
});

describe("the issuer of the cluster", () => {
  it.each<[string, (request: FakeRequest) => void, object]>([
    ["is what the API server names", (request) => request.json(200, { issuer: "https://issuer.example/a/" }), { is: "found", issuer: "https://issuer.example/a/" }],
    ["is unknown where we may not ask", (request) => request.status(403, "Forbidden", "may not get"), { is: "unknown", problem: "may not get" }],
    ["is unknown where there is no discovery", (request) => request.text(404, "404 page not found\n"), { is: "unknown", problem: "404 page not found" }],
    ["is unknown where a proxy answers", (request) => request.text(200, "<html>"), { is: "unknown", problem: "/.well-known/openid-configuration names none" }],
  ])("%s", async (_, answer, want) => {
    const { server, connection } = await startConnection();
    const discovering = discoverIssuer(connection);
    const request = await server.next();
    answer(request);
    expect(await discovering).toEqual(want);
    expect(request.path).toBe("/.well-known/openid-configuration");
  });

  it("cannot be told when nobody answers", async () => {
    const { server, connection } = await startConnection();
    const discovering = discoverIssuer(connection).catch((error: unknown) => error);
    (await server.next()).reset();
    expect(await discovering).toMatchObject({ name: "AccessError", message: expect.stringMatching(/^cannot discover the issuer of the cluster: .*ECONNRESET/) as string });
  });
});

describe("resources that are missing", () => {
  const other = { ...GADGETS, plural: "gizmos" };
  const elsewhere = { ...GADGETS, group: "none.test" };

  it("are those that the discovery of their group lacks, asked once per group", async () => {
    const { server, connection } = await startConnection();
    const looking = missingResources(connection, [GADGETS, other, elsewhere]);
    (await server.next()).json(200, { resources: [{ name: "gadgets" }, { name: "gadgets/status" }] });
    (await server.next()).text(404, "404 page not found\n");
    expect(await looking).toEqual([other, elsewhere]);
    expect(server.untaken).toEqual([]);
  });

  it("are not guessed when the server is in trouble", async () => {
    const { server, connection } = await startConnection();
    const looking = expect(missingResources(connection, [GADGETS])).rejects.toThrow(/^cannot discover gadgets\.kubernetes\.test: starting/);
    (await server.next()).status(503, "ServiceUnavailable", "starting");
    await looking;
  });
});
