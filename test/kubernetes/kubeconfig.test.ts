import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NoClusterError } from "../../src/kubernetes/connection.ts";
import { loadCluster } from "../../src/kubernetes/kubeconfig.ts";
import type { ClusterSettings, ClusterSource } from "../../src/kubernetes/kubeconfig.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kubeconfig-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

async function write(path: string, content: string | object): Promise<string> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

/** A kubeconfig with one context of the given name. */
function config(user: object, name = "main", cluster: object = {}): object {
  return {
    clusters: [{ name, cluster: { server: `https://${name}.test:6443/`, ...cluster } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
}

function load(source: ClusterSource, environment: NodeJS.ProcessEnv = {}): Promise<ClusterSettings> {
  return loadCluster(source, { environment: { HOME: directory, ...environment }, root: directory });
}

describe("where the cluster is", () => {
  it("is said by the kubeconfig that was named, before everything else", async () => {
    const named = await write("named", config({ token: "t" }, "named"));
    const listed = await write("listed", config({ token: "t" }, "listed"));
    expect((await load({ kubeconfig: named }, { KUBECONFIG: listed })).server).toBe("https://named.test:6443");
  });

  it("is said by the files of KUBECONFIG, of which the first decides the context", async () => {
    const first = await write("first", { ...config({ token: "t" }, "first") });
    const second = await write("second", config({ token: "t" }, "second"));
    const environment = { KUBECONFIG: [first, second].join(delimiter) };
    expect((await load({}, environment)).server).toBe("https://first.test:6443");
    expect((await load({ context: "second" }, environment)).server).toBe("https://second.test:6443");
  });

  it("is said by the pod's ServiceAccount when there is no KUBECONFIG", async () => {
    vi.stubEnv("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    vi.stubEnv("KUBERNETES_SERVICE_PORT", "443");
    const account = "var/run/secrets/kubernetes.io/serviceaccount";
    await write(`${account}/ca.crt`, "authority");
    const token = await write(`${account}/token`, "of-the-pod\n");
    await write(".kube/config", config({ token: "t" }));
    const settings = await load({}, { KUBERNETES_SERVICE_HOST: "10.0.0.1" });
    expect([settings.server, String(settings.tls.ca)]).toEqual(["https://10.0.0.1:443", "authority"]);
    expect(settings.namespace).toBeUndefined();
    await write(`${account}/namespace`, "azure-identity-system");
    expect((await load({}, { KUBERNETES_SERVICE_HOST: "10.0.0.1" })).namespace).toBe("azure-identity-system");
    expect(await settings.readAuthorization()).toBe("Bearer of-the-pod");
    await writeFile(token, "rotated\n");
    expect(await settings.readAuthorization()).toBe("Bearer rotated");
  });

  it("is said by the kubeconfig of the home directory at last", async () => {
    await write(".kube/config", config({ token: "t" }, "home"));
    expect((await load({})).server).toBe("https://home.test:6443");
  });
});

describe("the namespace", () => {
  it("is that of the context, where it names one", async () => {
    const contexts = [{ name: "main", context: { cluster: "main", user: "main", namespace: "jobs" } }];
    expect((await load({ kubeconfig: await write("with", { ...config({ token: "t" }), contexts }) })).namespace).toBe("jobs");
    expect(await load({ kubeconfig: await write("without", config({ token: "t" })) })).not.toHaveProperty("namespace");
  });
});

describe("who we are", () => {
  it.each([
    ["a token", { token: "abc" }, "Bearer abc"],
    ["a password", { username: "u", password: "p" }, `Basic ${Buffer.from("u:p").toString("base64")}`],
    ["nothing", {}, undefined],
  ])("is %s", async (_, user, header) => {
    const settings = await load({ kubeconfig: await write("config", config(user)) });
    expect(await settings.readAuthorization()).toBe(header);
  });

  it("is a token in a file, beside the kubeconfig, read anew each time", async () => {
    const kubeconfig = await write("config", config({ tokenFile: "tokens/mine" }));
    const token = await write("tokens/mine", "one\n");
    const settings = await load({ kubeconfig });
    expect(await settings.readAuthorization()).toBe("Bearer one");
    await writeFile(token, "two");
    expect(await settings.readAuthorization()).toBe("Bearer two");
  });

  it("is what a plugin prints", async () => {
    const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token: "printed" } };
    const exec = { apiVersion: credential.apiVersion, command: process.execPath, args: ["-p", `'${JSON.stringify(credential)}'`] };
    const settings = await load({ kubeconfig: await write("config", config({ exec })) });
    expect(await settings.readAuthorization()).toBe("Bearer printed");
  });

  it("is a client certificate, with the authority and the server's name", async () => {
    const data = (text: string): string => Buffer.from(text).toString("base64");
    const user = { "client-certificate-data": data("cert"), "client-key-data": data("key"), as: "somebody" };
    const cluster = { "certificate-authority-data": data("ca"), "tls-server-name": "real.test" };
    const { tls, headers } = await load({ kubeconfig: await write("config", config(user, "main", cluster)) });
    expect([String(tls.ca), String(tls.cert), String(tls.key), tls.servername]).toEqual(["ca", "cert", "key", "real.test"]);
    expect(headers).toEqual({ "Impersonate-User": "somebody" });
  });
});

describe("settings that cannot be used", () => {
  it("are none at all", async () => {
    const loading = load({});
    await expect(loading).rejects.toThrow(NoClusterError);
    await expect(loading).rejects.toThrow(
      "cannot find a cluster: KUBECONFIG is not set, ~/.kube/config does not exist, and this is no pod: name a kubeconfig with --kubeconfig",
    );
  });

  it.each([
    ["is no YAML", "{", {}, /unexpected end of the stream/],
    ["has no such context", config({}), { context: "other" }, /it has no context "other"/],
    ["has no cluster for its context", { ...config({}), clusters: [] }, {}, /it has no cluster "main"/],
    ["needs a proxy", config({}, "main", { "proxy-url": "http://proxy.test" }), {}, /proxy-url is not supported/],
    ["sends secrets in the clear", config({}, "main", { server: "http://main.test" }), {}, /HTTP protocol is not allowed/],
    ["is empty", "", {}, /./],
  ])("are those of a kubeconfig that %s", async (_, content, source, detail) => {
    const kubeconfig = await write("config", content);
    const error = await load({ kubeconfig, ...source }).catch((reason: unknown) => reason);
    if (!(error instanceof NoClusterError)) throw new Error("the kubeconfig was taken");
    expect(error.message).toMatch(/^cannot use kubeconfig .*: correct it, or name another one with --kubeconfig$/);
    expect(error.message).toMatch(detail);
  });

  it("are those of a file that does not exist", async () => {
    await expect(load({ kubeconfig: join(directory, "none") })).rejects.toThrow(/^cannot use kubeconfig .*none: ENOENT/);
  });
});
