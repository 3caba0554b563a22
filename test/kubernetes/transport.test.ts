import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CustomObjectsApi } from "@kubernetes/client-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect } from "../../src/kubernetes/connection.ts";
import type { Connection, ConnectOptions } from "../../src/kubernetes/connection.ts";
import { NoAnswerError } from "../../src/kubernetes/transport.ts";
import type { RequestObservation } from "../../src/kubernetes/transport.ts";
import { servingCertificate } from "../azure/kernel/certificates.ts";
import { FakeApiServer } from "./fake-api-server.ts";
import { VirtualClock } from "./virtual-clock.ts";

const GADGET = { group: "kubernetes.test", version: "v1", namespace: "one", plural: "gadgets", name: "a" };

const certificate = servingCertificate(Date.now());

/** A TLS server, a kubeconfig for it whose token is in a file, and a connection. */
async function startConnected(options: Partial<ConnectOptions> = {}, caPem = certificate.caPem) {
  const server = new FakeApiServer({ key: certificate.keyPem, cert: certificate.certificatePem });
  await server.start();
  const directory = await mkdtemp(join(tmpdir(), "transport-"));
  const tokenFile = join(directory, "token");
  const kubeconfig = join(directory, "kubeconfig");
  await writeFile(tokenFile, "first\n");
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server: server.origin, "certificate-authority-data": Buffer.from(caPem).toString("base64") } }],
      users: [{ name: "u", user: { tokenFile: "token" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  const connection = await connect({ kubeconfig, userAgent: "test/1", clock: new VirtualClock(), ...options });
  onTestFinished(async () => {
    await connection.close();
    await server.stop();
    await rm(directory, { recursive: true });
  });
  return { server, connection, tokenFile };
}

function get(connection: Connection, path: string, signal?: AbortSignal) {
  return connection.transport.request({ method: "GET", path, ...(signal === undefined ? {} : { signal }) });
}

describe("client-node's API classes", () => {
  it("share a TLS connection or two for a hundred requests in a row", async () => {
    const { server, connection } = await startConnected();
    const api = new CustomObjectsApi(connection.configuration);
    for (let count = 0; count < 100; count += 1) {
      const reading = api.getNamespacedCustomObject(GADGET);
      (await server.next()).json(200, { count });
      expect(await reading).toEqual({ count });
    }
    expect(server.handshakes).toBeLessThanOrEqual(2);
  });

  it("send who we are, the token and what they were told", async () => {
    const { server, connection } = await startConnected();
    const reading = new CustomObjectsApi(connection.configuration).getNamespacedCustomObject(GADGET);
    const request = await server.next();
    request.json(200, {});
    await reading;
    expect([request.method, request.path]).toEqual(["GET", "/apis/kubernetes.test/v1/namespaces/one/gadgets/a"]);
    expect(request.headers).toMatchObject({ "user-agent": "test/1", authorization: "Bearer first" });
  });

  it("do not run out of connections by answers that they never read", async () => {
    const { server, connection } = await startConnected();
    const api = new CustomObjectsApi(connection.configuration);
    const readings = Array.from({ length: 80 }, () => api.getNamespacedCustomObject(GADGET).catch((error: unknown) => error));
    for (let count = 0; count < 80; count += 1) (await server.next()).status(401, "Unauthorized", "no".repeat(100_000));
    const errors = await Promise.all(readings);
    expect(errors.every((error) => error instanceof Error && "code" in error && error.code === 401)).toBe(true);
    expect(server.handshakes).toBeLessThanOrEqual(32);
  });
});

describe("a 401", () => {
  it("makes the token be read again and the request be made once more", async () => {
    const { server, connection, tokenFile } = await startConnected();
    const asking = get(connection, "/api");
    const refused = await server.next();
    await writeFile(tokenFile, "second\n");
    refused.status(401, "Unauthorized", "token is too old");
    const repeated = await server.next();
    expect([refused.headers.authorization, repeated.headers.authorization]).toEqual(["Bearer first", "Bearer second"]);
    repeated.json(200, {});
    expect((await asking).code).toBe(200);
  });

  it("is the answer when the new token is refused, too, and when there is no new one", async () => {
    const { server, connection, tokenFile } = await startConnected();
    const asking = get(connection, "/api");
    const refused = await server.next();
    await writeFile(tokenFile, "second\n");
    refused.status(401, "Unauthorized", "token is too old");
    (await server.next()).status(401, "Unauthorized", "who is that");
    expect(await asking).toMatchObject({ code: 401, text: expect.stringContaining("who is that") as string });
    const again = get(connection, "/api");
    (await server.next()).status(401, "Unauthorized", "who is that");
    expect((await again).code).toBe(401);
    expect(server.untaken).toEqual([]);
  });

  it("for more requests than there are connections leaves none of them waiting", async () => {
    const { server, connection, tokenFile } = await startConnected();
    const asking = Array.from({ length: 48 }, () => get(connection, "/api"));
    const first = await server.next();
    await writeFile(tokenFile, "second\n");
    first.status(401, "Unauthorized", "no".repeat(200_000));
    for (let answered = 0; answered < 48; ) {
      const request = await server.next();
      if (request.headers.authorization === "Bearer second") {
        request.json(200, {});
        answered += 1;
      } else request.status(401, "Unauthorized", "no".repeat(200_000));
    }
    expect((await Promise.all(asking)).every(({ code }) => code === 200)).toBe(true);
  });

  it("of a watch is mended the same way", async () => {
    const { server, connection, tokenFile } = await startConnected();
    const opening = connection.transport.stream({ method: "GET", path: "/api/v1/namespaces?watch=true" });
    const refused = await server.next();
    await writeFile(tokenFile, "second\n");
    refused.status(401, "Unauthorized", "token is too old");
    (await server.next()).open();
    expect((await opening).is).toBe("open");
  });
});

describe("the transport", () => {
  it("keeps watches on connections of their own, as many as there are", async () => {
    const { server, connection } = await startConnected();
    for (let count = 0; count < 40; count += 1) {
      const opening = connection.transport.stream({ method: "GET", path: `/api/v1/namespaces?watch=true&n=${count}` });
      (await server.next()).open();
      await opening;
    }
    const asking = get(connection, "/api");
    (await server.next()).json(200, {});
    expect((await asking).code).toBe(200);
    expect(server.handshakes).toBe(41);
  });

  it("tells of each request without names in its path", async () => {
    const seen: RequestObservation[] = [];
    const { server, connection } = await startConnected({ onRequest: (observation) => seen.push(observation) });
    const first = get(connection, "/api/v1/namespaces/secret-name?pretty=true");
    (await server.next()).status(404, "NotFound", "no");
    await first;
    const second = get(connection, "/readyz");
    (await server.next()).reset();
    await expect(second).rejects.toThrow(NoAnswerError);
    expect(seen.map(({ method, path, code }) => [method, path, code])).toEqual([
      ["GET", "/api/v1/namespaces/{name}", "404"],
      ["GET", "/readyz", "<error>"],
    ]);
    expect(seen.every(({ durationMs }) => durationMs > 0)).toBe(true);
  });

  it("says in one line that the server does not answer, without its address", async () => {
    const { server, connection } = await startConnected();
    await server.stop();
    await expect(get(connection, "/api")).rejects.toThrow(/^the API server does not answer: ECONNREFUSED$/);
  });

  it("ends a request whose signal aborts with the signal's reason", async () => {
    const { server, connection } = await startConnected();
    const stopping = new AbortController();
    const asking = get(connection, "/api", stopping.signal);
    const request = await server.next();
    stopping.abort(new Error("enough"));
    await expect(asking).rejects.toThrow("enough");
    await request.closed();
  });

  it("ends everything when it is closed", async () => {
    const { server, connection } = await startConnected();
    const asking = get(connection, "/api");
    const request = await server.next();
    const refusal = expect(asking).rejects.toThrow(NoAnswerError);
    await connection.close();
    await refusal;
    await request.closed();
  });

  it("does not trust a server that another authority vouches for", async () => {
    const { server, connection } = await startConnected({}, servingCertificate(Date.now()).caPem);
    await expect(get(connection, "/api")).rejects.toThrow(/^the API server does not answer: [A-Z_]*(CERT|SIGNATURE)[A-Z_]*$/);
    expect(server.untaken).toEqual([]);
  });
});
