import { dirname } from "node:path";

import { type ControlPlane, startControlPlane } from "./control-plane.ts";

/** Runs a control plane until Ctrl-C or SIGTERM. */
async function main(): Promise<void> {
  const plane = await startControlPlane();
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.resolve());
  console.log(instructions(plane));
  await stopped.promise;
  await plane.stop();
}

function instructions({ server, issuer, directory, adminKubeconfig, kubectl }: ControlPlane): string {
  return [
    `API server ${server}, issuer of ServiceAccount tokens ${issuer}, logs in ${directory}`,
    "To use it in another terminal:",
    `  export KUBECONFIG='${adminKubeconfig}'`,
    `  export PATH='${dirname(kubectl)}':"$PATH"`,
    "Ctrl-C stops it.",
  ].join("\n");
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
