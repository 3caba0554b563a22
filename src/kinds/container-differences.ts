import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import { byKey, differing, listAt, within } from "./declared.ts";
import type { Drift } from "../api/shared.ts";

/** A difference of one container, and whether Azure changes it only by making the group again (arm.md 5). */
export interface ContainerDifference extends Drift {
  readonly isFixed: boolean;
}

/** How the containers of a group differ from what is declared. Azure may list them, and what is in them, in another order. */
export function containerDifferences(want: JsonObject, has: JsonObject): readonly ContainerDifference[] {
  const [wanted, actual] = [listAt(want, "containers"), listAt(has, "containers")];
  const each = wanted.filter(isJsonObject).flatMap((container) => {
    const name = stringAt(container, "name") ?? "";
    const there = actual.find((candidate) => stringAt(candidate, "name") === name);
    return there === undefined ? [] : oneContainer(`properties.containers[${name}]`, objectAt(container, "properties") ?? {}, objectAt(there, "properties") ?? {});
  });
  return [...compared("properties.containers", namesOf(wanted), namesOf(actual)), ...each];
}

function oneContainer(at: string, want: JsonObject, has: JsonObject): readonly ContainerDifference[] {
  const resources = compared(`${at}.resources`, want["resources"], within(has["resources"], want["resources"]));
  const probes = ["livenessProbe", "readinessProbe"].flatMap((field) => compared(`${at}.${field}`, probeOf(want[field]), within(probeOf(has[field]), probeOf(want[field]))));
  return [
    ...compared(`${at}.image`, want["image"], has["image"]),
    ...resources.map((each) => ({ ...each, isFixed: true })),
    ...variableDifferences(at, want, has),
    ...compared(`${at}.command`, want["command"], has["command"]),
    ...compared(`${at}.ports`, portsOf(want), portsOf(has)),
    ...compared(`${at}.volumeMounts`, mountsOf(want), mountsOf(has)),
    ...probes,
  ];
}

/** What stands for a value that Azure does not show. */
const SECURE = "(secure)";

/** Each variable by itself, so that a difference shows what differs; of a secure one only that it is. */
function variableDifferences(at: string, want: JsonObject, has: JsonObject): readonly ContainerDifference[] {
  const [wanted, actual] = [variablesOf(want), variablesOf(has)];
  const names = [...new Set([...wanted.keys(), ...actual.keys()])].sort();
  return names.flatMap((name) => {
    const [value, shown] = [wanted.get(name), actual.get(name)];
    // An empty value may not be shown either.
    return value === "" && shown === SECURE ? [] : compared(`${at}.environmentVariables[${name}]`, value, shown);
  });
}

function variablesOf(container: JsonObject): ReadonlyMap<string, string> {
  return new Map(listAt(container, "environmentVariables").map((variable) => [stringAt(variable, "name") ?? "", stringAt(variable, "value") ?? SECURE]));
}

/** Ports with their protocols, in one order. */
export function portsOf(value: Json | undefined): readonly string[] {
  return listAt(value, "ports").map((port) => `${JSON.stringify(isJsonObject(port) ? port["port"] : null)}/${(stringAt(port, "protocol") ?? "TCP").toUpperCase()}`).sort();
}

function mountsOf(container: JsonObject): JsonObject | undefined {
  const mounts = listAt(container, "volumeMounts");
  return mounts.length === 0 ? undefined : byKey(mounts, "mountPath", ({ name, readOnly = false }) => ({ name, readOnly }));
}

/** Schemes are compared without case: Azure's documents and tools spell them in both. */
function probeOf(probe: Json | undefined): Json | undefined {
  const get = objectAt({ probe }, "probe")?.["httpGet"];
  const scheme = stringAt(get, "scheme")?.toLowerCase();
  return isJsonObject(probe) && isJsonObject(get) && scheme !== undefined ? { ...probe, httpGet: { ...get, scheme } } : probe;
}

function namesOf(containers: readonly Json[]): readonly string[] {
  return containers.map((container) => stringAt(container, "name") ?? "").sort();
}

function compared(path: string, want: Json | undefined, has: Json | undefined): readonly ContainerDifference[] {
  const difference = differing(path, want, has);
  return difference === undefined ? [] : [{ ...difference, isFixed: false }];
}
