import { armIdType } from "../api/arm-id.ts";
import { isJsonObject, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { ObjectKey } from "../api/object.ts";
import { type Claim, shareOf } from "./claim.ts";
import { dueAmong, type ResourceFacts } from "./decide-resource.ts";
import { endedAll } from "./ending.ts";
import { hostAbsent, notSupported, settleHost } from "./host-pass.ts";
import type { HostOwner } from "./host-claim.ts";
import { withoutParts } from "./observe-resource.ts";
import type { Conclusion, Outcome } from "./outcome.ts";
import type { Pass } from "./pass.ts";
import type { Performed } from "./resource-steps.ts";
import type { Polled } from "./running.ts";

/** A pass over a resource of ours, after its resource part. */
export interface OwnHost {
  readonly facts: ResourceFacts;
  readonly performed: readonly Performed[];
  /** Objects whose documents cannot be had, so that they do not give what Azure hides. */
  readonly unread: ReadonlySet<ObjectKey>;
  /** The operation on its identity that ended, if one did. */
  readonly running: Polled | undefined;
}

/**
 * The identity of a host that one of our own objects declares: its own share and those of the assignments on it, decided and
 * written together, once the resource itself is settled.
 */
export async function ownHostPass(pass: Pass, host: OwnHost): Promise<readonly Conclusion[]> {
  const conclusions = host.performed.map(({ conclusion }) => conclusion);
  const guests = pass.claims.filter(({ kind }) => kind.shape.is === "share");
  const row = pass.hosts.get(armIdType(pass.target));
  if (host.facts.shape.share === undefined || row === undefined) return [...conclusions, ...endedAll(guests, notSupported)];
  const owner = conclusions.find(({ claim }) => isOwner(claim, host));
  const seen = seenLast(host);
  if (owner?.outcome.is === "progressing" || owner?.outcome.is === "queued") return [...conclusions, ...endedAll(guests, beingWritten)];
  if (seen === undefined) return [...conclusions, ...guests.map((claim) => hostAbsent(pass, claim))];
  const hosting = owner === undefined ? undefined : hostOwner(owner, host);
  if (guests.length === 0 && (hosting === undefined || !declaresIdentity(hosting))) return conclusions;
  const claims = [...(hosting === undefined ? [] : [hosting.claim]), ...guests];
  const first = { is: "found", body: withoutParts(seen) } as const;
  const settled = await settleHost({ ...pass, claims }, { row, first, running: host.running, owner: hosting });
  const others = conclusions.filter((conclusion) => conclusion !== owner);
  return [...others, ...settled.map((each) => (each.claim.key === owner?.claim.key ? followed(merged(owner, each), { host, owner, seen }) : each))];
}

/** What the resource could not use before its identity was attached is written in the next pass. */
function followed(conclusion: Conclusion, { host, owner, seen }: { readonly host: OwnHost; readonly owner: Conclusion; readonly seen: JsonObject }): Conclusion {
  const { claim, shown } = conclusion;
  if (claim.mode !== "live" || claim.spec === undefined || owner.outcome.is !== "ready") return conclusion;
  const { facts } = host;
  const due = dueAmong(facts.shape.differences(claim.spec, { ...seen, identity: blockOf(objectAt(shown, "identity")) }, facts.makingFor(claim)));
  if (due.length === 0) return conclusion;
  const message = `the identities are attached, and what uses them is written next: ${due.map(({ path }) => path).join(", ")}`;
  return { ...conclusion, outcome: { is: "progressing", reason: "Updating", message, afterSeconds: 1 } };
}

/** The identity block of a host from what is shown of it to the object that declares it. */
function blockOf(identity: JsonObject | undefined): JsonObject {
  const { userAssignedIdentities, ...rest } = identity ?? {};
  const listed = Array.isArray(userAssignedIdentities) ? userAssignedIdentities.filter(isJsonObject) : [];
  return { ...rest, userAssignedIdentities: Object.fromEntries(listed.map((each) => [stringAt(each, "resourceId") ?? "", each])) };
}

/** Who has a say about the identity of the host that it declares: nobody who was refused because the resource is not theirs. */
function isOwner(claim: Claim, { facts, performed }: OwnHost): boolean {
  const own = performed.find(({ conclusion }) => conclusion.claim.key === claim.key);
  if (facts.actual === undefined && own?.after === undefined) return false;
  return claim.mode !== "live" ? claim.mode !== "observing" || facts.claims.length === 1 : (own?.conclusion.holds ?? claim.holds) !== undefined;
}

/** The resource as it was last seen in this pass, with its parts; undefined when it does not exist. */
function seenLast({ facts, performed }: OwnHost): JsonObject | undefined {
  const deleted = performed.some(({ conclusion }) => conclusion.outcome.is === "released" && conclusion.done.length > 0);
  if (deleted) return undefined;
  return performed.map(({ after }) => after).find((after) => after !== undefined) ?? facts.actual;
}

/** An owner that leaves and still waits gives nothing up yet. */
function hostOwner({ claim, holds }: Conclusion, host: OwnHost): HostOwner {
  const held = { ...claim, holds: holds ?? claim.holds };
  const standing: Claim = claim.mode === "leaving" ? { ...held, mode: "frozen" } : held;
  return { claim: standing, withHidden: withHiddenOf(standing, host) };
}

/** What is paused, refused or only observes gives nothing, and neither does what lacks its documents. */
function withHiddenOf(claim: Claim, { facts, unread }: OwnHost): HostOwner["withHidden"] {
  const { spec } = claim;
  const isAble = facts.shape.withHidden !== undefined && claim.mode === "live" && !unread.has(claim.key);
  return isAble && spec !== undefined ? (body) => facts.shape.withHidden?.(spec, body, facts.makingFor(claim)) ?? body : undefined;
}

function declaresIdentity({ claim }: HostOwner): boolean {
  if (claim.holds?.userAssigned !== undefined || claim.holds?.systemAssigned !== undefined) return true;
  const share = shareOf(claim);
  return share !== undefined && (share.userAssigned.length > 0 || share.systemAssigned !== undefined);
}

/** One object, two parts: the graver outcome counts, and both say what was done. */
function merged(resource: Conclusion, identity: Conclusion): Conclusion {
  const { host: _host, ...shown } = identity.shown ?? {};
  return {
    claim: { ...identity.claim, mode: resource.claim.mode },
    outcome: graver(resource.outcome, identity.outcome),
    holds: resource.claim.mode === "leaving" || resource.claim.mode === "observing" ? resource.holds : (identity.holds ?? resource.holds),
    shown: { ...resource.shown, ...shown },
    done: [...resource.done, ...identity.done],
  };
}

function graver(resource: Outcome, identity: Outcome): Outcome {
  if (resource.is === "observed" && identity.is === "observed") {
    const drift = [...resource.drift, ...identity.drift];
    return drift.length === resource.drift.length ? resource : { ...identity, message: `${drift.length} differences, listed in status.drift; nothing is written`, drift };
  }
  return resource.is === "ready" && identity.is !== "ready" ? identity : resource;
}

function beingWritten(claim: Claim): Outcome {
  const message = `${claim.target ?? "the host"} is being created or changed by the object that declares it: this object waits for the end`;
  return { is: "progressing", reason: "HostBusy", message, afterSeconds: 5 };
}
