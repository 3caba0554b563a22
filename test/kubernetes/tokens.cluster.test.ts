import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { requestToken } from "../../src/kubernetes/tokens.ts";
import { connect } from "../control-plane/vitest-setup.ts";
import { DEPLOY } from "../deploy/documents.ts";
import { openWriter, OPERATOR_USER, playgroundOn } from "./cluster.ts";

const playground = playgroundOn(connect(), "kubernetes-tokens");
const AUDIENCE = "api://AzureADTokenExchange";

beforeAll(async () => {
  for (const file of ["cluster-role", "cluster-role-binding"]) await playground.kubectl(["apply", "--server-side", "-f", join(DEPLOY, `kustomize/base/${file}.yaml`)]);
  for (const name of ["azure-identity", "other"]) await playground.within(["create", "serviceaccount", name]);
});

const uidOf = (name: string) => playground.within(["get", "serviceaccount", name, "-o", "jsonpath={.metadata.uid}"]);

/** Asks as the operator, with the ClusterRole that we ship. */
async function asked(name: string, uid: string, namespace = playground.namespace) {
  const { connection } = await openWriter(playground.plane, OPERATOR_USER);
  return requestToken(connection, { namespace, name, uid, audience: AUDIENCE });
}

describe("a token of a ServiceAccount", () => {
  it("is of that account, for that audience and for ten minutes", async () => {
    const answer = await asked("azure-identity", await uidOf("azure-identity"));
    const token = answer.is === "issued" ? answer.token : "";
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as { readonly aud: unknown; readonly sub: string; readonly exp: number; readonly iat: number };
    expect([claims.aud, claims.sub, claims.exp - claims.iat]).toEqual([[AUDIENCE], `system:serviceaccount:${playground.namespace}:azure-identity`, 600]);
  });

  it("is not had for another life of the account", async () => {
    const answer = await asked("azure-identity", "00000000-0000-0000-0000-000000000000");
    expect(answer.is).toBe("refused");
  });

  it("is not had of an account of another name: the ClusterRole names one", async () => {
    const answer = await asked("other", await uidOf("other"));
    expect(answer).toMatchObject({ is: "refused", isTemporary: false, problem: expect.stringContaining("forbidden") as string });
  });

  it("is not had of one that is not there", async () => {
    expect(await asked("azure-identity", "u", "kubernetes-tokens-nowhere")).toMatchObject({ is: "refused", isTemporary: false });
  });
});
