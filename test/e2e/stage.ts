import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Azure, type AzureOptions, type Permission, type RecordedRequest, startAzure, type Switches } from "../azure/azure.ts";
import { jwks, kubectl, type KubectlResult, serviceAccountKubeconfig } from "../control-plane/access.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { awaitObject, type LooseObject } from "./await-object.ts";
import { type OperatorProcess, type Program, startOperatorProcess } from "./operator-process.ts";

const ROOT = join(import.meta.dirname, "../..");
const OPERATOR = { namespace: "azure-identity-system", name: "azure-identity-operator" };

export type { LooseObject } from "./await-object.ts";

/** The subscription, group and region that the tests use; all fictitious, as in the tutorial. */
export const SUBSCRIPTION = "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
export const GROUP = "msdocs-identity-example";
export const REGION = "westus2";
export const TENANT = "aaaabbbb-0000-cccc-1111-dddd2222eeee";

/** The machine's time and what a test adds to it: tokens of the API server are of now, operations end when the test says. */
export class ShiftedClock {
  #aheadMs = 0;

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
  }
}

const SITE_ACTIONS = ["read", "write", "delete", "config/read", "config/write", "config/list/action", "start/action", "stop/action"];

/** What the operator may do in Azure here: the smallest set for the kinds and hosts of this version. */
export const ACTIONS: readonly string[] = [
  "Microsoft.Resources/subscriptions/resourceGroups/read",
  "Microsoft.ManagedIdentity/userAssignedIdentities/read",
  "Microsoft.ManagedIdentity/userAssignedIdentities/write",
  "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
  "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
  ...["sites", "sites/slots"].flatMap((type) => SITE_ACTIONS.map((action) => `Microsoft.Web/${type}/${action}`)),
  ...["read", "write", "delete", "join/action"].map((action) => `Microsoft.Web/serverfarms/${action}`),
  "Microsoft.ContainerInstance/containerGroups/read",
  "Microsoft.ContainerInstance/containerGroups/write",
  "Microsoft.ContainerInstance/locations/operations/read",
  "Microsoft.Compute/virtualMachines/read",
  "Microsoft.Compute/virtualMachines/write",
  "Microsoft.Compute/virtualMachineScaleSets/read",
  "Microsoft.Compute/virtualMachineScaleSets/write",
  "Microsoft.Compute/locations/operations/read",
];

/** A cluster, an Azure and an operator between them, as a user would have them. */
export interface Stage {
  readonly azure: Azure;
  readonly clock: ShiftedClock;
  /** Application and principal of the operator itself. */
  readonly clientId: string;
  readonly principalId: string;
  /** The authority of the simulator's certificate, as a file. */
  readonly caFile: string;
  /** What the operator may do. */
  readonly permissions: readonly Permission[];
  readonly namespaces: readonly string[];
  readonly plane: ControlPlane;
  operator(): OperatorProcess;
  /** Starts the operator, by default as the image of the test run holds it, without a test run from its sources. */
  startOperator(extraArgs?: readonly string[], program?: Program): Promise<OperatorProcess>;
  kubectl(...args: readonly string[]): Promise<string>;
  tryKubectl(args: readonly string[], input?: string): Promise<KubectlResult>;
  apply(...objects: readonly object[]): Promise<void>;
  /** Resolves with the object once it meets the condition, looked at after each change that the API server tells. */
  until(resource: string, name: string, isMet: (object: LooseObject) => boolean, namespace?: string): Promise<LooseObject>;
  /** Requests to ARM other than for tokens. */
  arm(): readonly RecordedRequest[];
  /** Resolves once the requests to ARM meet the condition; rejects after 20 s. */
  untilArm(isMet: (requests: readonly RecordedRequest[]) => boolean): Promise<void>;
  /** Gives the operator back what it may do. */
  restorePermissions(): void;
  /** Writes that the operator made to the API server since it started. */
  kubernetesWrites(): Promise<number>;
  close(): Promise<void>;
}

/** What a stage is set up with. */
export interface StageOptions {
  readonly namespaces: readonly string[];
  /** Those with which the operator shares its credential; by default all, and without any it has none of its own. */
  readonly sharedNamespaces?: readonly string[];
  readonly switches?: Partial<Switches>;
  /** A cluster that is there and stays; else the stage has one of its own. */
  readonly plane?: ControlPlane;
  /** How long the writes of resource types take, in seconds of the clock. */
  readonly durations?: Readonly<Record<string, number>>;
  readonly permissions?: (principalId: string) => readonly Permission[];
  /** What else the Azure is set up with. */
  readonly azure?: Pick<AzureOptions, "controlKey" | "onAnswered" | "seed">;
}

/** Sets the stage: a cluster with what `deploy/` ships, and an Azure. The operator is started by the test, as its own ServiceAccount. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const plane = options.plane ?? (await startControlPlane());
  const folder = await mkdtemp(join(tmpdir(), "stage-"));
  const clock = new ShiftedClock();
  const azure = await startAzure({
    clock,
    tenantId: TENANT,
    subscriptionIds: [SUBSCRIPTION],
    jwksOf: () => jwks(plane),
    settings: { operationRetryAfterSeconds: 1 },
    ...options.azure,
    ...(options.switches === undefined ? {} : { switches: options.switches }),
    ...(options.durations === undefined ? {} : { durations: options.durations }),
  });
  azure.portal.createResourceGroup(SUBSCRIPTION, GROUP, REGION);
  const subject = `system:serviceaccount:${OPERATOR.namespace}:${OPERATOR.name}`;
  const { clientId, principalId } = azure.registerPrincipal({ name: "operator", federated: { issuer: plane.issuer, subject } });
  const permissions = options.permissions?.(principalId) ?? [{ principalId, actions: ACTIONS, scope: `/subscriptions/${SUBSCRIPTION}` }];
  azure.setPermissions(permissions);
  await must(kubectl(plane, ["apply", "--server-side", "--force-conflicts", "-k", join(ROOT, "deploy/kustomize/base")]));
  await must(kubectl(plane, ["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]));
  const namespaces = options.namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
  await must(kubectl(plane, ["apply", "--server-side", "-f", "-"], { input: namespaces.map((namespace) => stringify(namespace)).join("---\n") }));
  const kubeconfig = await serviceAccountKubeconfig(plane, OPERATOR);
  const [caFile, tokenFile, logFile] = ["ca.pem", "token", "operator.log"].map((name) => join(folder, name)) as [string, string, string];
  await writeFile(caFile, azure.caPem);
  const token = await must(kubectl(plane, ["create", "token", OPERATOR.name, "-n", OPERATOR.namespace, "--audience=api://AzureADTokenExchange", "--duration=2h"]));
  await writeFile(tokenFile, token.trim(), { mode: 0o600 });
  let operator: OperatorProcess | undefined;
  const shared = options.sharedNamespaces ?? options.namespaces;
  const stage: Stage = {
    azure,
    clock,
    clientId,
    principalId,
    caFile,
    permissions,
    plane,
    namespaces: options.namespaces,
    operator: () => {
      if (operator === undefined) throw new Error("the operator was not started");
      return operator;
    },
    startOperator: async (extraArgs = [], chosen) => {
      const program = chosen ?? (await operatorOfRun());
      const hasIdentity = shared.length > 0 || extraArgs.includes("--cleanup-credential=operator");
      operator = await startOperatorProcess({
        args: [
          `--kubeconfig=${kubeconfig}`,
          `--azure-endpoint=${azure.endpoint}`,
          `--azure-authority-host=${azure.authorityHost}`,
          `--azure-audience=https://management.azure.com`,
          `--azure-ca-file=${caFile}`,
          ...(shared.length === 0 ? [] : [`--shared-credential-namespaces=${shared.join(",")}`, `--shared-credential-scopes=/subscriptions/${SUBSCRIPTION}`]),
          "--shutdown-grace-seconds=5",
          ...extraArgs,
        ],
        environment: hasIdentity ? { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: clientId, AZURE_FEDERATED_TOKEN_FILE: tokenFile } : {},
        logFile,
        ...(program === undefined ? {} : { program }),
      });
      return operator;
    },
    kubectl: (...args) => must(kubectl(plane, args)),
    tryKubectl: (args, input) => kubectl(plane, args, input === undefined ? {} : { input }),
    apply: async (...objects) => {
      const input = objects.map((object) => stringify(object)).join("---\n");
      await must(kubectl(plane, ["apply", "--server-side", "-f", "-"], { input }));
    },
    until: (resource, name, isMet, namespace = options.namespaces[0] ?? "default") => awaitObject(plane, { resource, name, namespace }, isMet),
    arm: () => azure.requests.filter(({ type }) => type !== "entra"),
    untilArm: async (isMet) => {
      const deadlineMs = Date.now() + 20_000;
      while (!isMet(stage.arm())) {
        if (Date.now() > deadlineMs) throw new Error(`the requests to ARM did not come to what was expected: ${stage.arm().map(({ method, path }) => `${method} ${path}`).join(", ")}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    restorePermissions: () => azure.setPermissions(permissions),
    kubernetesWrites: async () => countWrites(await (await fetch(`${stage.operator().metricsUrl}/metrics`)).text()),
    close: async () => {
      await operator?.stop("SIGKILL");
      await azure.stop();
      if (options.plane === undefined) await plane.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return stage;
}

async function operatorOfRun(): Promise<Program | undefined> {
  if (process.env["VITEST"] === undefined) return undefined;
  const { inject } = await import("vitest");
  return inject("operator");
}

async function must(result: Promise<KubectlResult>): Promise<string> {
  const { code, stdout, stderr } = await result;
  if (code !== 0) throw new Error(`kubectl ended with ${code}: ${stderr}`);
  return stdout;
}

function countWrites(metrics: string): number {
  const lines = metrics.split("\n").filter((line) => /^rest_client_requests_total\{.*method="(?:PATCH|PUT|POST|DELETE)"/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** The status of a condition: `True`, `False`, `Unknown`, or undefined when it is not there. */
export function conditionStatus(object: LooseObject, type: string): string | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type)?.status;
}

/** The Ready condition's reason. */
export function reasonOf(object: LooseObject): string | undefined {
  return object.status?.conditions?.find((condition) => condition.type === "Ready")?.reason;
}

/** The Ready condition's message. */
export function messageOf(object: LooseObject): string {
  return object.status?.conditions?.find((condition) => condition.type === "Ready")?.message ?? "";
}

/** Whether the object is Ready for its current generation. */
export function isReady(object: LooseObject): boolean {
  return conditionStatus(object, "Ready") === "True";
}
