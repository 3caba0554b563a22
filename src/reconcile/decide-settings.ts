import { armIdKey, type ArmIdKey } from "../api/arm-id.ts";
import type { Drift, HeldSetting } from "../api/shared.ts";
import type { SettingRule } from "../kinds/host-row.ts";
import type { Consent } from "./decide-slot.ts";
import type { HostClaim, HostFacts, SettingChange, SettingDecision } from "./host-facts.ts";
import type { IdentityChange } from "./host-identity.ts";
import { namedKeys } from "./host-facts.ts";
import { type ProblemList, settingConflict, settingNotTaken, settingOfStranger } from "./host-problems.ts";
import { type Follow, isSameText, rememberedText, type SettingNow, settingPath, settingValue } from "./host-settings.ts";

/** What the decision about settings looks at, beside the facts. */
export interface Deciding {
  readonly facts: HostFacts;
  /** Live claims without a conflict, the senior first. */
  readonly accepted: readonly HostClaim[];
  /** The change of the identity that is about to be made. */
  readonly change: IdentityChange | undefined;
  readonly consent: Consent;
  readonly problems: ProblemList;
}

/** What one path is to say, and on whose behalf. */
interface Wish {
  readonly key: ArmIdKey;
  readonly value: string | undefined;
  readonly claims: HostClaim[];
}

/**
 * Decides about the settings that follow identities: what we wrote and nobody asks for any more goes back before its identity
 * leaves; what is asked for is written once its identity is attached; what a change of the identity resets is put back after it.
 */
export function decideSettings(deciding: Deciding): SettingDecision {
  if (deciding.facts.settings.size === 0 && deciding.accepted.every(({ follows }) => follows.length === 0)) return NOTHING;
  const wishes = wishesOf(deciding);
  const back = deciding.facts.claims.flatMap((entry) => goingBack(entry, deciding, wishes));
  const set = [...settingsToSet(deciding, wishes), ...deciding.facts.claims.flatMap((entry) => toRestore(entry, deciding, wishes))];
  const held = new Map(deciding.facts.claims.map((entry) => [entry, heldAfter(entry, { deciding, wishes, set })]));
  return { back: consented(back, deciding), set: consented(set, deciding), held };
}

/** What is declared of settings and not so. */
export function settingDrift(entry: HostClaim, facts: HostFacts): readonly Drift[] {
  return entry.follows.flatMap((follow) =>
    rulesOf(follow, facts).flatMap((rule) => {
      const now = facts.settings.get(settingPath(rule, follow.named.server));
      const want = follow.want.is === "resolved" ? (settingValue(rule, follow.want.id, facts.identity) ?? follow.want.id) : undefined;
      return now === undefined || want === undefined || isSameText(now.text, want) ? [] : [{ path: now.path, want, have: now.text }];
    }),
  );
}

const NOTHING: SettingDecision = { back: [], set: [], held: new Map() };

function rulesOf({ named }: Follow, { row }: HostFacts): readonly SettingRule[] {
  return (row.settings ?? []).filter(({ field }) => field === named.field);
}

function wishesOf(deciding: Deciding): ReadonlyMap<string, Wish> {
  const wishes = new Map<string, Wish>();
  for (const entry of deciding.accepted) for (const follow of entry.follows) wish(entry, follow, { deciding, wishes });
  return wishes;
}

function wish(entry: HostClaim, follow: Follow, { deciding, wishes }: { readonly deciding: Deciding; readonly wishes: Map<string, Wish> }): void {
  const { facts, problems } = deciding;
  const rules = rulesOf(follow, facts);
  const { want, named } = follow;
  if (rules.length === 0) return problems.add(entry, settingNotTaken(facts.row, named.identity.path));
  if (facts.claims.some(({ owns }) => owns === true)) return problems.add(entry, settingConflict(named.identity.path, "owner"));
  if (want.is === "unresolved") return problems.add(entry, { ...want.refusal, stalls: want.stalls });
  const key = armIdKey(want.id);
  const isNamed = facts.claims.some((each) => each.claim.mode === "live" && namedKeys(each).includes(key));
  if (!isNamed && !facts.identity.attached.has(key)) return problems.add(entry, settingOfStranger(want.id, named.identity.path));
  for (const rule of rules) {
    const path = settingPath(rule, named.server);
    const earlier = wishes.get(path);
    if (earlier !== undefined && earlier.key !== key) return problems.add(entry, settingConflict(named.identity.path, "senior"));
    if (earlier !== undefined) earlier.claims.push(entry);
    else wishes.set(path, { key, value: settingValue(rule, want.id, facts.identity), claims: [entry] });
  }
}

/** Paths that nobody of this unit may change: what paused claims hold, and claims with other credentials hold or want. */
function isProtected(path: string, { claims, others, row }: HostFacts): boolean {
  const holds = ({ claim }: HostClaim) => (claim.holds?.settings ?? []).some((held) => held.path === path);
  const wants = ({ follows }: HostClaim) => follows.some(({ named }) => (row.settings ?? []).some((rule) => rule.field === named.field && settingPath(rule, named.server) === path));
  return claims.some((entry) => entry.claim.mode === "frozen" && holds(entry)) || others.some((entry) => entry.claim.mode !== "observing" && (holds(entry) || wants(entry)));
}

function settingsToSet({ facts, problems }: Deciding, wishes: ReadonlyMap<string, Wish>): readonly SettingChange[] {
  return [...wishes].flatMap(([path, { value, claims }]) => {
    const now = facts.settings.get(path);
    if (now === undefined || value === undefined || isSameText(now.text, value)) return [];
    if (!isProtected(path, facts)) return [{ now, to: value, isEntry: false, claims }];
    problems.addToAll(claims, settingConflict(path, "senior"));
    return [];
  });
}

/** What a claim wrote, no longer wants, and still stands there. */
function goingBack(entry: HostClaim, { facts }: Deciding, wishes: ReadonlyMap<string, Wish>): readonly SettingChange[] {
  return givenUp(entry, wishes).flatMap((held): readonly SettingChange[] => {
    const now = facts.settings.get(held.path);
    const isKept = (entry.claim.mode === "leaving" && entry.claim.retain) || wishes.has(held.path) || isProtected(held.path, facts);
    if (now === undefined || isKept || !isSameText(now.text, held.value)) return [];
    return [{ now, to: held.before ?? now.rule.nobody, isEntry: now.rule.form === "registry", claims: [entry] }];
  });
}

/** What a claim wrote, and neither wants any more nor may still want under a name that does not resolve. */
function givenUp({ claim, follows }: HostClaim, wishes: ReadonlyMap<string, Wish>): readonly HeldSetting[] {
  if (claim.mode !== "live" && claim.mode !== "leaving") return [];
  const isPending = claim.mode === "live" && follows.some(({ want }) => want.is === "unresolved" && want.detaches !== true);
  const wanted = (path: string) => wishes.get(path)?.claims.some((entry) => entry.claim.key === claim.key) === true;
  return (claim.holds?.settings ?? []).filter((held) => held.isReset !== true && !isPending && !wanted(held.path));
}

/** What a change of the identity has reset, as the claim that made it remembers. */
function toRestore({ claim }: HostClaim, { facts, change }: Deciding, wishes: ReadonlyMap<string, Wish>): readonly SettingChange[] {
  if (change !== undefined || claim.mode === "frozen" || claim.mode === "observing") return [];
  return (claim.holds?.settings ?? []).flatMap((held) => {
    const now = facts.settings.get(held.path);
    if (held.isReset !== true || now === undefined || isGranted(held.path, wishes) || !isLost(held, now, facts)) return [];
    return [{ now, to: held.value, isEntry: false, claims: [] }];
  });
}

/** Whether a wish takes the place of whatever stands there, now that its identity is attached. */
function isGranted(path: string, wishes: ReadonlyMap<string, Wish>): boolean {
  return wishes.get(path)?.value !== undefined;
}

/** Whether what was reset is still gone, and can come back: the identity that it names is still on the host. */
function isLost({ value }: HeldSetting, { text, rule }: SettingNow, { identity }: HostFacts): boolean {
  const prefix = rule.prefix ?? "";
  const isThere = prefix === "" || !value.startsWith(prefix) || identity.attached.has(value.slice(prefix.length).toLowerCase() as ArmIdKey);
  return isThere && isSameText(text, rule.nobody);
}

interface Holding {
  readonly deciding: Deciding;
  readonly wishes: ReadonlyMap<string, Wish>;
  readonly set: readonly SettingChange[];
}

function heldAfter(entry: HostClaim, holding: Holding): readonly HeldSetting[] {
  const { claim } = entry;
  if (claim.mode === "observing") return [];
  const before = claim.holds?.settings ?? [];
  if (claim.mode === "frozen") return before;
  const written = [...holding.wishes].flatMap(([path, wish]) => (wish.claims[0] === entry ? heldWish(path, wish, { entry, holding }) : []));
  const paths = new Set(written.map(({ path }) => path));
  const rest = before.filter(({ path }) => !paths.has(path)).filter((held) => staysHeld(held, entry, holding));
  return [...written, ...rest, ...resetBy(entry, holding, new Set(rest.map(({ path }) => path)))];
}

/** Held is what this claim writes or wrote; what stood there equal before is satisfied, and taken into what is held under IfExists. */
function heldWish(path: string, { value }: Wish, { entry, holding }: { readonly entry: HostClaim; readonly holding: Holding }): readonly HeldSetting[] {
  const { facts } = holding.deciding;
  const now = facts.settings.get(path);
  const givers = facts.claims.filter(({ claim }) => claim.mode === "live" || claim.mode === "leaving");
  const [prior] = givers.flatMap(({ claim }) => (claim.holds?.settings ?? []).filter((held) => held.path === path));
  const own = (entry.claim.holds?.settings ?? []).find((held) => held.path === path);
  if (value === undefined || now === undefined) return own === undefined ? [] : [own];
  const isWritten = holding.set.some((change) => change.now.path === path);
  if (prior === undefined && !isWritten && entry.claim.spec?.adoptionPolicy !== "IfExists") return [];
  const before = prior === undefined ? (isWritten ? rememberedText(now) : undefined) : prior.isReset === true ? prior.value : prior.before;
  return [{ path, value, ...(before === undefined ? {} : { before }) }];
}

function staysHeld(held: HeldSetting, entry: HostClaim, { deciding, wishes }: Holding): boolean {
  const now = deciding.facts.settings.get(held.path);
  if (held.isReset === true ? isGranted(held.path, wishes) : wishes.has(held.path)) return false;
  if (now === undefined) return true;
  if (held.isReset === true) return deciding.change !== undefined || isLost(held, now, deciding.facts);
  if (!givenUp(entry, wishes).includes(held)) return true;
  const isLeft = entry.claim.mode === "leaving" && entry.claim.retain;
  return !isLeft && isSameText(now.text, held.value) && !isProtected(held.path, deciding.facts);
}

/** What the change of the identity that is about to be made resets: the first claim of it remembers what stands there (arm.md 11). */
function resetBy(entry: HostClaim, { deciding, wishes }: Holding, held: ReadonlySet<string>): readonly HeldSetting[] {
  const { facts, change } = deciding;
  const first = facts.claims.find(({ claim }) => claim.mode === "live" || claim.mode === "leaving");
  if (change === undefined || entry !== first) return [];
  const isKnown = (path: string) => facts.claims.some(({ claim }) => (claim.holds?.settings ?? []).some((each) => each.path === path && each.isReset === true));
  const resets = [...facts.settings.values()].filter(({ rule, path }) => rule.isReset === true && !held.has(path) && !isKnown(path) && !isGranted(path, wishes));
  return resets.filter((now) => !isSameText(now.text, now.rule.nobody)).map(({ path, text }) => ({ path, value: text, isReset: true }));
}

function consented(changes: readonly SettingChange[], { facts, consent, problems }: Deciding): readonly SettingChange[] {
  const stop = facts.barrier ?? facts.halt;
  if (stop === undefined) return changes.filter(({ claims }) => consent(claims));
  for (const { claims } of changes) problems.addToAll(claims, { ...stop, stalls: true });
  return [];
}
