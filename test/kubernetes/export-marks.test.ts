import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCacheForm } from "../../src/kubernetes/cached-object.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { exporterOf, exportLabels, exportManager, ownersWith } from "../../src/kubernetes/export-marks.ts";
import { GADGETS, gadget } from "./gadgets.ts";

/** A label value as Kubernetes takes it. */
const LABEL_VALUE = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

function named(name: string, kind = "Gadget"): KubeObject {
  const object = createCacheForm(GADGETS)(gadget(name, 1));
  if (object === undefined) throw new Error(`not an object: ${name}`);
  return { ...object, kind };
}

/** Names of objects: DNS subdomains. */
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const objectName = fc.array(label, { minLength: 1, maxLength: 8 }).map((labels) => labels.join(".").slice(0, 253).replace(/[.-]+$/, ""));
const kindName = fc.constantFrom("Gadget", "UserAssignedIdentity", "FederatedIdentityCredential");

describe("the label that names an object", () => {
  it("is kind and name where they fit", () => {
    expect(exportLabels(named("reports"))).toEqual({
      "app.kubernetes.io/managed-by": "azure-identity-operator",
      "azureidentity.dev/exported-by": "Gadget.reports",
    });
  });

  it("is a valid label value for every name, and makes a field manager that fits", () => {
    fc.assert(
      fc.property(objectName, kindName, (name, kind) => {
        expect(exporterOf(named(name, kind))).toMatch(LABEL_VALUE);
        expect(exportManager("azure-identity-operator-export", named(name, kind)).length).toBeLessThanOrEqual(128);
      }),
    );
  });

  it("tells long names apart, and cannot be the name of another object", () => {
    const long = "a".repeat(80);
    const values = [long, `${long}b`, `${long}.c`].map((name) => exporterOf(named(name)));
    expect(new Set(values).size).toBe(3);
    for (const value of values) expect(value).toMatch(/^Gadget\.a+_[0-9a-f]{16}$/);
  });

  it("does not end its cut part with a separator", () => {
    expect(exporterOf(named(`${"a".repeat(38)}.-${"b".repeat(80)}`))).toMatch(/^Gadget\.a{38}_[0-9a-f]{16}$/);
  });
});

describe("the owners of what is exported", () => {
  const object = named("a");
  const own = { apiVersion: "kubernetes.test/v1", kind: "Gadget", name: "a", uid: "uid-a" };
  const other = { apiVersion: "v1", kind: "Secret", name: "a", uid: "uid-other" };

  it.each([
    { name: "none", present: [], want: [own] },
    { name: "one of others, which stays", present: [other], want: [other, own] },
    { name: "ours already, with what others added to it", present: [{ ...own, blockOwnerDeletion: true }, other], want: [{ ...own, blockOwnerDeletion: true }, other] },
    { name: "an earlier object of the name, which goes", present: [{ ...own, uid: "uid-before" }, other], want: [other, own] },
    { name: "an earlier one beside ours", present: [{ ...own, uid: "uid-before" }, own], want: [own] },
    { name: "an earlier version of the kind", present: [{ ...own, apiVersion: "kubernetes.test/v0", uid: "uid-before" }], want: [own] },
    { name: "the same kind of another group, which stays", present: [{ ...own, apiVersion: "other.test/v1", uid: "uid-x" }], want: [{ ...own, apiVersion: "other.test/v1", uid: "uid-x" }, own] },
  ])("were $name", ({ present, want }) => {
    expect(ownersWith(object, present)).toEqual(want);
  });
});
