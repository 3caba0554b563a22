/** What is asked for below a resource: children without a name that a person chose, actions, and operations. */
const BELOW: ReadonlySet<string> = new Set([
  "config",
  "list",
  "start",
  "stop",
  "restart",
  "manualupgrade",
  "virtualmachines",
  "operations",
  "operationresults",
  "operationstatus",
  "operationstatuses",
  "operationsstatus",
  "asyncoperations",
]);

/** What of Azure every type is asked beside. */
const ALWAYS = [
  "token",
  "other",
  "microsoft.resources/resourcegroups",
  "microsoft.authorization/roleassignments",
  "microsoft.authorization/roledefinitions",
  "microsoft.managedidentity/userassignedidentities",
  "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials",
  "microsoft.documentdb/databaseaccounts/sqlroleassignments",
];

/**
 * The resource type of a request as a metric may show it: one of those that are known, or what is asked below one; else only its
 * provider, or `other`. A type comes from a spec (a host that the catalogue lacks), so that without this anybody could make as many
 * time series as they like.
 */
export function typeLabels(known: Iterable<string>): (resourceType: string) => string {
  const types = new Set([...ALWAYS, ...[...known].map((type) => type.toLowerCase())]);
  const providers = new Set([...types].flatMap((type) => (type.includes("/") ? [type.split("/")[0] ?? ""] : [])));
  const isKnown = (type: string) => types.has(type) || providers.has(type.replace(/\/locations$/, ""));
  return (resourceType) => {
    const [one, two] = [withoutLast(resourceType), withoutLast(withoutLast(resourceType) ?? "")];
    if (types.has(resourceType) || (one !== undefined && isKnown(one)) || (two !== undefined && isKnown(two))) return resourceType;
    const [provider = ""] = resourceType.split("/");
    return providers.has(provider) ? `${provider}/other` : "other";
  };
}

/** A type without its last segment, where that is a word of ours. */
function withoutLast(type: string): string | undefined {
  const at = type.lastIndexOf("/");
  return at > 0 && BELOW.has(type.slice(at + 1)) ? type.slice(0, at) : undefined;
}
