import { join } from "node:path";
import { afterAll, describe } from "vitest";
import { API_VERSION } from "../../src/api/group.ts";
import { IDENTITY_ASSIGNMENT } from "../../src/api/resources.ts";
import { createKubeWriter } from "../../src/kubernetes/apply.ts";
import { createCacheForm } from "../../src/kubernetes/cached-object.ts";
import { systemClock } from "../../src/kubernetes/clock.ts";
import { type Connection, connect } from "../../src/kubernetes/connection.ts";
import { kubectl } from "../control-plane/access.ts";
import { connect as connectPlane } from "../control-plane/vitest-setup.ts";
import { RecordingLog } from "../kubernetes/recording-log.ts";
import { kubePortContract } from "./kube-port.ts";

const NAMESPACE = "fakes-kube-port";
const CRD = join(import.meta.dirname, "../../crds/azureidentity.dev_identityassignments.yaml");
const form = createCacheForm(IDENTITY_ASSIGNMENT);
const plane = connectPlane();
let connection: Connection | undefined;

async function run(args: readonly string[], input?: object): Promise<string> {
  const { code, stdout, stderr } = await kubectl(plane, args, input === undefined ? {} : { input: JSON.stringify(input) });
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

afterAll(() => connection?.close());

describe("the real API server behind our writer", () => {
  kubePortContract(async () => {
    await run(["apply", "--server-side", "--force-conflicts", "-f", CRD]);
    await run(["wait", "--for=condition=Established", "crd/identityassignments.azureidentity.dev"]);
    await run(["create", "namespace", NAMESPACE]);
    connection = await connect({ kubeconfig: plane.adminKubeconfig, userAgent: "fakes" });
    const object = (name: string, rest: object) => ({ apiVersion: API_VERSION, kind: IDENTITY_ASSIGNMENT.kind, metadata: { name, namespace: NAMESPACE }, ...rest });
    return {
      port: createKubeWriter(connection, { fieldManager: "azure-identity-operator", instance: "fakes", clock: systemClock, log: new RecordingLog() }),
      apply: async (name, spec) => void (await run(["apply", "--server-side", "-f", "-"], object(name, { spec }))),
      annotate: async (name, annotations) => void (await run(["annotate", "ida", name, "-n", NAMESPACE, ...Object.entries(annotations).map(([key, value]) => `${key}=${value}`)])),
      delete: async (name) => void (await run(["delete", "ida", name, "-n", NAMESPACE, "--wait=false"])),
      read: async (name) => {
        const text = await run(["get", "ida", name, "-n", NAMESPACE, "--ignore-not-found", "-o", "json"]);
        return text === "" ? undefined : form(JSON.parse(text));
      },
    };
  });
});
