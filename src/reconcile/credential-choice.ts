import { ACCOUNT_ANNOTATIONS, ACCOUNT_NAME, accountKey, credentialName, type CredentialSource, parseCredential, readAccount } from "../api/credential.ts";
import { keyOf, type KubeObject, type ObjectKey } from "../api/object.ts";
import type { Holds } from "../api/shared.ts";
import type { Cache, Policy } from "./ports.ts";
import type { Refusal } from "./refusal.ts";

/** What the choice of a credential looks at; all of it is in memory. */
export interface Choosing {
  readonly cache: Cache;
  readonly policy: Policy;
  /** Whether an unexpired token of a credential is there. */
  isTokenHeld(credential: string): boolean;
  /** Whether an object was refused what it needs to leave. */
  isLockedOut(key: ObjectKey): boolean;
}

/** For whom a credential is chosen. */
export interface Chooser {
  readonly object: KubeObject;
  readonly holds: Holds | undefined;
  /** Whether what is held stays in Azure when the object leaves, so that nothing has to be reached for it. */
  readonly retain: boolean;
}

/** With which credential an object reaches Azure, or why with none. */
export type Choice = { readonly is: "chosen"; readonly credential: string } | { readonly is: "none"; readonly refusal: Refusal };

/**
 * The credential of an object: chosen by the administrator for its namespace, and by nothing in the object (DESIGN 6). What is
 * deleted and holds something may use a token that is still held, or else only clean up.
 */
export function chooseCredential({ object, holds, retain }: Chooser, world: Choosing): Choice {
  const place = placeOf(object.metadata.namespace, world);
  if (object.metadata.deletionTimestamp !== undefined && holds !== undefined) return toLeave(place, { holds, retain, isLockedOut: world.isLockedOut(keyOf(object)) }, world);
  if (place.current === undefined) return none(place.refusal);
  return isOfTenant(place.current, holds, world) ? chosen(place.current) : none(ofOtherTenant(place.current, holds, world));
}

/** Tenant in which a credential signs in. */
export function tenantOf(credential: string, policy: Policy): string {
  return parseCredential(credential)?.account?.tenantId ?? policy.tenantId;
}

/** Namespace of the account of a namespace's credential; undefined where that is the operator's own. */
export function accountNamespaceOf(namespace: string, { sharedNamespaces }: Policy): string | undefined {
  const shared = sharedNamespaces.get(namespace);
  return shared === undefined ? namespace : shared.accountNamespace;
}

/** What a namespace's credential is now. */
type Place =
  | { readonly current: string; readonly source: CredentialSource; readonly accountNamespace: string | undefined }
  | { readonly current: undefined; readonly refusal: Refusal; readonly source: CredentialSource; readonly accountNamespace: string };

function placeOf(namespace: string, { cache, policy }: Choosing): Place {
  const shared = policy.sharedNamespaces.get(namespace);
  const accountNamespace = accountNamespaceOf(namespace, policy);
  const source = shared === undefined ? "Own" : "Shared";
  if (accountNamespace === undefined) return { current: credentialName({ source: "Shared", account: undefined }), source, accountNamespace };
  const object = cache.get(accountKey(accountNamespace));
  const exists = object !== undefined && object.metadata.deletionTimestamp === undefined;
  const read = exists ? readAccount(object, policy.tenantId) : undefined;
  if (read?.ok === true) return { current: credentialName({ source, account: read.account }), source, accountNamespace };
  const lacks = read === undefined ? "does not exist" : `lacks ${read.missing}`;
  return { current: undefined, refusal: notThere({ namespace, accountNamespace, source, lacks }), source, accountNamespace };
}

/** No token can be requested in a namespace that is terminating, so that there only one that is held serves (DESIGN 4). */
function toLeave(place: Place, { holds, retain, isLockedOut }: { readonly holds: Holds; readonly retain: boolean; readonly isLockedOut: boolean }, world: Choosing): Choice {
  const { current, accountNamespace } = place;
  const isEnding = accountNamespace !== undefined && world.cache.namespace(accountNamespace)?.metadata.deletionTimestamp !== undefined;
  const usable = [current !== undefined && !isEnding ? current : undefined, ...[current, heldOf(place, holds)].filter((name) => name !== undefined && world.isTokenHeld(name))];
  const name = usable.find((each) => each !== undefined && isOfTenant(each, holds, world));
  const cleanup = retain ? undefined : cleanupOf(world);
  const canCleanUp = cleanup !== undefined && isOfTenant(cleanup, holds, world);
  if (name !== undefined && !(isLockedOut && canCleanUp && place.source === "Own")) return chosen(name);
  if (canCleanUp) return chosen(cleanup);
  if (current !== undefined && !isEnding) return none(ofOtherTenant(current, holds, world));
  return none(gone(accountNamespace ?? ""));
}

/** The credential by which the object holds what it holds, when it was one of the same place; another one is nobody's to take up. */
function heldOf({ source, accountNamespace }: Place, holds: Holds): string | undefined {
  const held = parseCredential(holds.credential);
  return held?.source === source && held.account?.namespace === accountNamespace ? holds.credential : undefined;
}

/** The credential that may only clean up, where the administrator allows one and it can be had. */
function cleanupOf({ cache, policy }: Choosing): string | undefined {
  const { cleanup } = policy;
  if (cleanup === undefined) return undefined;
  if (cleanup.accountNamespace === undefined) return credentialName({ source: "Cleanup", account: undefined });
  const object = cache.get(accountKey(cleanup.accountNamespace));
  const read = object === undefined ? undefined : readAccount(object, policy.tenantId);
  return read?.ok === true ? credentialName({ source: "Cleanup", account: read.account }) : undefined;
}

function isOfTenant(credential: string, holds: Holds | undefined, { policy }: Choosing): boolean {
  return holds === undefined || holds.tenantId.toLowerCase() === tenantOf(credential, policy).toLowerCase();
}

function chosen(credential: string): Choice {
  return { is: "chosen", credential };
}

function none(refusal: Refusal): Choice {
  return { is: "none", refusal };
}

function notThere({ namespace, accountNamespace, source, lacks }: { readonly namespace: string; readonly accountNamespace: string; readonly source: CredentialSource; readonly lacks: string }): Refusal {
  const account = `ServiceAccount ${accountNamespace}/${ACCOUNT_NAME}`;
  if (source === "Shared") {
    return { reason: "CredentialUnavailable", message: `namespace "${namespace}" shares the credential of ${account}, which ${lacks}: an administrator can correct it`, waits: true };
  }
  const annotations = `${ACCOUNT_ANNOTATIONS.clientId} and ${ACCOUNT_ANNOTATIONS.tenantId}`;
  const message = `namespace "${namespace}" is not listed in --shared-credential-namespaces, so that its objects use ${account}, which ${lacks}: give it the annotations ${annotations}, or let an administrator list the namespace`;
  return { reason: "CredentialNotAllowed", message };
}

function ofOtherTenant(credential: string, holds: Holds | undefined, { policy }: Choosing): Refusal {
  const message = `what this object holds lies in tenant ${holds?.tenantId ?? ""}, and its credential is now one of tenant ${tenantOf(credential, policy)}: set back the credential, or set deletionPolicy to Retain and delete the object to leave in Azure what it holds`;
  return { reason: "CredentialGone", message };
}

function gone(accountNamespace: string): Refusal {
  const message = `no token of ServiceAccount ${accountNamespace}/${ACCOUNT_NAME} can be had any more, so that what this object holds cannot be removed: set deletionPolicy to Retain to leave it in Azure, or let an administrator set --cleanup-credential`;
  return { reason: "CredentialGone", message };
}
