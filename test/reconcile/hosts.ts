import { type ArmId, armIdKey, parseArmId } from "../../src/api/arm-id.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { HeldIdentity, HeldSetting } from "../../src/api/shared.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { identityAssignment } from "../../src/kinds/identity-assignment.ts";
import type { HostRow } from "../../src/kinds/host-row.ts";
import { type Claim, claimOf } from "../../src/reconcile/claim.ts";
import type { HostClaim, HostFacts } from "../../src/reconcile/host-facts.ts";
import { hostIdentityOf } from "../../src/reconcile/host-identity.ts";
import type { Policy } from "../../src/reconcile/ports.ts";
import { resolveSettings, resolveShare } from "../../src/reconcile/references.ts";
import { claimWorld, emptyCache } from "./never.ts";

const GROUP = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example";

export const HOST = `${GROUP}/providers/Microsoft.Web/sites/web`;

export const POLICY: Policy = {
  installationId: "cluster",
  tenantId: "aaaabbbb-0000-cccc-1111-dddd2222eeee",
  sharedNamespaces: new Map([["default", { accountNamespace: undefined }]]),
  sharedScopes: [GROUP],
  syncIntervalSeconds: 600,
  clusterIssuer: undefined,
  rules: { roles: [], federation: [] },
};

/** The id of an identity by its name. */
export function idOf(name: string): ArmId {
  const parsed = parseArmId(`${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.id;
}

/** The row of a host type. */
export function rowOf(type: string): HostRow {
  const row = HOSTS.find((each) => each.type === type);
  if (row === undefined) throw new Error(`there is no row for ${type}`);
  return row;
}

/** What a claim is made from; ids are named by ARM id unless `refs` says otherwise. */
export interface ClaimParts {
  readonly ids?: readonly string[];
  readonly refs?: readonly string[];
  readonly holds?: readonly HeldIdentity[];
  readonly holdsNames?: readonly string[];
  readonly holdsSystem?: string;
  readonly holdsSettings?: readonly HeldSetting[];
  readonly age?: number;
  readonly deleting?: boolean;
  readonly paused?: boolean;
  readonly spec?: JsonObject;
}

const RESOLVING = { cache: emptyCache(), policy: POLICY };

/** An assignment's claim on the host, as the engine would see it with no UserAssignedIdentity in the cache. */
export function claim(name: string, parts: ClaimParts): HostClaim {
  const object = assignmentObject(name, parts);
  const made = claimOf(object, identityAssignment, claimWorld(POLICY));
  const spec = identityAssignment.parse(object);
  if (!spec.ok || identityAssignment.shape.is !== "share") return { claim: made, share: undefined, wants: [], follows: [] };
  const share = identityAssignment.shape.share(spec.spec, "default");
  return { claim: made, share, follows: resolveSettings(share, made, RESOLVING), wants: resolveShare(share, made, RESOLVING) };
}

/** Facts about a web app with these identities attached. */
export function factsOf(claims: readonly HostClaim[], attached: readonly string[], more: Partial<HostFacts> & { readonly system?: string } = {}): HostFacts {
  const { system, ...facts } = more;
  return {
    row: rowOf("Microsoft.Web/sites"),
    identity: hostIdentityOf({ identity: identityBlockOf(attached, system) }),
    uses: [],
    footing: { userAssigned: new Set(), systemAssigned: false },
    hidden: [],
    settings: new Map(),
    barrier: undefined,
    claims,
    others: [],
    ghosts: new Set(),
    culprits: new Map(),
    halt: undefined,
    ...facts,
  };
}

/** Names at the end of ids or keys. */
export function namesOf(ids: readonly string[]): readonly string[] {
  return ids.map((id) => id.split("/").at(-1) ?? "").sort();
}

/** The key of an identity by its name. */
export function keyOfName(name: string): ReturnType<typeof armIdKey> {
  return armIdKey(idOf(name));
}

/** The claims of entries. */
export function claimsOf(entries: readonly HostClaim[]): readonly Claim[] {
  return entries.map((entry) => entry.claim);
}

function identityBlockOf(attached: readonly string[], system: string | undefined): JsonObject {
  const types = [...(system === undefined ? [] : ["SystemAssigned"]), ...(attached.length > 0 ? ["UserAssigned"] : [])];
  const map = Object.fromEntries(attached.map((name) => [idOf(name), { principalId: `p-${name}`, clientId: `c-${name}` }]));
  return { type: types.join(", "), ...(system === undefined ? {} : { principalId: system }), userAssignedIdentities: map };
}

function assignmentObject(name: string, parts: ClaimParts): KubeObject {
  const named = [...(parts.ids ?? []).map((id) => ({ armId: idOf(id) })), ...(parts.refs ?? []).map((ref) => ({ identityRef: { name: ref } }))];
  const holds = [...(parts.holds ?? []), ...(parts.holdsNames ?? []).map((held) => ({ resourceId: idOf(held) }))];
  const holding = holds.length > 0 || parts.holdsSystem !== undefined || parts.holdsSettings !== undefined;
  const record = {
    target: HOST,
    tenantId: POLICY.tenantId,
    credential: "shared",
    adopted: false,
    confirmed: true,
    ...(holds.length > 0 ? { userAssigned: holds } : {}),
    ...(parts.holdsSystem === undefined ? {} : { systemAssigned: { principalId: parts.holdsSystem } }),
    ...(parts.holdsSettings === undefined ? {} : { settings: parts.holdsSettings.map((held) => ({ ...held })) }),
  };
  return {
    apiVersion: "azureidentity.dev/v1alpha1",
    kind: "IdentityAssignment",
    metadata: {
      name,
      namespace: "default",
      uid: `uid-${name}`,
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: `2026-01-01T00:00:${String(parts.age ?? 0).padStart(2, "0")}Z`,
      finalizers: ["azureidentity.dev/azure-resource"],
      ...(parts.deleting === true ? { deletionTimestamp: "2026-01-02T00:00:00Z" } : {}),
      ...(parts.paused === true ? { annotations: { "azureidentity.dev/paused": "true" } } : {}),
    },
    spec: { target: { armId: HOST }, ...(named.length > 0 ? { userAssigned: named } : {}), ...parts.spec },
    ...(holding ? { status: { holds: record } } : {}),
  };
}
