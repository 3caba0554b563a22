import type { ArmId } from "../api/arm-id.ts";
import { armIdKey, armIdType, parseArmId } from "../api/arm-id.ts";
import type { Denied } from "./contract.ts";

const IDENTITY_TYPE = "microsoft.managedidentity/userassignedidentities";
const IDENTITY_ID =
  /\/subscriptions\/[0-9a-f-]{36}\/resourcegroups\/[-\w.()]+\/providers\/microsoft\.managedidentity\/userassignedidentities\/[-\w]+/gi;

const PRINCIPAL = /with object id ["']([0-9a-f-]{36})["']/i;
const DENIED_ACTION = /does not have (?:authorization|permissions?) to perform actions?(?:\(s\))? ["']([^"']+)["']/i;
const SCOPE = /(?:over|on|at)(?: the)?(?: linked)? scope(?:\(s\)|s)? ["']([^"']+)["']/gi;

/**
 * What the text of an AuthorizationFailed or LinkedAuthorizationFailed says is missing (arm.md 2.5), or undefined. A
 * linked failure names two actions and two scopes: the ones that the caller has come first.
 */
export function parseDenied(text: string): Denied | undefined {
  const denied = DENIED_ACTION.exec(text);
  if (denied === null) return undefined;
  const after = text.slice(denied.index);
  const scope = [...after.matchAll(SCOPE)][0]?.[1];
  const principalId = PRINCIPAL.exec(text)?.[1];
  const action = first(denied[1]);
  if (action === "" || scope === undefined) return undefined;
  return { action, scope: first(scope), ...(principalId === undefined ? {} : { principalId }) };
}

/** The user-assigned identities that a text names, each once, in the order of the text and in canonical form. */
export function identitiesNamedIn(text: string): readonly ArmId[] {
  const found = new Map<string, ArmId>();
  for (const [candidate] of text.matchAll(IDENTITY_ID)) {
    const parsed = parseArmId(candidate);
    if (!parsed.ok || armIdType(parsed.id) !== IDENTITY_TYPE) continue;
    if (!found.has(armIdKey(parsed.id))) found.set(armIdKey(parsed.id), parsed.id);
  }
  return [...found.values()];
}

/** Whether the denied action is about identities, and not about some other linked resource such as a subnet. */
export function concernsIdentities(denied: Denied | undefined): boolean {
  return denied === undefined || denied.action.toLowerCase().startsWith(IDENTITY_TYPE);
}

// Several linked scopes come as one comma-separated text.
function first(list: string | undefined): string {
  return (list ?? "").split(",")[0]?.trim() ?? "";
}
