import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { customResourceDefinition } from "../../src/api/crd.ts";
import type { ValidationRule } from "../../src/api/crd-rules.ts";
import { RESOURCES } from "../../src/api/resources.ts";
import { type KubectlResult, kubectl } from "../control-plane/access.ts";
import { connect } from "../control-plane/vitest-setup.ts";
import { applyDefinitions, createNamespace, run } from "./definitions.ts";
import { type Manifest, readManifests, writeDocuments } from "./manifests.ts";

const valid = await readManifests(join(import.meta.dirname, "valid"));
const invalid = await readManifests(join(import.meta.dirname, "invalid"));

let work: string;
let answers: ReadonlyMap<Manifest, string>;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "manifests-"));
  await applyDefinitions(connect());
  answers = new Map([...(await submit(valid, "valid")), ...(await submit(invalid, "invalid"))]);
});

afterAll(() => rm(work, { recursive: true, force: true }));

describe("manifests that a person may write", () => {
  test.each(valid)("$file is accepted", (manifest) => {
    const done = manifest.documents.length === 1 ? "created" : "replaced";
    expect(answers.get(manifest)).toBe(`${manifest.object} ${done} (server dry run)`);
  });
});

describe("manifests that never reach the operator", () => {
  test("there are at least sixty", () => {
    expect(invalid.length).toBeGreaterThanOrEqual(60);
  });

  test.each(invalid)("$file is refused with the words that it expects", (manifest) => {
    expect(manifest.expected).not.toBe("");
    expect(answers.get(manifest)).toMatch(/error when (creating|replacing)/);
    expect(answers.get(manifest)).toContain(manifest.expected);
  });

  test("each rule refuses at least one of them", () => {
    const refusals = invalid.map((manifest) => answers.get(manifest)).join("\n");
    const messages = RESOURCES.flatMap((resource) => rulesIn(customResourceDefinition(resource))).map(({ message }) => message);
    expect(messages.length).toBeGreaterThan(0);
    expect(messages.filter((message) => !refusals.includes(message))).toEqual([]);
  });

  test("no rule runs out of its cost budget", () => {
    expect([...answers.values()].filter((answer) => /budget|cost limit/.test(answer))).toEqual([]);
  });
});

/**
 * What kubectl says about each manifest. One kubectl per step takes all files and names them in its answers; objects are
 * really created only where a second document is to replace them.
 */
async function submit(manifests: readonly Manifest[], name: string): Promise<ReadonlyMap<Manifest, string>> {
  const plane = connect();
  const namespace = await createNamespace(plane, name);
  const options = ["--namespace", namespace, "--validate=strict"];
  const single = manifests.filter(({ documents }) => documents.length === 1);
  const pairs = manifests.filter(({ documents }) => documents.length === 2);
  const before = await writeDocuments(pairs, 0, join(work, name, "before"));
  const after = await writeDocuments(pairs, 1, join(work, name, "after"));
  const paths = single.map(({ path }) => path);
  const created = await kubectl(plane, ["create", "--dry-run=server", ...options, ...files(paths)]);
  await run(plane, ["create", ...options, ...files(before)]);
  const replaced = await kubectl(plane, ["replace", "--dry-run=server", ...options, ...files(after)]);
  return new Map([...answersOf(single, paths, created), ...answersOf(pairs, after, replaced)]);
}

function files(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => ["--filename", path]);
}

/** The line about each manifest: a refusal names its path, a success its object. */
function answersOf(manifests: readonly Manifest[], paths: readonly string[], { stdout, stderr }: KubectlResult) {
  const lines = `${stdout}\n${stderr}`.split("\n");
  return manifests.map((manifest, index) => {
    const refusal = lines.find((line) => line.includes(`"${paths[index]}"`));
    const success = lines.find((line) => line.startsWith(`${manifest.object} `));
    return [manifest, refusal ?? success ?? "kubectl did not mention it"] as const;
  });
}

function rulesIn(value: unknown): readonly ValidationRule[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) =>
    key === "x-kubernetes-validations" ? (member as readonly ValidationRule[]) : rulesIn(member),
  );
}
