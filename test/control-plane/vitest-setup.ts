import { inject } from "vitest";
import type { TestProject } from "vitest/node";

import type { ControlPlaneConnection } from "./access.ts";
import { startControlPlane } from "./control-plane.ts";

declare module "vitest" {
  interface ProvidedContext {
    controlPlane: ControlPlaneConnection;
  }
}

/** Starts the one control plane of the test run; vitest calls the returned function at the end of the run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const plane = await startControlPlane();
  const { server, caPem, adminKubeconfig, kubectl, issuer, directory } = plane;
  project.provide("controlPlane", { server, caPem, adminKubeconfig, kubectl, issuer, directory });
  return () => plane.stop();
}

/**
 * Returns the control plane of the test run. It belongs to all test files: each uses namespaces of its own, and one that
 * stops the API server starts a control plane of its own with `startControlPlane`.
 */
export function connect(): ControlPlaneConnection {
  return inject("controlPlane");
}
