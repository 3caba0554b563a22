import type { Disruption } from "../api/host-identity.ts";
import type { SettingField } from "./share.ts";

/**
 * How an identity block is written to a host: `merge` PATCHes a delta with nulls for what leaves; `map` PATCHes the whole
 * resulting map; `nulls` PATCHes the whole map with nulls for what leaves; `whole` PATCHes the fresh raw GET with the map
 * replaced; `put` PUTs that.
 */
export type WriteForm = "merge" | "map" | "nulls" | "whole" | "put";

/**
 * A value that Azure takes and hides on GET, so that a PUT of the GET would lose it. It is hidden in each object at `at` that
 * shows neither it nor one of `unless`.
 */
export interface HiddenValue {
  /** Path of the objects that have it; `[]` stands for each item of a list, `*` for each member. */
  readonly at: string;
  /** The member that is hidden, `*` for all of them; undefined when the object itself says that something is. */
  readonly value?: string;
  /** Members in whose presence nothing is hidden. */
  readonly unless?: readonly string[];
  /** Only objects of which this member is one of these texts, without case. */
  readonly when?: { readonly member: string; readonly is: readonly string[] };
}

/** What must be so in the body of a host before its identity can be changed. */
export interface Requirement {
  readonly at: string;
  /** The text that must stand there, without case, if anything does. */
  readonly is: string;
  /** What a person is told otherwise. */
  readonly otherwise: string;
}

/** A setting by which a host uses one of its identities, and which follows the identity when a claim asks for it. */
export interface SettingRule {
  readonly field: SettingField;
  /** Path of the child resource that has it, for example `config/web`; undefined for the host itself. */
  readonly part?: string;
  /** Path of the text, or of the list `{server, identity}` of registries. */
  readonly at: string;
  /** How an identity is named there: by ARM id, by client id, or only by a flag that one is used. */
  readonly form: "armId" | "clientId" | "flag" | "registry";
  /** What stands before an ARM id. */
  readonly prefix?: string;
  /** What stands there while no user-assigned identity is named. */
  readonly nobody: string;
  /** Whether every change of the host's identity sets it back to that. */
  readonly isReset?: true;
}

/** A child resource that shows uses of identities which the host itself does not. */
export interface HostPart {
  readonly path: string;
  /** Path in the host of the flag without which there is no such use, so that the part is not asked for. */
  readonly when: string;
  readonly uses: readonly string[];
}

/** One host type of the catalogue: data that says how it takes an identity (arm.md 1). */
export interface HostRow {
  /** Full type as Azure spells it, for example `Microsoft.Web/sites`. */
  readonly type: string;
  /** What people call it. */
  readonly title: string;
  /** Whether the row was seen in recorded requests, or what of it was inferred (arm.md 18). */
  readonly recorded: true | string;
  /** The newest stable api-version; raw JSON keeps what older ones drop. */
  readonly apiVersion: string;
  /** Ways to write, the safest first, tried in this order until one has an effect. */
  readonly forms: readonly WriteForm[];
  /** How the combined type is spelled for this host; undefined when it takes only one kind of identity at a time. */
  readonly both: "SystemAssigned, UserAssigned" | "SystemAssigned,UserAssigned" | undefined;
  /** What attaching and detaching does to what runs on the host; what is not known counts as Restart (DESIGN 1). */
  readonly disruption: Disruption;
  /** What happens then, for messages: "restarts its containers". */
  readonly effect: string;
  /** Whether the host can be left without any identity. */
  readonly last: "goes" | "stays";
  /** The most user-assigned identities; undefined when Azure documents none. */
  readonly maxUserAssigned?: number;
  /** The most keys in one request. */
  readonly maxKeys?: number;
  /** Words of provisioningState, in lower case, with which no operation runs, besides succeeded, failed and canceled. */
  readonly idleStates: readonly string[];
  /** What the immediate answer of a write shows: the new identity, the one before, new keys without ids, or no body. */
  readonly answer: "new" | "previous" | "pending" | "nothing";
  /** Whether If-Match is honoured on writes. */
  readonly honoursIfMatch: boolean;
  readonly hidden: readonly HiddenValue[];
  /** The POST that shows what GET hides, and the list of named entries that it completes. */
  readonly secrets?: { readonly action: string; readonly at: string };
  /** Paths in the body by which the host itself uses an identity, by ARM id or client id: such a one is not detached. */
  readonly uses: readonly string[];
  readonly parts?: readonly HostPart[];
  /** Settings that follow an identity. */
  readonly settings?: readonly SettingRule[];
  /** Path of a list `{name, principalId}` that must agree with the identities. */
  readonly principals?: string;
  /** Path of the one identity that the host takes by default, which must be one of its identities. */
  readonly primary?: string;
  readonly requires?: Requirement;
  /** Whether instances of the host get its identity only when they are upgraded to its model. */
  readonly hasInstances?: true;
  /** Set when Azure's list of all resources does not show hosts of this type, so that each is read by its own id. */
  readonly isProxy?: true;
  /** Set for a type that the catalogue does not list, so that nothing is known of it. */
  readonly isUnlisted?: true;
  /** Whether AKS makes such hosts in the resource groups that it manages. */
  readonly isMadeByClusters?: true;
}

/**
 * The row of a host whose type the catalogue lacks, at the api-version that its user gives: PATCH only, since a PUT might lose what
 * nobody knows of. Whatever names an identity anywhere in its properties may be a use of it.
 */
export function unlistedHost(type: string, apiVersion: string): HostRow {
  return {
    type,
    title: "Host that the catalogue lacks",
    recorded: "nothing is known of it",
    apiVersion,
    forms: ["map", "nulls"],
    both: "SystemAssigned, UserAssigned",
    disruption: "Restart",
    effect: "may disturb it in ways that are not known",
    last: "goes",
    idleStates: [],
    answer: "nothing",
    honoursIfMatch: false,
    hidden: [],
    uses: ["properties.**"],
    isUnlisted: true,
  };
}
