import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { RESOURCES } from "../../src/api/resources.ts";
import { type Manifest, readManifests } from "./manifests.ts";

const valid = await readManifests(join(import.meta.dirname, "valid"));
const invalid = await readManifests(join(import.meta.dirname, "invalid"));

/** What only the API server knows: fields that no schema has, the object's name, what it was before, keys of lists, no spec at all. */
const BY_THE_SERVER = /unknown field|RFC 1123|metadata\.name|must not be changed|Duplicate value/u;

describe("what an older CRD let through is checked by the operator", () => {
  test.each(valid)("$file parses", (manifest) => {
    expect(parsed(manifest)).toMatchObject({ success: true });
  });

  test.each(invalid.filter(({ expected }) => !BY_THE_SERVER.test(expected)))("$file does not parse", (manifest) => {
    expect(parsed(manifest)).toMatchObject({ success: false });
  });

  test.each(RESOURCES)("at least twenty manifests of $kind are refused", ({ kind }) => {
    expect(invalid.filter(({ object }) => object.startsWith(`${kind.toLowerCase()}.`)).length).toBeGreaterThanOrEqual(20);
  });
});

/** What the schema makes of the last document of a manifest; the API server drops nulls before. */
function parsed({ documents }: Manifest): unknown {
  const object = parse(documents.at(-1) ?? "", { version: "1.1" }) as { readonly kind: string; readonly spec?: unknown };
  const spec: unknown = JSON.parse(JSON.stringify(object.spec ?? null), (_, value: unknown) => (value === null ? undefined : value));
  return RESOURCES.find(({ kind }) => kind === object.kind)?.spec.safeParse(spec);
}
