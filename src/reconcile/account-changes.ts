import { ACCOUNT_ANNOTATIONS, ACCOUNT_NAME } from "../api/credential.ts";
import type { KubeObject } from "../api/object.ts";
import type { Change } from "./change.ts";
import { accountNamespaceOf } from "./credential-choice.ts";
import type { Claim } from "./claim.ts";
import type { Policy } from "./ports.ts";
import type { Units } from "./units.ts";

/** Claims to which a change of a ServiceAccount matters: it is a reference of every object that reaches Azure by it (DESIGN 2). */
export function usersOfAccount(change: Change, units: Units, policy: Policy): readonly Claim[] {
  if (!isOtherAccount(change)) return [];
  const namespaces = namespacesOfAccount((change.next ?? change.previous)?.metadata.namespace ?? "", policy);
  return namespaces.flatMap((namespace) => units.inNamespace(namespace));
}

/** Whether a change makes a ServiceAccount another one to those who sign in by it. */
function isOtherAccount({ previous, next }: Change): boolean {
  const name = (next ?? previous)?.metadata.name;
  return name === ACCOUNT_NAME && JSON.stringify(meaningOf(previous)) !== JSON.stringify(meaningOf(next));
}

/** Namespaces whose objects use the account of a namespace: its own, and those with which the administrator shares it. */
export function namespacesOfAccount(accountNamespace: string, policy: Policy): readonly string[] {
  const own = accountNamespaceOf(accountNamespace, policy) === accountNamespace ? [accountNamespace] : [];
  const shared = [...policy.sharedNamespaces].filter(([namespace, by]) => by.accountNamespace === accountNamespace && namespace !== accountNamespace);
  return [...own, ...shared.map(([namespace]) => namespace)];
}

function meaningOf(account: KubeObject | undefined): unknown {
  const { uid, deletionTimestamp, annotations } = account?.metadata ?? {};
  return [uid, deletionTimestamp !== undefined, ...Object.values(ACCOUNT_ANNOTATIONS).map((name) => annotations?.[name])];
}
