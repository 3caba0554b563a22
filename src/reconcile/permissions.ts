import type { ArmId } from "../api/arm-id.ts";
import { AZURE_RESOURCES, onAzureResource, type Permission } from "../api/permission.ts";
import { RESOURCES } from "../api/resources.ts";
import type { Kind, Policies, Surroundings } from "../kinds/kind.ts";
import type { Reference } from "../kinds/reference.ts";
import type { NamedShare } from "../kinds/share.ts";
import type { Refusal } from "./refusal.ts";

/** What is known of a permission: `unknown` until the API server said it, and when it does not answer. */
export type Answer = "granted" | "denied" | "unknown";

/** Asks the API server about permissions of namespaces. */
export interface AccessPort {
  /** `unknown` when it does not answer. */
  review(namespace: string, permission: Permission): Promise<Answer>;
}

/** Tells what is known of the permission of a namespace. */
export type Permitted = (namespace: string, permission: Permission) => Answer;

/** What an object needs its namespace to be permitted, with the answers with which its claim was made. */
export interface ClaimPermissions {
  readonly needed: readonly Permission[];
  /** The answers in the order of `needed`. */
  readonly answers: readonly Answer[];
  /** Why an identity that is named at a path may not be used; the others of the object are not concerned. */
  refusalAt(path: string): Refusal | undefined;
  /** Why the object as a whole is refused. */
  readonly refusal: Refusal | undefined;
}

/** An object that needs no permission. */
export const NO_PERMISSIONS: ClaimPermissions = { needed: [], answers: [], refusalAt: () => undefined, refusal: undefined };

/** An object whose spec is understood. */
export interface Needing {
  readonly kind: Kind;
  readonly spec: Policies;
  readonly namespace: string;
  readonly surroundings: Surroundings;
  /** What the spec means, once it can be said. */
  readonly declared: ArmId | undefined;
}

/** What an object needs, and what is known of it. What the namespace declares itself it may use. */
export function permissionsOf(needing: Needing, permitted: Permitted): ClaimPermissions {
  const { namespace } = needing;
  const ofShare = shareOf(needing).flatMap((named) => useOf(named, namespace));
  const inShare = new Set(ofShare.map(({ path }) => path));
  const whole = [...wholeOf(needing), ...othersOf(needing).filter(({ path }) => !inShare.has(path))];
  const needed = [...whole, ...ofShare];
  if (needed.length === 0) return NO_PERMISSIONS;
  const answers = needed.map((permission) => permitted(namespace, permission));
  const refusals = new Map<string, Refusal>();
  for (const [index, permission] of needed.entries()) {
    const refusal = refusalOf(namespace, permission, answers[index] ?? "unknown");
    if (refusal !== undefined && !refusals.has(permission.path)) refusals.set(permission.path, refusal);
  }
  const first = whole.find(({ path }) => refusals.has(path));
  return { needed, answers, refusalAt: (path) => refusals.get(path), refusal: first === undefined ? undefined : refusals.get(first.path) };
}

function wholeOf({ kind, spec, declared, surroundings }: Needing): readonly Permission[] {
  return declared === undefined ? [] : (kind.permissions?.(spec, declared, surroundings) ?? []);
}

function shareOf({ kind, spec, namespace }: Needing): readonly NamedShare[] {
  const share = kind.shape.share?.(spec, namespace);
  return share === undefined ? [] : [...share.userAssigned, ...(share.settings ?? []).map(({ identity }) => identity)];
}

function useOf({ path, by }: NamedShare, namespace: string): readonly Permission[] {
  return by.is === "id" ? [onAzureResource("use", path, by.id)] : onOther(by.reference, namespace);
}

function othersOf({ kind, spec, namespace }: Needing): readonly Permission[] {
  return kind.references(spec, namespace).flatMap((reference) => onOther(reference, namespace));
}

/** Only an object of another namespace is a question. */
function onOther({ kind, namespace, name, path }: Reference, from: string): readonly Permission[] {
  const resource = RESOURCES.find((each) => each.kind === kind)?.plural;
  return namespace === from || resource === undefined ? [] : [{ verb: "use", path, resource, namespace, name }];
}

/** What is said is the same whether or not the thing exists. */
function refusalOf(from: string, { verb, path, resource, namespace, name }: Permission, answer: Answer): Refusal | undefined {
  if (answer === "granted") return undefined;
  const where = resource === AZURE_RESOURCES ? "" : ` in namespace ${namespace ?? ""}`;
  const what = `the verb ${verb} on ${resource}.azureidentity.dev ${name}${where}`;
  if (answer === "unknown") return { reason: "PermissionDenied", message: `${path}: the API server did not say yet whether namespace "${from}" has ${what}: this is asked again`, waits: true, forbids: true };
  const remedy = resource === AZURE_RESOURCES ? "a ClusterRole and a ClusterRoleBinding" : `a Role and a RoleBinding in ${namespace ?? ""}`;
  return { reason: "PermissionDenied", message: `${path}: namespace "${from}" needs ${what}: an administrator can grant it to the group system:serviceaccounts:${from} by ${remedy}`, forbids: true };
}
