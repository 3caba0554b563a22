import type { ContainerGroupSpec } from "../api/container-group.ts";
import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import { containerDifferences, portsOf } from "./container-differences.ts";
import { declaredProperties, isAwaiting } from "./container-group-body.ts";
import { hiddenDigests } from "./container-group-secrets.ts";
import { byKey, differing, listAt } from "./declared.ts";
import type { Difference, Making } from "./kind.ts";

/** A difference with what healing it takes: Azure changes some properties only by making the group again (arm.md 5). */
export interface GroupDifference extends Difference {
  readonly heals: "update" | "recreate" | "repair";
}

const RECREATED = ["osType", "restartPolicy", "sku"] as const;

/** How a group differs from its spec, tags and region aside. Values that Azure hides never appear. */
export function groupDifferences(spec: ContainerGroupSpec, have: JsonObject, making: Making): readonly GroupDifference[] {
  const want = declaredProperties(spec, making, have);
  const has = objectAt(have, "properties") ?? {};
  return [
    ...stateDifference(has),
    ...RECREATED.flatMap((field) => (want[field] === undefined ? [] : compared(`properties.${field}`, [want[field], has[field]], "recreate"))),
    ...(spec.zones === undefined ? [] : compared("zones", [spec.zones, have["zones"]], "recreate")),
    ...(want["subnetIds"] === undefined ? [] : compared("properties.subnetIds", [idsIn(want["subnetIds"]), idsIn(has["subnetIds"])], "recreate")),
    ...compared("properties.ipAddress", [addressOf(want["ipAddress"], want["ipAddress"]), addressOf(has["ipAddress"], want["ipAddress"])], "update"),
    ...containerDifferences(want, has).map(({ isFixed, ...each }) => ({ ...each, mutable: true, heals: isFixed ? ("recreate" as const) : ("update" as const) })),
    ...compared("properties.volumes", [volumesOf(want), volumesOf(has)], "update"),
    ...credentialDifferences(want, has, have),
    ...hiddenDifferences(spec, making),
  ];
}

/** Whether the last operation on a group failed, so that nothing runs there. */
export function isFailed(properties: JsonObject | undefined): boolean {
  return stringAt(properties, "provisioningState")?.toLowerCase() === "failed";
}

/** What failed to be made is made again; nothing runs there that could be disturbed. */
function stateDifference(has: JsonObject): readonly GroupDifference[] {
  const state = stringAt(has, "provisioningState");
  if (state === undefined || !isFailed(has)) return [];
  return [{ path: "properties.provisioningState", want: "Succeeded", have: state, mutable: true, heals: "repair" }];
}

/** Volumes by name, without what Azure hides. */
function volumesOf(properties: JsonObject): JsonObject {
  return byKey(listAt(properties, "volumes"), "name", (volume) => {
    const file = objectAt(volume, "azureFile");
    if (file !== undefined) return { azureFile: { shareName: file["shareName"], storageAccountName: file["storageAccountName"], readOnly: file["readOnly"] ?? false } };
    if (isJsonObject(volume["emptyDir"])) return "emptyDir";
    // Of a secret volume Azure may show nothing at all.
    return isJsonObject(volume["gitRepo"]) ? "gitRepo" : "secret";
  });
}

/** An identity pulls only once it is attached: until then Azure refuses the group (arm.md 5). */
function credentialDifferences(want: JsonObject, has: JsonObject, have: JsonObject): readonly GroupDifference[] {
  const awaiting = listAt(want, "imageRegistryCredentials").some((credential) => isAwaiting(credential, have));
  const differences = compared("properties.imageRegistryCredentials", [credentialsOf(want), credentialsOf(has)], "update");
  return awaiting ? differences.map((each) => ({ ...each, awaitsIdentity: true as const })) : differences;
}

/** Registries by server, without passwords. */
function credentialsOf(properties: JsonObject): JsonObject {
  return byKey(listAt(properties, "imageRegistryCredentials"), "server", (credential) => {
    const identity = stringAt(credential, "identity");
    return identity === undefined || identity === "" ? (stringAt(credential, "username") ?? "") : identity.toLowerCase();
  });
}

function addressOf(address: Json | undefined, declared: Json | undefined): Json {
  if (!isJsonObject(address)) return "none";
  const ip = stringAt(declared, "ip") === undefined ? {} : { ip: stringAt(address, "ip") ?? "" };
  return { type: stringAt(address, "type") ?? "", ports: portsOf(address), dnsNameLabel: stringAt(address, "dnsNameLabel")?.toLowerCase() ?? "", ...ip };
}

function idsIn(list: Json | undefined): readonly string[] {
  return listAt({ list }, "list").map((item) => stringAt(item, "id")?.toLowerCase() ?? "");
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
