import { GUID_PATTERN } from "./arm-id.ts";
import type { KubeObject, ObjectKey } from "./object.ts";
import { objectKey } from "./object.ts";

/** The only ServiceAccount by which an object can reach Azure: one of this name in a namespace (DESIGN 6). */
export const ACCOUNT_NAME = "azure-identity";

/** Kind of that account, as cached objects carry it. */
export const ACCOUNT_KIND = "ServiceAccount";

/** The annotations of azure-workload-identity that say as which application an account signs in. */
export const ACCOUNT_ANNOTATIONS = {
  clientId: "azure.workload.identity/client-id",
  tenantId: "azure.workload.identity/tenant-id",
} as const;

/** Name of the operator's own credential, for the namespaces that share it. */
export const SHARED_CREDENTIAL = "shared";

/** Name of the operator's own credential where it may only clean up. */
export const CLEANUP_CREDENTIAL = "cleanup";

/** By which right a credential is used: it was shared by the administrator, is the namespace's own, or may only clean up. */
export type CredentialSource = "Shared" | "Own" | "Cleanup";

/** One life of a ServiceAccount, and the application as which it signs in. */
export interface Account {
  readonly namespace: string;
  readonly uid: string;
  readonly clientId: string;
  readonly tenantId: string;
}

/** What the name of a credential says; without an account it is the operator's own. */
export interface Credential {
  readonly source: CredentialSource;
  readonly account: Account | undefined;
}

const PREFIXES: Readonly<Record<CredentialSource, string>> = { Shared: SHARED_CREDENTIAL, Own: "own", Cleanup: CLEANUP_CREDENTIAL };
const SOURCES: ReadonlyMap<string, CredentialSource> = new Map(Object.entries(PREFIXES).map(([source, prefix]) => [prefix, source as CredentialSource]));
const guid = new RegExp(GUID_PATTERN);

/**
 * The name of a credential. It holds everything that decides whose tokens these are, so that whatever is kept by it is never met
 * by an account that was made anew or signs in as another application. It has no `|` and no space.
 */
export function credentialName({ source, account }: Credential): string {
  if (account === undefined) return PREFIXES[source];
  return `${PREFIXES[source]}:${account.namespace}/${ACCOUNT_NAME}:${account.uid}:${account.clientId}:${account.tenantId}`;
}

/** Reads the name of a credential; undefined for what is none. */
export function parseCredential(name: string): Credential | undefined {
  const [prefix = "", address, uid, clientId, tenantId, ...rest] = name.split(":");
  const source = SOURCES.get(prefix);
  if (source === undefined || rest.length > 0) return undefined;
  if (address === undefined) return source === "Own" ? undefined : { source, account: undefined };
  const [namespace = "", accountName] = address.split("/");
  if (namespace === "" || accountName !== ACCOUNT_NAME || uid === undefined || uid === "") return undefined;
  if (clientId === undefined || tenantId === undefined || !guid.test(clientId) || !guid.test(tenantId)) return undefined;
  return { source, account: { namespace, uid, clientId, tenantId } };
}

/** By which right the credential of a name is used. */
export function sourceOf(name: string): CredentialSource {
  return SOURCES.get(name.split(":", 1)[0] ?? "") ?? "Own";
}

/** A credential as a status shows it to people. */
export interface ShownCredential {
  readonly source: CredentialSource;
  readonly serviceAccount?: string;
  readonly clientId?: string;
}

/** What a status shows of a credential; the client id of one that is shared is the administrator's business. */
export function shownCredential(name: string): ShownCredential | undefined {
  const parsed = parseCredential(name);
  if (parsed?.account === undefined) return parsed && { source: parsed.source };
  const { source, account } = parsed;
  const shown = { source, serviceAccount: `${account.namespace}/${ACCOUNT_NAME}` };
  return source === "Own" ? { ...shown, clientId: account.clientId } : shown;
}

/** The key of the account of a namespace. */
export function accountKey(namespace: string): ObjectKey {
  return objectKey(ACCOUNT_KIND, namespace, ACCOUNT_NAME);
}

/** What the annotations of a ServiceAccount make of it, or what is missing, in words. */
export type ReadAccount = { readonly ok: true; readonly account: Account } | { readonly ok: false; readonly missing: string };

/** Reads the annotations of a ServiceAccount; the tenant defaults to that of the operator, where it has one. */
export function readAccount({ metadata }: KubeObject, defaultTenantId: string): ReadAccount {
  const clientId = metadata.annotations?.[ACCOUNT_ANNOTATIONS.clientId]?.trim().toLowerCase() ?? "";
  const tenantId = metadata.annotations?.[ACCOUNT_ANNOTATIONS.tenantId]?.trim().toLowerCase() ?? defaultTenantId;
  if (!guid.test(clientId)) return { ok: false, missing: `the annotation ${ACCOUNT_ANNOTATIONS.clientId} with the client id of an identity, a GUID` };
  if (!guid.test(tenantId)) return { ok: false, missing: `the annotation ${ACCOUNT_ANNOTATIONS.tenantId} with the id of its tenant, a GUID` };
  return { ok: true, account: { namespace: metadata.namespace, uid: metadata.uid, clientId, tenantId } };
}

/** Subject of the tokens of the account of a namespace. */
export function accountSubject(namespace: string): string {
  return `system:serviceaccount:${namespace}:${ACCOUNT_NAME}`;
}
