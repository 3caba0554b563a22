import { armIdKey, type ArmId, type ArmIdKey } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import type { HeldIdentity, HeldSetting } from "../api/shared.ts";
import type { HostRow } from "../kinds/host-row.ts";
import type { Share } from "../kinds/share.ts";
import type { Claim } from "./claim.ts";
import type { HostFooting } from "./footing.ts";
import type { HostUse } from "./host-body.ts";
import type { HostIdentity, IdentityChange } from "./host-identity.ts";
import type { Follow, SettingNow } from "./host-settings.ts";
import { isSameRef, type Wanted } from "./references.ts";
import type { Refusal } from "./refusal.ts";

/** A claim on a host with its share; what it names is resolved. */
export interface HostClaim {
  readonly claim: Claim;
  /** Undefined when the spec cannot be understood: then only what is held counts. */
  readonly share: Share | undefined;
  readonly wants: readonly Wanted[];
  /** Settings of the host that are to name one of its identities. */
  readonly follows: readonly Follow[];
  /** Whether it declares the whole host; its consent is the ceiling for all others (DESIGN 2). */
  readonly owns?: boolean;
}

/** Everything that the decision about a host may look at. */
export interface HostFacts {
  readonly row: HostRow;
  readonly identity: HostIdentity;
  /** Paths by which the host itself uses an identity. */
  readonly uses: readonly HostUse[];
  /** What of its identity a credential in use stands on. */
  readonly footing: HostFooting;
  /** The identity that the host takes by default, where its type has one. */
  readonly primary?: string | undefined;
  /** Settings that can follow an identity, by path. */
  readonly settings: ReadonlyMap<string, SettingNow>;
  /** Paths of values that a PUT would lose. */
  readonly hidden: readonly string[];
  /** How the object that declares the host gives what Azure hides; undefined when none does. */
  readonly withHidden?: ((body: JsonObject) => JsonObject) | undefined;
  /** Why the host cannot be changed at all, for its type or its place. */
  readonly barrier: Refusal | undefined;
  /** Claims of this unit, the senior first. */
  readonly claims: readonly HostClaim[];
  /** Claims on the same host with other credentials: what they name or hold is never touched. */
  readonly others: readonly HostClaim[];
  /** Attachments whose ids disagree with a fresh GET of the identity. */
  readonly ghosts: ReadonlySet<ArmIdKey>;
  /** Identities that Azure refused, and why. */
  readonly culprits: ReadonlyMap<ArmIdKey, Problem>;
  /** Set while writes are stopped: accepted without effect, or undone by others. */
  readonly halt: Refusal | undefined;
}

/** Why a claim is not as declared. `stalls` when a person must act, otherwise time or an event may heal it. */
export interface Problem extends Refusal {
  readonly stalls: boolean;
}

/** One identity that comes or goes, with the claims on whose behalf. */
export interface Item {
  readonly key: ArmIdKey;
  readonly id: ArmId;
  readonly claims: readonly HostClaim[];
}

/** What is to happen to a host, and what stands in the way for which claim. */
export interface HostDecision {
  /** Live claims that no Exclusive one keeps out: only these take what is attached. */
  readonly accepted: readonly HostClaim[];
  readonly change: IdentityChange | undefined;
  readonly problems: ReadonlyMap<HostClaim, readonly Problem[]>;
  /** What nobody wants any more and stays all the same, because the host cannot be left without: it is given up. */
  readonly left: LeftBehind;
  readonly settings: SettingDecision;
}

/** One setting that is to say something else. */
export interface SettingChange {
  readonly now: SettingNow;
  /** The text, or the JSON of a registry's entry that goes back; empty when nothing is to stand there. */
  readonly to: string;
  /** Whether `to` is the entry as it was. */
  readonly isEntry: boolean;
  readonly claims: readonly HostClaim[];
}

/** What is to happen to settings: `back` before the identity changes, `set` after. */
export interface SettingDecision {
  readonly back: readonly SettingChange[];
  readonly set: readonly SettingChange[];
  /** What each claim's `status.holds.settings` is to say. */
  readonly held: ReadonlyMap<HostClaim, readonly HeldSetting[]>;
}

/** What stays on a host although its holder lets it go. */
export interface LeftBehind {
  readonly keys: ReadonlySet<ArmIdKey>;
  readonly systemAssigned: boolean;
}

/** Keys of the identities that a claim, or a record of it, holds. */
export function heldKeys({ holds }: { readonly holds: Claim["holds"] }): readonly ArmIdKey[] {
  return (holds?.userAssigned ?? []).map(({ resourceId }) => armIdKey(resourceId as ArmId));
}

/** Keys that keep an attachment in place for a claim: what it names, and what it holds by a name that does not resolve, unless the owner wants it back. */
export function namedKeys({ claim, wants }: HostClaim): readonly ArmIdKey[] {
  const resolved = wants.flatMap((want) => (want.is === "resolved" ? [armIdKey(want.id)] : []));
  const pending = wants.filter((want) => want.is === "unresolved").filter(({ detaches }) => detaches !== true);
  const isPending = ({ resourceId, identityRef }: HeldIdentity) =>
    pending.some((want) => (want.id === undefined ? isSameRef(want.identityRef, identityRef) : armIdKey(want.id) === armIdKey(resourceId as ArmId)));
  const kept = (claim.holds?.userAssigned ?? []).filter(isPending);
  return [...resolved, ...kept.map(({ resourceId }) => armIdKey(resourceId as ArmId))];
}

/** Keys that nobody may detach while this claim stands (the table of DESIGN 2). */
export function protectedKeys(entry: HostClaim): readonly ArmIdKey[] {
  switch (entry.claim.mode) {
    case "live":
      return namedKeys(entry);
    case "frozen":
      return entry.claim.deleting ? heldKeys(entry.claim) : [...heldKeys(entry.claim), ...namedKeys(entry)];
    case "leaving":
      return entry.claim.retain ? heldKeys(entry.claim) : [];
    case "observing":
      return [];
  }
}

/** What another unit's claims name or hold; they are never narrowed by us, also while they leave. */
export function foreignKeys(others: readonly HostClaim[]): readonly ArmIdKey[] {
  return others.filter(({ claim }) => claim.mode !== "observing").flatMap((entry) => [...protectedKeys(entry), ...heldKeys(entry.claim)]);
}
