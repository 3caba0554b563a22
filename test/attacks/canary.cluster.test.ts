import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { DEPLOY } from "../deploy/documents.ts";
import { armId, identity } from "../e2e/objects.ts";
import { GROUP, isReady, reasonOf, setStage, type Stage, SUBSCRIPTION } from "../e2e/stage.ts";
import { Canaries } from "./canaries.ts";

const NAMESPACE = "canary";
const OWN = "canary-own";
const SECRET = "example-settings";
const place = { subscriptionId: SUBSCRIPTION, resourceGroup: GROUP, location: "westus2" };
const of = (key: string) => ({ secretKeyRef: { name: SECRET, key } });

const canaries = new Canaries();
const data = {
  setting: canaries.add("an app setting"),
  environment: canaries.add("a secret environment value"),
  password: canaries.add("a registry's password"),
  storage: canaries.add("a storage key", Buffer.from(canaries.add("the bytes of a storage key")).toString("base64")),
  unused: canaries.add("a key that nobody names"),
};
const token = canaries.add("what looks like a token", `eyJhbGciOiJSUzI1NiJ9.${Buffer.from("canary").toString("base64url")}.${canaries.add("a signature")}`);
const clientSecret = canaries.add("the client secret");
let stage: Stage;

beforeAll(async () => {
  const permissions = (principalId: string) => [{ principalId, actions: ["*"], scope: `/subscriptions/${SUBSCRIPTION}` }];
  stage = await setStage({ namespaces: [NAMESPACE], permissions, durations: { "Microsoft.ContainerInstance/containerGroups": 0.5 } });
  await stage.kubectl("apply", "-n", NAMESPACE, "-k", join(DEPLOY, "kustomize/namespace"));
  await stage.apply({ apiVersion: "v1", kind: "Secret", metadata: { name: SECRET, namespace: NAMESPACE }, stringData: data });
  await stage.startOperator(["--log-level=debug", "--sync-interval-seconds=10"]);
  canaries.add("the digest key", Buffer.from(await stage.kubectl("get", "secret", "azure-identity-operator-digest-key", "-n", "azure-identity-system", "-o", "jsonpath={.data.key}"), "base64").toString("latin1"));
});

afterAll(() => stage.close());

const plan = { apiVersion: "azureidentity.dev/v1alpha1", kind: "AppServicePlan", metadata: { name: "plan", namespace: NAMESPACE }, spec: { ...place, osType: "Linux", sku: { name: "B1" } } };
const app = (settings: readonly object[]) => ({
  apiVersion: "azureidentity.dev/v1alpha1",
  kind: "WebApp",
  metadata: { name: "canary-app", namespace: NAMESPACE },
  spec: { ...place, plan: { planRef: { name: "plan" } }, appSettings: [{ name: "CANARY", valueFrom: of("setting") }, ...settings] },
});
const group = (name: string, environment: readonly object[] = []) => ({
  apiVersion: "azureidentity.dev/v1alpha1",
  kind: "ContainerGroup",
  metadata: { name, namespace: NAMESPACE },
  spec: {
    ...place,
    osType: "Linux",
    containers: [
      {
        name: "app",
        image: "registry.example.com/app:1",
        resources: { requests: { cpu: 1, memoryInGB: 1 } },
        environmentVariables: [{ name: "CANARY", secureValueFrom: of("environment") }, ...environment],
        volumeMounts: [{ name: "settings", mountPath: "/settings" }, { name: "archive", mountPath: "/archive" }],
      },
    ],
    volumes: [
      { name: "settings", secret: { secretRef: { name: SECRET } } },
      { name: "archive", azureFile: { shareName: "archive", storageAccountName: "canary", storageAccountKeyFrom: of("storage") } },
    ],
    imageRegistryCredentials: [{ server: "registry.example.com", username: "reader", passwordFrom: of("password") }],
    allowDisruption: "Recreate",
  },
});

/** What Azure could say: what it was sent, in several forms, and a token and a signed URL on top. */
function echo(sent: readonly string[]): { readonly code: string; readonly message: string } {
  const url = `https://management.azure.com/subscriptions/${SUBSCRIPTION}/operations/1?api-version=1&t=639000000000000000&c=${"A".repeat(40)}&s=${"B".repeat(40)}&h=${"C".repeat(40)}`;
  const message = [`the request '${JSON.stringify({ properties: sent })}' is not valid`, ...sent.map(encodeURIComponent), ...sent.map((value) => Buffer.from(value).toString("base64")), `Bearer ${token}`, url].join("; ");
  return { code: "CanaryRefused", message };
}

/** Everything in which people, or machines of theirs, read what the operator says. */
async function shown(): Promise<Readonly<Record<string, string>>> {
  const pages = async (...urls: readonly string[]) => (await Promise.all(urls.map(async (url) => (await fetch(url)).text()))).join("\n");
  const { healthUrl, metricsUrl } = stage.operator();
  return {
    log: await stage.operator().output(),
    metrics: await pages(`${metricsUrl}/metrics`),
    probes: await pages(`${healthUrl}/healthz`, `${healthUrl}/readyz`),
    objects: await stage.kubectl("get", "azure-identity,configmaps,serviceaccounts,leases", "-A", "-o", "yaml"),
    events: await stage.kubectl("get", "events.events.k8s.io", "-A", "-o", "yaml"),
    requests: stage.arm().map(({ method, path, headers }) => `${method} ${path} ${JSON.stringify(headers)}`).join("\n"),
  };
}

async function expectNothingShown(): Promise<void> {
  const places = Object.entries(await shown());
  expect(places.map(([where, text]) => [where, canaries.seenIn(text)])).toEqual(places.map(([where]) => [where, []]));
}

describe("marked secrets", () => {
  test("reach Azure, where they are wanted, and are found there in whatever form", async () => {
    await stage.apply(plan, app([]), group("canary-group"), identity(NAMESPACE, "reader", { export: { configMap: { name: "reader" } } }));
    await Promise.all([stage.until("webapp", "canary-app", isReady), stage.until("aci", "canary-group", isReady), stage.until("uai", "reader", isReady)]);
    const hidden = [stage.azure.portal.hidden(armId("Microsoft.Web/sites", "canary-app")), stage.azure.portal.hidden(armId("Microsoft.ContainerInstance/containerGroups", "canary-group"))];
    expect(canaries.seenIn(JSON.stringify(hidden))).toEqual(expect.arrayContaining(["an app setting", "a secret environment value", "a registry's password", "a storage key"]) as string[]);
    expect(canaries.seenIn(await stage.kubectl("get", "secret", SECRET, "-n", NAMESPACE, "-o", "yaml"))).toEqual(expect.arrayContaining(["a key that nobody names"]) as string[]);
    expect(canaries.seenIn(`${encodeURIComponent(clientSecret)} https://x.example/?sig=abcdefgh12 ${token}`)).toEqual(expect.arrayContaining(["the client secret", "a signed query", "a token"]) as string[]);
  });

  test("are shown nowhere while all goes well", expectNothingShown);

  test("are shown nowhere when Azure refuses a write, or fails an operation, and repeats what it was sent", async () => {
    const inGroup = echo([data.environment, data.password, data.storage]);
    const refuses = (name: string, error: ReturnType<typeof echo>) =>
      stage.azure.intercept(({ method, path }) => method !== "GET" && path.includes(name) && !path.endsWith("/list"), { do: "answer", status: 400, body: { error } }, { times: Number.POSITIVE_INFINITY });
    const offs = [refuses("canary-app", echo([data.setting])), refuses("canary-refused", inGroup)];
    stage.azure.failOperation(({ resourceId }) => resourceId.includes("canary-failing"), inGroup, 100);
    await stage.apply(app([{ name: "OTHER", value: "changed" }]), group("canary-refused"), group("canary-failing"));
    for (const [kind, name] of [["webapp", "canary-app"], ["aci", "canary-refused"], ["aci", "canary-failing"]] as const) {
      const object = await stage.until(kind, name, (one) => reasonOf(one) === "AzureRefused");
      expect(JSON.stringify(object.status)).toMatch(/CanaryRefused.*\[redacted\]/);
    }
    await expectNothingShown();
    for (const off of offs) off();
  });

  test("are shown nowhere when Entra repeats the assertion, to the operator or to an account of a namespace", async () => {
    const body = { error: "invalid_client", error_description: `AADSTS7000215: Invalid client secret or assertion ${token} client_assertion=${token}` };
    const off = stage.azure.intercept(({ type, path }) => type === "entra" && path.endsWith("/token"), { do: "answer", status: 401, body }, { times: Number.POSITIVE_INFINITY });
    const annotations = { "azure.workload.identity/client-id": "00000000-0000-0000-0000-000000000001", "azure.workload.identity/tenant-id": "aaaabbbb-0000-cccc-1111-dddd2222eeee" };
    await stage.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: OWN } }, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "azure-identity", namespace: OWN, annotations } }, identity(OWN, "own"));
    const told = await stage.until("uai", "own", (object) => reasonOf(object) === "CredentialUnavailable", OWN);
    expect(JSON.stringify(told.status)).toContain("AADSTS7000215");
    await expectNothingShown();
    off();
  });

  test("are shown nowhere by a start that fails", async () => {
    const { args, environment } = inject("operator");
    const body = { error: "invalid_client", error_description: `AADSTS7000215: Invalid client secret provided. client_secret=${clientSecret}` };
    const off = stage.azure.intercept(({ type, path }) => type === "entra" && path.endsWith("/token"), { do: "answer", status: 401, body }, { times: Number.POSITIVE_INFINITY });
    await stage.operator().stop();
    const failed = await stage.startOperator(["--azure-credential=client-secret", "--log-level=debug"], { args, environment: { ...environment, AZURE_CLIENT_SECRET: clientSecret } }).then(
      () => "it started",
      (error: unknown) => String(error),
    );
    off();
    expect(failed).toContain("AADSTS7000215");
    expect(canaries.seenIn(failed)).toEqual([]);
  });
});
