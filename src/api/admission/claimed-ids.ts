import { NAMESPACE_ANNOTATIONS } from "../group.ts";
import { APP_SERVICE_PLAN, CONTAINER_GROUP, USER_ASSIGNED_IDENTITY, WEB_APP } from "../resources.ts";

/** A kind whose objects mean an ARM id by subscription, resource group and name: of what exists, they name something of others. */
interface Claiming {
  readonly plural: string;
  /** ARM type, as ids have it. */
  readonly type: string;
  /** The verb that an object needs which takes the resource over, and one that only looks at it. */
  readonly adopting: "use" | "manage";
  readonly observing: "use" | "attach";
}

/** An identity is named as if by its id; who takes a host over decides about all its identities, and who looks at it reads their ids. */
const CLAIMING: readonly Claiming[] = [
  { plural: USER_ASSIGNED_IDENTITY.plural, type: "microsoft.managedidentity/userassignedidentities", adopting: "use", observing: "use" },
  { plural: CONTAINER_GROUP.plural, type: "microsoft.containerinstance/containergroups", adopting: "manage", observing: "attach" },
  { plural: APP_SERVICE_PLAN.plural, type: "microsoft.web/serverfarms", adopting: "manage", observing: "attach" },
  { plural: WEB_APP.plural, type: "microsoft.web/sites", adopting: "manage", observing: "attach" },
];

/**
 * For a kind that can take over or look at what exists: the CEL expression of a list with at most one text, `verb id`, the id in
 * lower case as far as the spec and the annotations of the Namespace give it. A slot is below its site, whose name only the
 * operator knows: it asks itself. Undefined for other kinds.
 */
export function claimedId(plural: string): ((object: "object" | "oldObject") => string) | undefined {
  const claiming = CLAIMING.find((each) => each.plural === plural);
  return claiming === undefined ? undefined : (object) => listOf(object, claiming);
}

/** The CEL expression for the parts of a claimed text. */
export const CLAIMED = { verb: "variables.claimed[0].split(' ')[0]", id: "variables.claimed[0].split(' ')[1]" };

function listOf(object: string, { type, adopting, observing }: Claiming): string {
  const spec = `${object}.spec`;
  const verb = `(${spec}.?managementPolicy.orValue('') == 'ObserveOnly' ? '${observing}' : ${spec}.?adoptionPolicy.orValue('') == 'IfExists' ? '${adopting}' : '')`;
  const subscription = `${spec}.?subscriptionId.orValue(${annotation("subscriptionId")})`;
  const group = `${spec}.?resourceGroup.orValue(${annotation("resourceGroup")})`;
  const name = `${spec}.?azureName.orValue(${object}.metadata.name)`;
  const id = `('/subscriptions/' + ${subscription} + '/resourcegroups/' + ${group} + '/providers/${type}/' + ${name}).lowerAscii()`;
  return `(has(${spec}.slotOf) ? [] : [${verb} + ' ' + ${id}]).filter(claim, !claim.startsWith(' '))`;
}

function annotation(field: keyof typeof NAMESPACE_ANNOTATIONS): string {
  return `namespaceObject.metadata.?annotations[?'${NAMESPACE_ANNOTATIONS[field]}'].orValue('').trim()`;
}
