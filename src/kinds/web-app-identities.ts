import { type ArmId } from "../api/arm-id.ts";
import { type JsonObject, stringAt } from "../api/json.ts";
import type { NamedIdentity, NamedOrSystemIdentity } from "../api/references.ts";
import type { WebAppSpec } from "../api/web-app.ts";
import { isOwnIdentity } from "./host-share.ts";
import type { Surroundings, Unlocated } from "./kind.ts";
import { fieldReferences, identityIdOf, identityReference } from "./named.ts";
import type { Reference } from "./reference.ts";
import { referentFor } from "./referent.ts";
import { attachedTo } from "./shown-identity.ts";

type Fields = Readonly<Record<string, NamedOrSystemIdentity | undefined>>;

/** Identities that the app itself uses, by the field that names them. Azure takes only those that are attached to it. */
function usedIdentities({ keyVaultReferenceIdentity, siteConfig, functionAppConfig }: WebAppSpec): Fields {
  return {
    [KEY_VAULT_PATH]: keyVaultReferenceIdentity,
    [PULL_PATH]: siteConfig?.acrPullIdentity,
    [STORAGE_PATH]: functionAppConfig?.deployment.storage.authentication,
  };
}

export const KEY_VAULT_PATH = "spec.keyVaultReferenceIdentity";
export const PULL_PATH = "spec.siteConfig.acrPullIdentity";
export const STORAGE_PATH = "spec.functionAppConfig.deployment.storage.authentication";

/** Path of the identity whose client id is the value of a setting. */
export function clientIdPath(index: number): string {
  return `spec.appSettings[${index}].identityClientId`;
}

function settingIdentities({ appSettings = [] }: WebAppSpec): Fields {
  return Object.fromEntries(appSettings.map(({ identityClientId }, index) => [clientIdPath(index), identityClientId]));
}

/** What is wrong with the identities that fields of a spec name; undefined when nothing is. */
export function strangeIdentity(spec: WebAppSpec): string | undefined {
  const strange = strangerAmong(usedIdentities(spec), spec);
  if (strange !== undefined) return `${strange}: it must be one of the app's: list it in spec.identity.userAssigned, in the same way`;
  const named = Object.fromEntries(Object.entries(settingIdentities(spec)).filter(([, field]) => field?.armId !== undefined));
  const unknown = strangerAmong(named, spec);
  if (unknown === undefined) return undefined;
  const why = "the client id of an identity is known by its ARM id only while the app has it";
  return `${unknown}.armId: ${why}: list it in spec.identity.userAssigned, or use identityRef`;
}

function strangerAmong(fields: Fields, spec: WebAppSpec): string | undefined {
  return Object.entries(fields).find(([, named]) => named !== undefined && !isOwnIdentity(spec, named))?.[0];
}

/** The references in fields that name identities. */
export function fieldIdentityReferences(spec: WebAppSpec, namespace: string): readonly Reference[] {
  return fieldReferences({ ...usedIdentities(spec), ...settingIdentities(spec) }, namespace);
}

/** What an app waits for because a field names an identity that shows no ids yet; undefined when nothing is missing. */
export function identityWaitedFor(spec: WebAppSpec, surroundings: Surroundings): Unlocated | undefined {
  const referents = fieldIdentityReferences(spec, surroundings.namespace).map((reference) => referentFor(reference, surroundings));
  return referents.find((referent) => !referent.ok);
}

/** Where the value of a field that names an identity is looked up. */
export interface IdentitySource {
  readonly surroundings: Surroundings;
  /** The app as Azure shows it; undefined for one that is to be created with its identities. */
  readonly have: JsonObject | undefined;
  /** The field, for messages. */
  readonly path: string;
}

/** What stands for an identity in a body, if that is known, and whether the app has yet to get it. */
export interface IdentityValue {
  readonly value: string | undefined;
  readonly awaitsIdentity: boolean;
}

/** The ARM id of a user-assigned identity. */
export function identityIdValue(named: NamedIdentity, { surroundings, have, path }: IdentitySource): IdentityValue {
  const id = identityIdOf(named, surroundings, path);
  return { value: id, awaitsIdentity: isMissing(id, have) };
}

/** The client id of a user-assigned identity: its object shows it, and of one that is named by its ARM id the app that has it. */
export function clientIdValue(named: NamedIdentity, { surroundings, have, path }: IdentitySource): IdentityValue {
  if (named.identityRef !== undefined) {
    const referent = surroundings.referent(identityReference(named.identityRef, surroundings.namespace, path));
    return { value: stringAt(referent?.status, "clientId"), awaitsIdentity: false };
  }
  const id = identityIdOf(named, surroundings, path);
  const value = have === undefined || id === undefined ? undefined : stringAt(attachedTo(have, id), "clientId");
  return { value, awaitsIdentity: value === undefined };
}

function isMissing(id: ArmId | undefined, have: JsonObject | undefined): boolean {
  return have !== undefined && id !== undefined && attachedTo(have, id) === undefined;
}
