import { type ArmId, armIdParts, armIdType } from "../api/arm-id.ts";
import type { Kind, Policies } from "../kinds/kind.ts";
import { isFor } from "./allow-lists.ts";
import type { Policy } from "./ports.ts";
import type { Refusal } from "./refusal.ts";

/** An object's place in Azure, with what else its spec names there. */
export interface Placing {
  readonly namespace: string;
  readonly kind: Kind;
  readonly spec: Policies | undefined;
  readonly policy: Policy;
  readonly target: ArmId;
}

/** Why an administrator does not let the objects of a namespace have this place; undefined when they may. Then Azure is not asked. */
export function placementRefusal({ namespace, kind, spec, policy, target }: Placing): Refusal | undefined {
  const named = spec === undefined ? [] : (kind.namedIds?.(spec) ?? []);
  const places = [{ id: target, path: "" }, ...named.map(({ id, path }) => ({ id, path: `${path}: ` }))];
  const refusals = places.map(({ id, path }) => subscriptionRefusal(id, { namespace, policy, path }));
  return refusals.find((refusal) => refusal !== undefined) ?? (isHost(kind) ? hostRefusal(target, namespace, policy) : undefined);
}

/** Why the objects of a namespace may not name what lies in a subscription; `path` stands before the id in the message. */
export function subscriptionRefusal(id: ArmId, { namespace, policy, path = "" }: { readonly namespace: string; readonly policy: Policy; readonly path?: string }): Refusal | undefined {
  const { subscriptions } = policy.rules;
  const { subscriptionId, resourceGroup } = armIdParts(id);
  const rules = subscriptions?.filter((rule) => rule.id === subscriptionId && isFor(rule, namespace));
  if (rules === undefined || rules.some((rule) => rule.resourceGroups?.includes(resourceGroup.toLowerCase()) ?? true)) return undefined;
  const what = rules.length === 0 ? `subscription ${subscriptionId}` : resourceGroup === "" ? `the whole of subscription ${subscriptionId}` : `resource group ${resourceGroup} of subscription ${subscriptionId}`;
  const message = `${path}${id}: ${what} is not allowed for namespace "${namespace}": an administrator can list it in the subscriptions of --policy-file`;
  return { reason: "SubscriptionNotAllowed", message, forbids: true };
}

function hostRefusal(target: ArmId, namespace: string, policy: Policy): Refusal | undefined {
  const { hosts } = policy.rules;
  const type = armIdType(target);
  if (hosts === undefined || hosts.some((rule) => rule.type === type && isFor(rule, namespace))) return undefined;
  const message = `hosts of type ${type} are not allowed for namespace "${namespace}": an administrator can list the type in the hosts of --policy-file`;
  return { reason: "HostNotAllowed", message, forbids: true };
}

/** Whether objects of a kind write the identity of what they declare. */
function isHost({ shape }: Kind): boolean {
  return shape.is === "share" || shape.share !== undefined;
}
