import { describe, expect, test } from "vitest";
import { installationDigester } from "../../src/commands/digester.ts";
import { startConnection } from "../kubernetes/fake-connection.ts";
import { RecordingLog } from "../kubernetes/recording-log.ts";

const WARNING = "The digest key of the installation cannot be had: whether hidden values changed is unknown, which by itself is never a reason to write";
const secret = { metadata: { name: "azure-identity-operator-digest-key" }, data: { key: Buffer.alloc(32, 7).toString("base64") } };

describe("the digester of the installation", () => {
  test("uses the key in the operator's namespace, and says nothing", async () => {
    const { server, connection } = await startConnection();
    const log = new RecordingLog();
    const starting = installationDigester({}, { ...connection, namespace: "azure-identity-system" }, log);
    const request = await server.next();
    request.json(200, secret);
    expect((await starting).digestKeyId).toBe("4bb06f8e");
    expect(request.path).toBe("/api/v1/namespaces/azure-identity-system/secrets/azure-identity-operator-digest-key");
    expect(log.lines).toEqual([]);
  });

  test("prefers the namespace of the flag", async () => {
    const { server, connection } = await startConnection();
    const starting = installationDigester({ operatorNamespace: "named" }, { ...connection, namespace: "other" }, new RecordingLog());
    const request = await server.next();
    request.json(200, secret);
    await starting;
    expect(request.path).toContain("/namespaces/named/");
  });

  test("without a namespace runs with a key of the process, and says what that means", async () => {
    const { connection } = await startConnection();
    const log = new RecordingLog();
    const [one, other] = [await installationDigester({}, connection, log), await installationDigester({}, connection, log)];
    expect(one.digestKeyId).not.toBe(other.digestKeyId);
    expect(log.lines[0]).toEqual({
      level: "warn",
      message: WARNING,
      fields: { problem: "cannot tell the operator's own namespace: neither a pod nor the kubeconfig's context names it: name it with --operator-namespace" },
    });
  });

  test("without permission, too", async () => {
    const { server, connection } = await startConnection();
    const log = new RecordingLog();
    const starting = installationDigester({ operatorNamespace: "named" }, connection, log);
    (await server.next()).status(403, "Forbidden", "may not get secrets");
    expect((await starting).digest("a")).toMatch(/^[0-9a-f]{8}:[0-9a-f]{64}$/);
    expect(log.at("warn")).toEqual([WARNING]);
  });

  test("cannot be had when nobody answers: that says nothing about the key", async () => {
    const { server, connection } = await startConnection();
    const starting = installationDigester({ operatorNamespace: "named" }, connection, new RecordingLog()).catch((error: unknown) => error);
    (await server.next()).reset();
    expect(await starting).toMatchObject({ name: "AccessError" });
  });
});
