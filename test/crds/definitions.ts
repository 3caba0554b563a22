import { join } from "node:path";
import { RESOURCES } from "../../src/api/resources.ts";
import { type ControlPlaneConnection, kubectl } from "../control-plane/access.ts";

const CRDS = join(import.meta.dirname, "../../crds");

/** Applies the project's CRDs as an admin does, and waits until the API server serves them. */
export async function applyDefinitions(plane: ControlPlaneConnection): Promise<void> {
  await run(plane, ["apply", "--server-side", "--force-conflicts", "--field-manager=admin", "-k", CRDS]);
  const names = RESOURCES.map(({ plural, group }) => `customresourcedefinition/${plural}.${group}`);
  await run(plane, ["wait", "--for=condition=Established", "--timeout=30s", ...names]);
}

/** Creates a namespace of a random name and returns it. */
export async function createNamespace(plane: ControlPlaneConnection, prefix: string): Promise<string> {
  const name = `${prefix}-${crypto.randomUUID().slice(0, 8)}`;
  await run(plane, ["create", "namespace", name]);
  return name;
}

/** Runs kubectl as admin and returns what it printed; throws when it fails. */
export async function run(plane: ControlPlaneConnection, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(plane, args, input === undefined ? {} : { input });
  if (code !== 0) throw new Error(`cannot run kubectl ${args.join(" ")}: ${stderr.trim()}`);
  return stdout;
}
