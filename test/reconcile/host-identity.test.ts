import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import type { WriteForm } from "../../src/kinds/host-row.ts";
import { hiddenIn } from "../../src/reconcile/host-body.ts";
import { hostIdentityOf, identityBlock, lostBy, putBody } from "../../src/reconcile/host-identity.ts";
import { combinedType, MATRIX } from "../kinds/host-matrix.ts";
import { idOf, keyOfName, namesOf, rowOf } from "./hosts.ts";

/** What is attached, what is to change, and the map that each form must send (names; null for a removal). */
interface Case {
  readonly name: string;
  readonly have: readonly string[];
  readonly attach: readonly string[];
  readonly detach: readonly string[];
  readonly system: boolean;
  readonly type: string;
  readonly merge: Readonly<Record<string, object | null>> | undefined;
  readonly map: readonly string[] | undefined;
  readonly nulls: Readonly<Record<string, object | null>> | undefined;
}

const cases: readonly Case[] = [
  { name: "attach the first", have: [], attach: ["x"], detach: [], system: false, type: "UserAssigned", merge: { x: {} }, map: ["x"], nulls: { x: {} } },
  { name: "attach the first beside a system-assigned one", have: [], attach: ["x"], detach: [], system: true, type: "both", merge: { x: {} }, map: ["x"], nulls: { x: {} } },
  { name: "attach a second, foreign ones stay", have: ["f"], attach: ["x"], detach: [], system: false, type: "UserAssigned", merge: { x: {} }, map: ["f", "x"], nulls: { f: {}, x: {} } },
  { name: "detach one of two", have: ["f", "x"], attach: [], detach: ["x"], system: false, type: "UserAssigned", merge: { x: null }, map: ["f"], nulls: { f: {}, x: null } },
  { name: "detach the last", have: ["x"], attach: [], detach: ["x"], system: false, type: "None", merge: undefined, map: undefined, nulls: undefined },
  { name: "detach the last beside a system-assigned one", have: ["x"], attach: [], detach: ["x"], system: true, type: "SystemAssigned", merge: undefined, map: undefined, nulls: undefined },
  { name: "replace the only one", have: ["x"], attach: ["y"], detach: ["x"], system: false, type: "UserAssigned", merge: { x: null, y: {} }, map: ["y"], nulls: { x: null, y: {} } },
  { name: "switch the system-assigned one on, foreign ones stay", have: ["f"], attach: [], detach: [], system: true, type: "both", merge: {}, map: ["f"], nulls: { f: {} } },
];

/** Every combination of a host type of the catalogue, one of its forms, and a case; a host of one kind of identity never has both. */
const rows = HOSTS.flatMap((row) => row.forms.flatMap((form) => cases.filter(({ type }) => type !== "both" || row.both !== undefined).map((each) => ({ type: row.type, form, each }))));

describe("the identity block of a request", () => {
  test.each(rows)("$type by $form: $each.name", ({ type, form, each }) => {
    const have = hostIdentityOf({ identity: blockOf(each.have, each.system) });
    const change = { attach: each.attach.map(idOf), detach: each.detach.map(keyOfName), systemAssigned: each.system };
    const map = wantedMap(each, form);
    const matrix = MATRIX.find((row) => row.type === type);
    const spelled = each.type === "both" && matrix !== undefined ? combinedType(matrix) : each.type;
    expect(identityBlock(rowOf(type), form, change, have)).toEqual({ type: spelled, ...(map === undefined ? {} : { userAssignedIdentities: map }) });
  });

  test("a removal names the key as Azure spelled it", () => {
    const spelled = idOf("x").replace("resourceGroups", "resourcegroups");
    const have = hostIdentityOf({ identity: { type: "UserAssigned", userAssignedIdentities: { [spelled]: {}, [idOf("f")]: {} } } });
    const change = { attach: [], detach: [keyOfName("x")], systemAssigned: false };
    expect(identityBlock(rowOf("Microsoft.Compute/virtualMachines"), "merge", change, have)).toEqual({ type: "UserAssigned", userAssignedIdentities: { [spelled]: null } });
  });
});

const some = fc.subarray(["f", "g", "x"]);

test.each(HOSTS.flatMap((row) => row.forms.map((form) => ({ type: row.type, row, form }))))("$type by $form: a request leaves out nothing that GET shows and nobody asked to go", ({ row, form }) => {
  fc.assert(
    fc.property(some, some, fc.boolean(), fc.boolean(), (had, leaving, isOn, willBeOn) => {
      const detach = leaving.filter((name) => had.includes(name));
      const change = { attach: [idOf("new")], detach: detach.map(keyOfName), systemAssigned: row.both === undefined ? false : willBeOn };
      const { type, userAssignedIdentities = {} } = identityBlock(row, form, change, hostIdentityOf({ identity: blockOf(had, isOn) }));
      const named = Object.entries(userAssignedIdentities as JsonObject).flatMap(([id, value]) => (value === null ? [] : [id]));
      const rest = form === "merge" ? [] : had.filter((name) => !detach.includes(name));
      expect(namesOf(named)).toEqual([...rest, "new"].sort());
      expect((typeof type === "string" ? type : "").split(/, ?/u).sort()).toEqual([...(change.systemAssigned ? ["SystemAssigned"] : []), "UserAssigned"]);
    }),
    { numRuns: 20 },
  );
});

describe("the identity that a host shows", () => {
  test.each([
    ["absent", undefined],
    ["null", null],
    ["None", { type: "None" }],
    ["None with null members", { type: "None", principalId: null, userAssignedIdentities: null }],
  ])("%s is no identity", (_name, identity) => {
    expect(hostIdentityOf({ identity })).toEqual({ attached: new Map(), systemAssigned: undefined });
  });

  test.each(["SystemAssigned, UserAssigned", "SystemAssigned,UserAssigned", "systemAssigned, userAssigned", "UserAssigned,SystemAssigned"])("%s is both", (type) => {
    const shown = hostIdentityOf({ identity: { type, principalId: "p", tenantId: "t", userAssignedIdentities: { [idOf("x").toUpperCase().replace("/SUBSCRIPTIONS", "/subscriptions")]: { principalId: "a", clientId: "b" } } } });
    expect(shown.systemAssigned).toEqual({ principalId: "p", tenantId: "t" });
    expect([...shown.attached.keys()]).toEqual([keyOfName("x")]);
  });
});

describe("what a host lost besides what a change asked for", () => {
  const shows = (names: readonly string[]) => hostIdentityOf({ identity: blockOf(names, false) });
  test.each<{ readonly name: string; readonly before: readonly string[]; readonly attach?: readonly string[]; readonly detach?: readonly string[]; readonly after: readonly string[]; readonly lost: readonly string[] }>([
    { name: "nothing", before: ["f", "x"], attach: ["y"], after: ["f", "x", "y"], lost: [] },
    { name: "not what the change took away", before: ["f", "x"], detach: ["x"], after: ["f"], lost: [] },
    { name: "what somebody else took away meanwhile", before: ["f", "g", "x"], detach: ["x"], after: ["g"], lost: ["f"] },
    { name: "not what the change was to attach and did not", before: ["f"], attach: ["x"], after: ["f"], lost: [] },
    { name: "not what came from others", before: ["f"], attach: ["x"], after: ["f", "g", "x"], lost: [] },
    { name: "everything else, when the write narrowed the host", before: ["f", "g"], attach: ["x"], after: ["x"], lost: ["f", "g"] },
  ])("is $name", ({ before, attach = [], detach = [], after, lost }) => {
    const change = { attach: attach.map(idOf), detach: detach.map(keyOfName), systemAssigned: false };
    expect(namesOf(lostBy(change, shows(before), shows(after)).map(({ id }) => id))).toEqual(lost);
  });
});

test("a PUT keeps everything that it does not understand, and leaves out what only Azure sets", () => {
  const body = { id: "i", name: "n", type: "t", etag: "e", location: "westus2", zones: ["1"], future: { a: 1 }, tags: {}, properties: { provisioningState: "Succeeded", instanceView: {}, osType: "Linux", future: [1] } };
  expect(putBody(body, { type: "None" })).toEqual({ location: "westus2", zones: ["1"], future: { a: 1 }, tags: {}, identity: { type: "None" }, properties: { osType: "Linux", future: [1] } });
});

describe("what a container group hides", () => {
  const hidden = (properties: JsonObject) => hiddenIn(rowOf("Microsoft.ContainerInstance/containerGroups"), { properties });
  const withVariable = (variable: JsonObject): JsonObject => ({ containers: [{ properties: { environmentVariables: [variable] } }] });
  test.each<[string, JsonObject, readonly string[]]>([
    ["nothing", { containers: [{ properties: { environmentVariables: [{ name: "A", value: "1" }] } }] }, []],
    ["a secure value", withVariable({ name: "A" }), ["properties.containers[0].properties.environmentVariables[0].secureValue"]],
    ["no reference to one", withVariable({ name: "A", secureValueReference: "r" }), []],
    ["a registry password", { imageRegistryCredentials: [{ server: "s", username: "u" }] }, ["properties.imageRegistryCredentials[0].password"]],
    ["none where an identity pulls", { imageRegistryCredentials: [{ server: "s", identity: "i" }] }, []],
    ["a storage key", { volumes: [{ name: "v", azureFile: { shareName: "s" } }] }, ["properties.volumes[0].azureFile.storageAccountKey"]],
    ["a secret volume", { volumes: [{ name: "v", secret: {} }] }, ["properties.volumes[0].secret"]],
    ["no empty directory", { volumes: [{ name: "v", emptyDir: {} }] }, []],
    ["a workspace key", { diagnostics: { logAnalytics: { workspaceId: "w" } } }, ["properties.diagnostics.logAnalytics.workspaceKey"]],
  ])("%s", (_name, properties, paths) => expect(hidden(properties)).toEqual(paths));
});

function blockOf(names: readonly string[], system: boolean): JsonObject {
  return { type: [...(system ? ["SystemAssigned"] : []), "UserAssigned"].join(", "), userAssignedIdentities: Object.fromEntries(names.map((name) => [idOf(name), { principalId: "p", clientId: "c" }])) };
}

function wantedMap(each: Case, form: WriteForm): JsonObject | undefined {
  const keyed = (entries: Readonly<Record<string, object | null>>) => Object.fromEntries(Object.entries(entries).map(([name, value]) => [idOf(name), value])) as JsonObject;
  if (form === "merge") return each.merge === undefined || Object.keys(each.merge).length === 0 ? undefined : keyed(each.merge);
  if (form === "nulls") return each.nulls === undefined ? undefined : keyed(each.nulls);
  return each.map === undefined ? undefined : keyed(Object.fromEntries(each.map.map((name) => [name, {}])));
}
