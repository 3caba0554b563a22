import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import type { KubeObject } from "../../src/api/object.ts";
import { createKubeWriter } from "../../src/kubernetes/apply.ts";
import type { KubeWriter } from "../../src/kubernetes/apply.ts";
import { createCacheForm } from "../../src/kubernetes/cached-object.ts";
import { systemClock } from "../../src/kubernetes/clock.ts";
import { connect } from "../../src/kubernetes/connection.ts";
import type { Connection } from "../../src/kubernetes/connection.ts";
import { kubectl } from "../control-plane/access.ts";
import type { ControlPlaneConnection } from "../control-plane/access.ts";
import { GADGETS, GADGET_CRD } from "./gadgets.ts";
import { RecordingLog } from "./recording-log.ts";

const form = createCacheForm(GADGETS);

/** A namespace of a test file on a control plane, with gadgets that the API server serves. */
export class Playground {
  readonly plane: ControlPlaneConnection;
  readonly namespace: string;

  constructor(plane: ControlPlaneConnection, namespace: string) {
    this.plane = plane;
    this.namespace = namespace;
  }

  /** Installs the CRD and makes the namespace. */
  async prepare(): Promise<void> {
    await this.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], GADGET_CRD);
    await this.kubectl(["wait", "crd/gadgets.kubernetes.test", "--for=condition=Established"]);
    await this.kubectl(["create", "namespace", this.namespace]);
  }

  /** Runs kubectl, which must succeed, and returns what it wrote. */
  async kubectl(args: readonly string[], input?: object): Promise<string> {
    const result = await kubectl(this.plane, args, input === undefined ? {} : { input: JSON.stringify(input) });
    if (result.code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${result.stderr}`);
    return result.stdout;
  }

  /** Runs kubectl on the namespace. */
  within(args: readonly string[], input?: object): Promise<string> {
    return this.kubectl([...args, "--namespace", this.namespace], input);
  }

  /** Makes a gadget and returns it as a cache has it. */
  async create(name: string, finalizers: readonly string[] = []): Promise<KubeObject> {
    const manifest = { apiVersion: "kubernetes.test/v1", kind: "Gadget", metadata: { name, finalizers }, spec: { size: 1 } };
    return cached(await this.within(["create", "-f", "-", "-o", "json"], manifest));
  }

  /** A gadget as it is now; undefined when there is none. */
  async read(name: string): Promise<KubeObject | undefined> {
    const text = await this.within(["get", "gadget", name, "--ignore-not-found", "-o", "json"]);
    return text === "" ? undefined : cached(text);
  }
}

/** A playground on the control plane of the run. */
export function playgroundOn(plane: ControlPlaneConnection, namespace: string): Playground {
  const playground = new Playground(plane, namespace);
  beforeAll(() => playground.prepare());
  return playground;
}

/** The operator's ServiceAccount as deploy/ binds it, as a user name. */
export const OPERATOR_USER = "system:serviceaccount:azure-identity-system:azure-identity-operator";

/** A connection and a writer, until the end of the test: as admin, or as the admin who impersonates a user. */
export async function openWriter(
  plane: ControlPlaneConnection,
  user?: string,
): Promise<{ connection: Connection; writer: KubeWriter; log: RecordingLog }> {
  const log = new RecordingLog();
  const kubeconfig = user === undefined ? plane.adminKubeconfig : await impersonating(plane, user);
  const connection = await connect({ kubeconfig, userAgent: "azure-identity-operator/test", log });
  onTestFinished(() => connection.close());
  const writer = createKubeWriter(connection, { fieldManager: "azure-identity-operator", instance: "test", clock: systemClock, log });
  return { connection, writer, log };
}

async function impersonating(plane: ControlPlaneConnection, user: string): Promise<string> {
  const config = parse(await readFile(plane.adminKubeconfig, "utf8")) as { users: { user: object }[] };
  const users = config.users.map((entry) => ({ ...entry, user: { ...entry.user, as: user } }));
  const file = join(plane.directory, `as-${user.replaceAll(":", "-")}.kubeconfig`);
  await writeFile(file, stringify({ ...config, users }), { mode: 0o600 });
  return file;
}

function cached(text: string): KubeObject {
  const object = form(JSON.parse(text));
  if (object === undefined) throw new Error(`not an object: ${text}`);
  return object;
}
