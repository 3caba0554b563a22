import type { ContainerGroupSpec } from "../api/container-group.ts";
import type { DocumentReference } from "./reference.ts";
import type { Making } from "./kind.ts";

/** A value, or several of one place, that Azure hides: where it goes, and a text that is equal when they are. */
export interface HiddenText {
  readonly path: string;
  readonly text: string;
}

/** The Secrets and ConfigMaps that a spec names. */
export function groupDocuments(spec: ContainerGroupSpec): readonly DocumentReference[] {
  return [
    ...spec.containers.flatMap((container, index) => variableDocuments(container, `spec.containers[${index}]`)),
    ...(spec.volumes ?? []).flatMap((volume, index) => volumeDocuments(volume, `spec.volumes[${index}]`)),
    ...(spec.imageRegistryCredentials ?? []).flatMap(({ passwordFrom }, index) =>
      passwordFrom === undefined ? [] : [secretKey(passwordFrom.secretKeyRef, `spec.imageRegistryCredentials[${index}].passwordFrom`)],
    ),
  ];
}

/** What Azure hides of a group, by place: the secure variables of a container count as one (at most 64 places are remembered). */
export function hiddenDigests(spec: ContainerGroupSpec, making: Making): readonly HiddenText[] {
  const value = ({ name, key }: { readonly name: string; readonly key: string }) => making.value("Secret", name, key) ?? "";
  const containers = spec.containers.flatMap(({ name, environmentVariables = [] }) => {
    const secure = environmentVariables.flatMap((each) => (each.secureValueFrom === undefined ? [] : [[each.name, value(each.secureValueFrom.secretKeyRef)] as const]));
    return secure.length === 0 ? [] : [{ path: `containers[${name}].environmentVariables`, text: textOfPairs(secure) }];
  });
  const volumes = (spec.volumes ?? []).flatMap(({ name, secret, azureFile }) => {
    if (secret !== undefined) return [{ path: `volumes[${name}].secret`, text: textOfPairs(Object.entries(making.values("Secret", secret.secretRef.name))) }];
    return azureFile === undefined ? [] : [{ path: `volumes[${name}].azureFile.storageAccountKey`, text: value(azureFile.storageAccountKeyFrom.secretKeyRef) }];
  });
  const passwords = (spec.imageRegistryCredentials ?? []).flatMap(({ server, passwordFrom }) =>
    passwordFrom === undefined ? [] : [{ path: `imageRegistryCredentials[${server}].password`, text: value(passwordFrom.secretKeyRef) }],
  );
  return [...containers, ...volumes, ...passwords];
}

type Container = ContainerGroupSpec["containers"][number];
type Volume = NonNullable<ContainerGroupSpec["volumes"]>[number];

function variableDocuments({ environmentVariables = [] }: Container, path: string): readonly DocumentReference[] {
  return environmentVariables.flatMap(({ valueFrom, secureValueFrom }, index): readonly DocumentReference[] => {
    const at = `${path}.environmentVariables[${index}]`;
    if (secureValueFrom !== undefined) return [secretKey(secureValueFrom.secretKeyRef, `${at}.secureValueFrom`)];
    return valueFrom === undefined ? [] : [{ kind: "ConfigMap", ...valueFrom.configMapKeyRef, path: `${at}.valueFrom` }];
  });
}

function volumeDocuments({ secret, azureFile }: Volume, path: string): readonly DocumentReference[] {
  if (secret !== undefined) return [{ kind: "Secret", name: secret.secretRef.name, key: undefined, path: `${path}.secret` }];
  return azureFile === undefined ? [] : [secretKey(azureFile.storageAccountKeyFrom.secretKeyRef, `${path}.azureFile.storageAccountKeyFrom`)];
}

/** Pairs in the order of their names: the order in which they are declared does not matter. */
function textOfPairs(pairs: readonly (readonly [string, string])[]): string {
  return JSON.stringify(pairs.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function secretKey({ name, key }: { readonly name: string; readonly key: string }, path: string): DocumentReference {
  return { kind: "Secret", name, key, path };
}
