import { childOf, keyOf, nameOf, parseResourceId, textOf } from "../kernel/arm-id.ts";
import { identityDiffers } from "../kernel/host-identity.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { objectAt, objectsAt, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { regionDisplayName } from "../kernel/regions.ts";
import type { Draft } from "../kernel/resource-row.ts";
import { onExisting } from "../kernel/resource-type.ts";
import { rowType } from "../kernel/row-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import { ACCOUNT_TYPE, checkUnlocked, COSMOS_API_VERSIONS, cosmosError, cosmosStyle } from "./cosmos.ts";
import { builtInSqlRoles } from "./cosmos-sql-role-definitions.ts";

/** What an account uses for its keys where nobody says otherwise, and after every change of its identity. */
const FIRST_PARTY = "FirstPartyIdentity";

/** Cosmos DB accounts (arm.md 11): answers show the previous identity, and one operation runs at a time. */
export const cosmosAccounts = rowType({
  type: ACCOUNT_TYPE,
  apiVersions: COSMOS_API_VERSIONS,
  name: {
    pattern: /^[a-z0-9][a-z0-9-]{1,42}[a-z0-9]$/,
    says: "3 to 44 lower-case letters, digits or '-', not beginning or ending with '-'",
  },
  location: "display-name",
  members: ["kind"],
  required: ["properties.databaseAccountOfferType", "properties.locations"],
  defaults: {
    publicNetworkAccess: "Enabled",
    enableAutomaticFailover: false,
    enableMultipleWriteLocations: false,
    isVirtualNetworkFilterEnabled: false,
    virtualNetworkRules: [],
    disableLocalAuth: false,
    disableKeyBasedMetadataWriteAccess: false,
    defaultIdentity: FIRST_PARTY,
    minimalTlsVersion: "Tls12",
    consistencyPolicy: { defaultConsistencyLevel: "Session", maxIntervalInSeconds: 5, maxStalenessPrefix: 100 },
    capabilities: [],
    ipRules: [],
  },
  computed,
  identity: ({ switches }) => ({
    ...unrecordedRules(switches),
    combined: "SystemAssigned,UserAssigned",
    afterNone: "none-object",
    patch: "merges",
    patchNullKey: "removes",
    fresh: "previous-until-finished",
  }),
  create: { status: 200, operation: "both", body: "resource" },
  update: { status: 200, operation: "both", body: "resource" },
  patch: { status: 200, operation: "both", body: "resource", takes: "everything" },
  remove: { status: 202, operation: "both" },
  style: cosmosStyle(
    ({ subscriptionId, resourceGroup, name }) =>
      `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${ACCOUNT_TYPE}/${name}`,
  ),
  durationSeconds: 60,
  systemData: true,
  refuse: (status, { code, message }) => cosmosError(status, code, message),
  guard: ({ world, id }) => checkUnlocked(world, id),
  review,
  ended,
  actions: { listkeys: onExisting(({ existing }) => ({ status: 200, body: keysOf(existing) })) },
});

function computed(account: Resource): JsonObject {
  const name = nameOf(account.id);
  const locations = objectsAt(account.properties, "locations").map((location) => {
    const region = textAt(location, "locationName") ?? account.location ?? "";
    const label = `${name}-${region.replaceAll(" ", "").toLowerCase()}`;
    const documentEndpoint = `https://${label}.documents.azure.com:443/`;
    return {
      id: label,
      failoverPriority: 0,
      isZoneRedundant: false,
      ...location,
      locationName: regionDisplayName(region),
      documentEndpoint,
      provisioningState: "Succeeded",
    };
  });
  return {
    documentEndpoint: `https://${name}.documents.azure.com:443/`,
    locations,
    readLocations: locations,
    writeLocations: locations.slice(0, 1),
  };
}

/** Keys come by POST only; made of the account's id, so that they stay what they were. */
function keysOf({ id }: Resource): JsonObject {
  const key = (kind: string): string => Buffer.from(`${kind} of ${keyOf(id)}`).toString("base64");
  return {
    primaryMasterKey: key("primary"),
    secondaryMasterKey: key("secondary"),
    primaryReadonlyMasterKey: key("primary reader"),
    secondaryReadonlyMasterKey: key("secondary reader"),
  };
}

/**
 * Refuses a name that is taken, because accounts share one domain, and a default identity that the account does not have.
 * A write that changes the identity and the default together loses one of the two (arm.md 11).
 */
function review(draft: Draft): Draft {
  const { call, before, after } = draft;
  const { world, id, existing } = call;
  const isNamesake = (one: Resource): boolean => nameOf(one.id) === nameOf(id) && keyOf(one.id) !== keyOf(id);
  if (!existing && world.store.ofType(ACCOUNT_TYPE).some(isNamesake)) {
    throw cosmosError(400, "BadRequest", `Dns record for ${nameOf(id)} under zone Document is already taken.`);
  }
  const wanted = textAt(after.properties, "defaultIdentity") ?? FIRST_PARTY;
  if (wanted !== textAt(before.properties, "defaultIdentity")) checkDefault(draft, wanted);
  const asksBoth = changesIdentity(draft) && objectAt(call.body, "properties")["defaultIdentity"] !== undefined;
  if (!existing || !asksBoth || world.switches.cosmosIdentityWithDefault === "default-lost") return draft;
  return { ...draft, identity: { ...draft.identity, apply: (now) => now.identity } };
}

/** The identity of a default has to be on the account, before the write or by it. */
function checkDefault({ before, identity }: Draft, wanted: string): void {
  const [kind = "", text] = wanted.split(/=(.*)/s);
  const user = parseResourceId(text ?? "");
  const isThere =
    kind === FIRST_PARTY ||
    (kind === "SystemAssignedIdentity" && (identity.system || before.identity?.system !== undefined)) ||
    (kind === "UserAssignedIdentity" &&
      user !== undefined &&
      (identity.user.has(keyOf(user)) || before.identity?.user.has(keyOf(user)) === true));
  if (!isThere) throw cosmosError(400, "BadRequest", `The default identity '${wanted}' is not an identity of the database account.`);
}

function changesIdentity({ before, identity }: Draft): boolean {
  const had = before.identity;
  const userKeys = (map: ReadonlyMap<string, unknown> | undefined): string => [...(map?.keys() ?? [])].toSorted().join();
  return identity.system !== (had?.system !== undefined) || userKeys(identity.user) !== userKeys(had?.user);
}

/** A new account gets its built-in roles; a change of identity puts the default back (arm.md 11). */
function ended(draft: Draft): void {
  const { call, before } = draft;
  const account = call.world.store.get(call.id);
  if (!account) return;
  if (!call.existing) storeBuiltInRoles(draft, account);
  else if (identityDiffers(before.identity, account.identity)) {
    call.world.store.set({ ...account, properties: { ...account.properties, defaultIdentity: FIRST_PARTY } });
  }
}

function storeBuiltInRoles({ call }: Draft, account: Resource): void {
  for (const { guid, properties } of builtInSqlRoles) {
    const role = blankResource(childOf(account.id, "sqlRoleDefinitions", guid), undefined);
    call.world.store.set({ ...role, properties: { ...properties, assignableScopes: [textOf(account.id)] } });
  }
}
