import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { DIGEST_KEY_SECRET, digestKey } from "../../src/kubernetes/digest-key.ts";
import { connect } from "../control-plane/vitest-setup.ts";
import { DEPLOY } from "../deploy/documents.ts";
import { openWriter, OPERATOR_USER, Playground, playgroundOn } from "./cluster.ts";

const playground = playgroundOn(connect(), "kubernetes-digest-key");
const home = new Playground(playground.plane, "azure-identity-system");

async function keyAsText(place: Playground, user?: string): Promise<string> {
  const { connection } = await openWriter(playground.plane, user);
  const had = await digestKey(connection, place.namespace);
  return had.is === "had" ? had.key.toString("base64") : had.problem;
}

async function stored(place: Playground): Promise<string> {
  return place.within(["get", "secret", DIGEST_KEY_SECRET, "--ignore-not-found", "-o", "jsonpath={.data.key}"]);
}

beforeAll(async () => {
  for (const file of ["namespace", "digest-key-role", "digest-key-role-binding"]) {
    await playground.kubectl(["apply", "--server-side", "-f", join(DEPLOY, `kustomize/base/${file}.yaml`)]);
  }
});

describe("the digest key", () => {
  it("is created once, with the Role that we ship, and read from then on", async () => {
    const first = await keyAsText(home, OPERATOR_USER);
    expect(Buffer.from(first, "base64")).toHaveLength(32);
    expect(await stored(home)).toBe(first);
    expect(await keyAsText(home, OPERATOR_USER)).toBe(first);
  });

  it("is one for all replicas that start at the same moment", async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => keyAsText(playground)));
    expect(new Set(keys)).toEqual(new Set([await stored(playground)]));
  });

  it("cannot be changed by accident", async () => {
    await keyAsText(playground);
    const patch = JSON.stringify({ data: { key: "" } });
    await expect(playground.within(["patch", "secret", DIGEST_KEY_SECRET, "--type=merge", "-p", patch])).rejects.toThrow("field is immutable when `immutable` is set");
  });
});

describe("no digest key is had", () => {
  it("where no Role allows it", async () => {
    expect(await keyAsText(playground, OPERATOR_USER)).toMatch(
      /^cannot read Secret kubernetes-digest-key\/azure-identity-operator-digest-key: .* is forbidden: .*: apply the Role and its binding in deploy\/kustomize\/base$/,
    );
  });

  it("from a Secret that holds something else, which stays as it is", async () => {
    const other = new Playground(playground.plane, "kubernetes-digest-key-other");
    await other.kubectl(["create", "namespace", other.namespace]);
    await other.within(["create", "secret", "generic", DIGEST_KEY_SECRET, "--from-literal=key=short"]);
    expect(await keyAsText(other)).toBe(
      "cannot use Secret kubernetes-digest-key-other/azure-identity-operator-digest-key: it does not hold 32 bytes under key: delete it, and restart the operator to make a new one",
    );
    expect(await stored(other)).toBe(Buffer.from("short").toString("base64"));
  });
});
