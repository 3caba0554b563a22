import { setTimeout } from "node:timers/promises";
import { afterAll, describe } from "vitest";
import { GROUP } from "../../src/api/group.ts";
import type { Permission } from "../../src/api/permission.ts";
import { createAccessReview } from "../../src/kubernetes/access-review.ts";
import { type Connection, connect } from "../../src/kubernetes/connection.ts";
import { connect as connectPlane } from "../control-plane/vitest-setup.ts";
import { Playground } from "../kubernetes/cluster.ts";
import { RecordingLog } from "../kubernetes/recording-log.ts";
import { accessContract } from "./access-port.ts";

const cluster = new Playground(connectPlane(), "fakes-blue");
let connection: Connection | undefined;

afterAll(() => connection?.close());

describe("the real API server, asked by SubjectAccessReview", () => {
  accessContract(async () => {
    for (const name of ["fakes-blue", "fakes-green"]) await cluster.kubectl(["create", "namespace", name]);
    connection = await connect({ kubeconfig: cluster.plane.adminKubeconfig, userAgent: "fakes" });
    const review = createAccessReview(connection, new RecordingLog());
    // The authorizer learns of grants by a watch of its own, some milliseconds later.
    const seen = async (namespace: string, permission: Permission, answer: string): Promise<void> => {
      for (let tries = 0; tries < 100 && (await review(namespace, permission)) !== answer; tries += 1) await setTimeout(20);
    };
    return {
      port: { review },
      grant: async (namespace, permission) => {
        await cluster.kubectl(["create", "-f", "-"], list(grantOf(namespace, permission)));
        await seen(namespace, permission, "granted");
      },
      revoke: async (namespace, permission) => {
        await cluster.kubectl(["delete", "-f", "-"], list(grantOf(namespace, permission)));
        await seen(namespace, permission, "denied");
      },
    };
  });
});

/** A role with that permission alone, and its binding to all ServiceAccounts of a namespace. */
function grantOf(to: string, { verb, resource, namespace, name }: Permission): readonly object[] {
  const cluster = namespace === undefined ? "Cluster" : "";
  const metadata = { name: `fakes-${verb}-${resource}`, ...(namespace === undefined ? {} : { namespace }) };
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: `${cluster}Role`, name: metadata.name };
  return [
    { apiVersion, kind: `${cluster}Role`, metadata, rules: [{ apiGroups: [GROUP], resources: [resource], resourceNames: [name], verbs: [verb] }] },
    { apiVersion, kind: `${cluster}RoleBinding`, metadata, roleRef, subjects: [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: `system:serviceaccounts:${to}` }] },
  ];
}

function list(items: readonly object[]): object {
  return { apiVersion: "v1", kind: "List", items };
}
