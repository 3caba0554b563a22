import { request } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setStage, type Stage } from "./stage.ts";

const NAMESPACE = "e2e-metrics";
const READER = "azure-identity-operator-metrics-reader";
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE] });
  await stage.startOperator(["--metrics-secure=true"]);
  await Promise.all(["prometheus", "stranger"].map((name) => stage.kubectl("create", "serviceaccount", name, "-n", NAMESPACE)));
  await stage.kubectl("create", "clusterrolebinding", "metrics-of-prometheus", `--clusterrole=${READER}`, `--serviceaccount=${NAMESPACE}:prometheus`);
});

afterAll(() => stage.close());

const tokenOf = async (name: string, ...args: readonly string[]) => (await stage.kubectl("create", "token", name, "-n", NAMESPACE, ...args)).trim();

function metrics(token?: string): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(stage.operator().metricsUrl);
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const asked = request({ host: "127.0.0.1", port, path: "/metrics", headers, agent: false, rejectUnauthorized: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode, body }));
    });
    asked.once("error", reject);
    asked.end();
  });
}

test("metrics are for accounts that the ClusterRole allows, by TLS, and for nobody else", async () => {
  const friend = await tokenOf("prometheus");
  expect(await metrics(friend)).toMatchObject({ status: 200, body: expect.stringContaining("azid_build_info") as string });
  expect((await metrics()).status).toBe(401);
  expect((await metrics("not-a-token")).status).toBe(401);
  expect((await metrics(await tokenOf("prometheus", "--audience=api://AzureADTokenExchange"))).status).toBe(401);
  expect(await metrics(await tokenOf("stranger"))).toEqual({
    status: 403,
    body: `forbidden: system:serviceaccount:${NAMESPACE}:stranger may not get /metrics: bind it to a ClusterRole with that nonResourceURL\n`,
  });
  await expect(fetch(`${stage.operator().metricsUrl}/metrics`)).rejects.toThrow();
});

test("while the API server is away, nobody new gets through, and no token is in the log", async () => {
  const [friend, late] = [await tokenOf("prometheus"), await tokenOf("prometheus")];
  expect((await metrics(friend)).status).toBe(200);
  await stage.plane.stopApiServer();
  expect((await metrics(friend)).status).toBe(200);
  expect((await metrics(late)).status).toBe(403);
  await stage.plane.startApiServer();
  expect((await metrics(late)).status).toBe(200);
  const log = await stage.operator().output();
  expect(log).toContain("Who reads the metrics could not be judged, so that nobody does");
  for (const token of [friend, late]) expect(log).not.toContain(token.split(".")[2] ?? "?");
});
