import { readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { createLocalJWKSet, jwtVerify } from "jose";
import { stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { getFromApiServer } from "./api-server-request.ts";
import { findBinaries } from "./binaries.ts";
import { type ControlPlane, jwks, kubectl, serviceAccountKubeconfig, startControlPlane } from "./control-plane.ts";
import { connect } from "./vitest-setup.ts";

const plane = connect();

/** Runs kubectl as admin and returns its output; a failure fails the test with kubectl's own words. */
async function succeed(args: readonly string[], input = "", on = plane): Promise<string> {
  const answer = await kubectl(on, args, { input });
  expect(answer.stderr).toBe("");
  expect(answer.code).toBe(0);
  return answer.stdout;
}

describe("the programs", () => {
  it("report the version that is pinned", async () => {
    const { version } = await findBinaries();
    const answer = JSON.parse(await succeed(["version", "--output=json"])) as Record<string, { gitVersion: string; minor: string }>;
    const reported = { client: answer["clientVersion"]?.gitVersion, server: answer["serverVersion"]?.gitVersion };
    expect(answer["serverVersion"]?.minor).toBe("36");
    expect(reported).toEqual({ client: version ?? reported.client, server: version ?? reported.client });
  });

  it("serve /readyz on a connection that their own authority vouches for", async () => {
    const answer = await getFromApiServer({ server: plane.server, caPem: plane.caPem, path: "/readyz" });
    expect(answer).toEqual({ status: 200, body: "ok" });
  });
});

describe("the controllers", () => {
  it("give a new namespace its ServiceAccount and let a deleted namespace vanish with what is in it", async () => {
    await succeed(["create", "namespace", "cp-vanishing"]);
    await succeed(["wait", "--for=create", "serviceaccount/default", "--namespace=cp-vanishing"]);
    await succeed(["create", "configmap", "content", "--namespace=cp-vanishing"]);
    await succeed(["delete", "namespace", "cp-vanishing", "--wait"]);
    const gone = await kubectl(plane, ["get", "namespace", "cp-vanishing"]);
    expect(gone.stderr).toContain('namespaces "cp-vanishing" not found');
  });

  it("collect what a deleted owner leaves", async () => {
    await succeed(["create", "namespace", "cp-garbage"]);
    await succeed(["create", "configmap", "owner", "--namespace=cp-garbage"]);
    const uid = await succeed(["get", "configmap", "owner", "--namespace=cp-garbage", "--output=jsonpath={.metadata.uid}"]);
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid }];
    const dependant = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "dependant", namespace: "cp-garbage", ownerReferences } };
    await succeed(["create", "--filename=-"], stringify(dependant));
    await succeed(["delete", "configmap", "owner", "--namespace=cp-garbage", "--cascade=foreground"]);
    const gone = await kubectl(plane, ["get", "configmap", "dependant", "--namespace=cp-garbage"]);
    expect(gone.stderr).toContain('configmaps "dependant" not found');
  });

  it("aggregate what the role `edit` may do", async () => {
    await succeed(["wait", "clusterrole/edit", "--for=jsonpath={.rules[0].verbs[0]}"]);
    const rules = await succeed(["get", "clusterrole", "edit", "--output=jsonpath={.rules[*].resources}"]);
    expect(rules).toContain("configmaps");
  });
});

describe("a ServiceAccount", () => {
  beforeAll(async () => {
    await succeed(["create", "namespace", "cp-accounts"]);
    await succeed(["create", "serviceaccount", "workload", "--namespace=cp-accounts"]);
  });

  it("gets a token for Entra's audience that the published keys verify", async () => {
    const audience = "api://AzureADTokenExchange";
    const token = await succeed(["create", "token", "workload", "--namespace=cp-accounts", `--audience=${audience}`]);
    const keys = createLocalJWKSet(await jwks(plane));
    const { payload, protectedHeader } = await jwtVerify(token.trim(), keys, { issuer: plane.issuer, audience });
    expect(payload.sub).toBe("system:serviceaccount:cp-accounts:workload");
    expect(protectedHeader.alg).toBe("RS256");
  });

  it("may do nothing by itself", async () => {
    const kubeconfig = await serviceAccountKubeconfig(plane, { namespace: "cp-accounts", name: "workload" });
    const denied = await kubectl(plane, ["get", "secrets"], { kubeconfig });
    expect(denied.code).toBe(1);
    expect(denied.stderr).toContain('User "system:serviceaccount:cp-accounts:workload" cannot list resource "secrets"');
  });

  it("may do what a role grants it, with the token in its file at that moment", async () => {
    const namespace = "cp-accounts";
    await succeed(["create", "role", "reader", "--verb=list", "--resource=secrets", `--namespace=${namespace}`]);
    const subject = `--serviceaccount=${namespace}:workload`;
    await succeed(["create", "rolebinding", "reader", "--role=reader", subject, `--namespace=${namespace}`]);
    const kubeconfig = await serviceAccountKubeconfig(plane, { namespace, name: "workload" });
    const args = ["get", "secrets"];
    expect(await kubectl(plane, args, { kubeconfig })).toMatchObject({ code: 0 });

    const tokenFile = /tokenFile: (.+)/.exec(await readFile(kubeconfig, "utf8"))?.[1] ?? "";
    await writeFile(tokenFile, "rotated-to-nonsense");
    expect(await kubectl(plane, args, { kubeconfig })).toMatchObject({ code: 1 });
  });

  it("that does not exist has no kubeconfig", async () => {
    const nobody = serviceAccountKubeconfig(plane, { namespace: "cp-accounts", name: "nobody" });
    await expect(nobody).rejects.toThrow(/^cannot get a token for ServiceAccount cp-accounts\/nobody: .*not found/);
  });
});

describe("a control plane of one's own", () => {
  let own: ControlPlane;
  beforeAll(async () => {
    own = await startControlPlane({ issuer: "https://issuer.example.test/own" });
  });
  afterAll(async () => {
    await own.stop();
  });

  it("has another address and the issuer it was given", async () => {
    expect(dirname(own.adminKubeconfig)).not.toBe(dirname(plane.adminKubeconfig));
    const answer = await getFromApiServer({
      server: own.server,
      caPem: own.caPem,
      path: "/.well-known/openid-configuration",
      token: await ownToken(own),
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      issuer: "https://issuer.example.test/own",
      jwks_uri: "https://issuer.example.test/own/openid/v1/jwks",
    });
  });

  it("restarts its API server at the same address with its state and its keys", async () => {
    await succeed(["create", "namespace", "cp-restart"], "", own);
    const before = await jwks(own);
    await own.stopApiServer();
    await expect(getFromApiServer({ server: own.server, caPem: own.caPem, path: "/readyz" })).rejects.toThrow(/ECONNREFUSED/);
    await own.startApiServer();
    expect(await succeed(["get", "namespace", "cp-restart", "--output=name"], "", own)).toBe("namespace/cp-restart\n");
    expect(await jwks(own)).toEqual(before);
  });
});

it("a program that ends at its start is an error with its last words", async () => {
  const started = startControlPlane({ issuer: "http://not-https.test" });
  onTestFinished(async () => {
    await started.then(
      (plane) => plane.stop(),
      () => undefined,
    );
  });
  await expect(started).rejects.toThrow(/^cannot start kube-apiserver: exit code 1: .*requires https scheme/);
});

async function ownToken(own: ControlPlane): Promise<string> {
  return (await kubectl(own, ["create", "token", "default"])).stdout.trim();
}
