import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { RecordedRequest } from "../azure/azure.ts";
import { isObject } from "../azure/kernel/json.ts";
import type { ControlPlane } from "../control-plane/control-plane.ts";
import type { Program } from "../e2e/operator-process.ts";
import { setStage, type Stage, SUBSCRIPTION } from "../e2e/stage.ts";
import { FaultPlane } from "./faults.ts";
import { NAMESPACES, SECRET } from "./plots.ts";

const GRANTS = join(import.meta.dirname, "../../deploy/kustomize/namespace");
const SCOPE = `/subscriptions/${SUBSCRIPTION}`;

/** Whoever runs for minutes does not want operations that take minutes. */
const DURATIONS: Readonly<Record<string, number>> = {
  "Microsoft.ContainerInstance/containerGroups": 2,
  "Microsoft.Compute/virtualMachines": 2,
  "Microsoft.Compute/virtualMachineScaleSets": 2,
  "Microsoft.Storage/storageAccounts": 1,
  "Microsoft.DocumentDB/databaseAccounts": 2,
  "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments": 1,
};

const POLICY = {
  roles: ["Reader", "AcrPull", "Cosmos DB Built-in Data Reader"].map((role) => ({ role, scope: SCOPE })),
  federation: [{ issuer: "cluster", subject: "system:serviceaccount:{namespace}:*" }],
};

/** A cluster and an Azure for a soak: namespaces with what they grant, a Secret in each, and a fault plane by HTTP. */
export interface SoakStage extends Stage {
  readonly faultPlane: FaultPlane;
  /** Starts the operator as a cluster does: until it stays up. */
  startUntilUp(): Promise<void>;
  /** Requests to Azure that were answered, a line each. */
  answered(): readonly string[];
}

/** What a soak's stage needs. */
export interface SoakStageOptions {
  readonly seed: number;
  readonly program: Program;
  /** What the Secrets hold. */
  readonly secretValue: string;
  readonly plane?: ControlPlane;
}

/** Sets the stage. */
export async function setSoakStage({ seed, program, secretValue, plane }: SoakStageOptions): Promise<SoakStage> {
  const controlKey = randomBytes(16).toString("hex");
  const answered: string[] = [];
  const stage = await setStage({
    namespaces: NAMESPACES,
    durations: DURATIONS,
    permissions: (principalId) => [{ principalId, actions: ["*"], scope: SCOPE }],
    azure: { controlKey, seed, onAnswered: (request) => answered.push(lineOf(request)) },
    ...(plane === undefined ? {} : { plane }),
  });
  const folder = await mkdtemp(join(tmpdir(), "soak-"));
  const policyFile = join(folder, "policy.yaml");
  await writeFile(policyFile, stringify(POLICY));
  const flags = [`--policy-file=${policyFile}`, "--sync-interval-seconds=60"];
  for (const namespace of NAMESPACES) await stage.kubectl("apply", "-n", namespace, "-k", GRANTS);
  await stage.apply(...NAMESPACES.map((namespace) => ({ apiVersion: "v1", kind: "Secret", metadata: { name: SECRET.name, namespace }, stringData: { [SECRET.key]: secretValue } })));
  return {
    ...stage,
    faultPlane: new FaultPlane(stage.azure, controlKey),
    answered: () => answered,
    startUntilUp: async () => {
      for (let tries = 1; ; tries += 1) {
        const started = await stage.startOperator(flags, program).catch((error: unknown) => error);
        if (!(started instanceof Error)) return;
        if (tries === MAX_STARTS) throw started;
      }
    },
    close: async () => {
      await stage.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function lineOf({ at, method, path, status, body }: RecordedRequest): string {
  const identity = isObject(body) && body["identity"] !== undefined ? ` ${JSON.stringify(body["identity"])}` : "";
  return `${new Date(at).toISOString()} ${status} ${method} ${path}${identity}`;
}

/** An API server that is away ends the operator, which is started again at once. */
const MAX_STARTS = 40;
