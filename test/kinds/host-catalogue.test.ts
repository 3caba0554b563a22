import { describe, expect, test } from "vitest";
import type { HostRow } from "../../src/kinds/host-row.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { combinedType, MATRIX, type MatrixRow } from "./host-matrix.ts";

const FORMS: Readonly<Record<MatrixRow["patch"], HostRow["forms"]>> = { merges: ["merge"], replaces: ["map"], takes: ["map", "nulls"], whole: ["whole"], no: [] };

describe("the host catalogue", () => {
  test("has a row for each host type of the matrix, and no other", () => {
    expect(HOSTS.map(({ type }) => type)).toEqual(MATRIX.map(({ type }) => type));
  });

  test.each(MATRIX)("$type", (row) => {
    const host = HOSTS.find(({ type }) => type === row.type);
    expect(host).toMatchObject({
      both: row.combined === "none" ? undefined : combinedType(row),
      forms: [...FORMS[row.patch], ...(row.put ? ["put"] : [])],
      disruption: row.disruption,
    });
  });

  test.each(HOSTS)("$type says what its recordings do not show, in one line", ({ recorded, effect, title }) => {
    for (const text of [recorded === true ? "recorded" : recorded, effect, title]) expect(text).toMatch(/^[^\n|]{3,140}$/u);
  });

  test("a row whose way was inferred tries what changes nothing else before a PUT of the whole", () => {
    const inferred = HOSTS.filter(({ forms, recorded }) => recorded !== true && forms.includes("put"));
    expect(inferred.filter(({ forms }) => forms.indexOf("put") !== forms.length - 1)).toEqual([]);
  });

  test("only an AKS cluster has one slot; it and a data factory cannot be left without an identity", () => {
    expect(HOSTS.filter(({ maxUserAssigned }) => maxUserAssigned !== undefined).map(({ type, maxUserAssigned }) => [type, maxUserAssigned])).toEqual([["Microsoft.ContainerService/managedClusters", 1]]);
    expect(HOSTS.filter(({ last }) => last === "stays").map(({ type }) => type)).toEqual(["Microsoft.ContainerService/managedClusters", "Microsoft.DataFactory/factories"]);
  });

  test("a PUT of what hides values has a way to see them, or is the only way and refuses", () => {
    const hiding = HOSTS.filter(({ hidden, forms }) => hidden.length > 0 && forms.includes("put"));
    expect(hiding.filter(({ secrets }) => secrets !== undefined).map(({ type }) => type)).toEqual(["Microsoft.App/containerApps", "Microsoft.App/jobs"]);
  });
});
