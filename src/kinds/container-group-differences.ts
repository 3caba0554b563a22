import type { ContainerGroupSpec } from "../api/container-group.ts";
import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import { declaredProperties } from "./container-group-body.ts";
import { hiddenDigests } from "./container-group-secrets.ts";
import { differing, listAt, within } from "./declared.ts";
import type { Difference, Making } from "./kind.ts";

/** A difference with what healing it takes: Azure changes some properties only by making the group again (arm.md 5). */
export interface GroupDifference extends Difference {
  readonly heals: "update" | "recreate" | "repair";
}

const RECREATED = ["osType", "restartPolicy", "sku"] as const;

/** How a group differs from its spec, tags and region aside. Values that Azure hides never appear. */
export function groupDifferences(spec: ContainerGroupSpec, have: JsonObject, making: Making): readonly GroupDifference[] {
  const want = declaredProperties(spec, making);
  const has = objectAt(have, "properties") ?? {};
  return [
    ...stateDifference(has),
    ...RECREATED.flatMap((field) => (want[field] === undefined ? [] : compared(`properties.${field}`, [want[field], has[field]], "recreate"))),
    ...(spec.zones === undefined ? [] : compared("zones", [spec.zones, have["zones"]], "recreate")),
    ...(want["subnetIds"] === undefined ? [] : compared("properties.subnetIds", [idsIn(want["subnetIds"]), idsIn(has["subnetIds"])], "recreate")),
    ...compared("properties.ipAddress", [addressOf(want["ipAddress"], want["ipAddress"]), addressOf(has["ipAddress"], want["ipAddress"])], "update"),
    ...containerDifferences(want, has),
    ...compared("properties.volumes", [volumesOf(want), volumesOf(has)], "update"),
    ...compared("properties.imageRegistryCredentials", [credentialsOf(want), credentialsOf(has)], "update"),
    ...hiddenDifferences(spec, making),
  ];
}

/** What failed to be made is made again; nothing runs there that could be disturbed. */
function stateDifference(has: JsonObject): readonly GroupDifference[] {
  const state = stringAt(has, "provisioningState");
  if (state?.toLowerCase() !== "failed") return [];
  return [{ path: "properties.provisioningState", want: "Succeeded", have: state, mutable: true, heals: "repair" }];
}

function containerDifferences(want: JsonObject, has: JsonObject): readonly GroupDifference[] {
  const [wanted, actual] = [listAt(want, "containers"), listAt(has, "containers")];
  const names = compared("properties.containers", [namesOf(wanted), namesOf(actual)], "update");
  const each = wanted.flatMap((container) => {
    const there = actual.find((candidate) => stringAt(candidate, "name") === stringAt(container, "name"));
    return there === undefined ? [] : oneContainer(stringAt(container, "name") ?? "", objectAt(container, "properties") ?? {}, objectAt(there, "properties") ?? {});
  });
  return [...names, ...each];
}

function oneContainer(name: string, want: JsonObject, has: JsonObject): readonly GroupDifference[] {
  const at = (field: string) => `properties.containers[${name}].${field}`;
  const listed = (["command", "ports", "volumeMounts", "livenessProbe", "readinessProbe"] as const).flatMap((field) => {
    const declared = want[field] ?? [];
    return compared(at(field), [declared, within(has[field] ?? [], declared)], "update");
  });
  return [
    ...compared(at("image"), [want["image"], has["image"]], "update"),
    ...compared(at("resources"), [want["resources"], within(has["resources"], want["resources"])], "recreate"),
    ...compared(at("environmentVariables"), [variablesOf(want), variablesOf(has)], "update"),
    ...listed,
  ];
}

/** Variables by name; of a secure one only that it is. */
function variablesOf(container: JsonObject): JsonObject {
  const entries = listAt(container, "environmentVariables").map((variable) => [stringAt(variable, "name") ?? "", stringAt(variable, "value") ?? "(secure)"]);
  return Object.fromEntries(entries.sort(([left = ""], [right = ""]) => (left < right ? -1 : 1)));
}

/** Volumes by name, without what Azure hides. */
function volumesOf(properties: JsonObject): JsonObject {
  return byKey(listAt(properties, "volumes"), "name", (volume) => {
    const file = objectAt(volume, "azureFile");
    if (file !== undefined) return { azureFile: { shareName: file["shareName"], storageAccountName: file["storageAccountName"], readOnly: file["readOnly"] ?? false } };
    return isJsonObject(volume["secret"]) ? "secret" : isJsonObject(volume["emptyDir"]) ? "emptyDir" : "other";
  });
}

/** Registries by server, without passwords. */
function credentialsOf(properties: JsonObject): JsonObject {
  return byKey(listAt(properties, "imageRegistryCredentials"), "server", (credential) => {
    const identity = stringAt(credential, "identity");
    return identity === undefined || identity === "" ? (stringAt(credential, "username") ?? "") : identity.toLowerCase();
  });
}

function byKey(items: readonly Json[], key: string, valueOf: (item: JsonObject) => Json): JsonObject {
  const entries = items.filter(isJsonObject).map((item) => [stringAt(item, key) ?? "", valueOf(item)] as const);
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function addressOf(address: Json | undefined, declared: Json | undefined): Json {
  if (!isJsonObject(address)) return "none";
  const ports = listAt(address, "ports").map((port) => `${JSON.stringify(isJsonObject(port) ? port["port"] : null)}/${stringAt(port, "protocol") ?? "TCP"}`);
  const ip = stringAt(declared, "ip") === undefined ? {} : { ip: stringAt(address, "ip") ?? "" };
  return { type: stringAt(address, "type") ?? "", ports: ports.sort(), dnsNameLabel: stringAt(address, "dnsNameLabel")?.toLowerCase() ?? "", ...ip };
}

function idsIn(list: Json | undefined): readonly string[] {
  return listAt({ list }, "list").map((item) => stringAt(item, "id")?.toLowerCase() ?? "");
}

function namesOf(containers: readonly Json[]): readonly string[] {
  return containers.map((container) => stringAt(container, "name") ?? "");
}

/** Only what is known to differ counts: a lost key means unknown, and is never a reason to write (DESIGN 6). */
function hiddenDifferences(spec: ContainerGroupSpec, making: Making): readonly GroupDifference[] {
  const changed = hiddenDigests(spec, making).filter(({ path, text }) => making.isWritten(path, text) === false);
  return changed.map(({ path }) => ({ path: `properties.${path}`, want: "(hidden)", have: "(another hidden value)", mutable: true, heals: "update" }));
}

function compared(path: string, [want, has]: readonly [Json | undefined, Json | undefined], heals: GroupDifference["heals"]): readonly GroupDifference[] {
  const difference = differing(path, want, has);
  return difference === undefined ? [] : [{ ...difference, mutable: true, heals }];
}
