import type { HostClaim, HostFacts, Item, LeftBehind } from "./host-facts.ts";
import type { IdentityChange } from "./host-identity.ts";
import { lastStays, otherKindTaken, type ProblemList, slotTaken } from "./host-problems.ts";

/** What is to come and go, before it is known what the host takes at a time. */
export interface Intended {
  readonly wanted: readonly Item[];
  readonly leaving: readonly Item[];
  readonly systemAssigned: { readonly on: boolean; readonly claims: readonly HostClaim[] };
}

/** Says whether a disturbance for these claims is allowed, and tells them when it is not. */
export type Consent = (claims: readonly HostClaim[]) => boolean;

/** A change that the host's type takes in one request, and what stays because the host cannot be without. */
export interface Fitted {
  readonly change: IdentityChange;
  readonly left: LeftBehind;
}

/**
 * Fits what is intended to what a host of the type takes: one slot, one kind of identity at a time, never nothing, so many keys in
 * a request. What comes is asked for consent before it counts, what goes only when it would really go.
 */
export function fitted(intended: Intended, facts: HostFacts, { consent, problems }: { readonly consent: Consent; readonly problems: ProblemList }): Fitted {
  const wanted = intended.wanted.filter(({ claims }) => consent(claims));
  const { on, claims } = intended.systemAssigned;
  const isOn = facts.identity.systemAssigned !== undefined;
  const willBeOn = on && (isOn || consent(claims));
  const rest = keptBack({ ...intended, wanted, systemAssigned: { on: willBeOn, claims } }, facts, problems);
  const leaving = rest.leaving.filter((item) => consent(item.claims));
  const staysOn = rest.systemAssigned || (isOn && !consent(claims));
  const parts = { wanted, leaving, systemAssigned: { on: staysOn, claims } };
  return { change: limited(oneSlot(oneKind(parts, facts, problems), facts, problems), facts), left: rest.left };
}

/** Where a host cannot be without an identity, the last one stays and is given up by its holder. */
function keptBack({ wanted, leaving, systemAssigned }: Intended, { row, identity }: HostFacts, problems: ProblemList): { readonly leaving: readonly Item[]; readonly systemAssigned: boolean; readonly left: LeftBehind } {
  const isEmpty = wanted.length === 0 && !systemAssigned.on && leaving.length === identity.attached.size;
  const none: LeftBehind = { keys: new Set(), systemAssigned: false };
  if (row.last === "goes" || !isEmpty) return { leaving, systemAssigned: systemAssigned.on, left: none };
  if (identity.systemAssigned !== undefined) {
    problems.addToAll(systemAssigned.claims.filter(({ claim }) => claim.mode === "live"), lastStays(row));
    return { leaving, systemAssigned: true, left: { ...none, systemAssigned: true } };
  }
  const [last, ...others] = leaving;
  if (last === undefined) return { leaving, systemAssigned: false, left: none };
  problems.addToAll(last.claims.filter(({ claim, share }) => claim.mode === "live" && share?.exclusive === true), lastStays(row));
  return { leaving: others, systemAssigned: false, left: { ...none, keys: new Set([last.key]) } };
}

/** Where a host takes one kind of identity at a time, what is there stays, and a user-assigned one goes before a new principal. */
function oneKind(intended: Intended, { row, identity }: HostFacts, problems: ProblemList): Intended {
  const { wanted, leaving, systemAssigned } = intended;
  if (row.both !== undefined || !systemAssigned.on) return intended;
  const remaining = identity.attached.size - leaving.length + wanted.length;
  if (remaining === 0) return intended;
  if (identity.systemAssigned === undefined) {
    problems.addToAll(systemAssigned.claims, otherKindTaken(row, "userAssigned", false));
    return { ...intended, systemAssigned: { on: false, claims: [] } };
  }
  for (const entry of wanted.flatMap(({ claims }) => claims)) problems.add(entry, otherKindTaken(row, "systemAssigned", entry.share?.exclusive === true));
  return { ...intended, wanted: [] };
}

/** Where a host has one slot, what is in it stays unless it leaves in the same write, and the senior claim gets it. */
function oneSlot(intended: Intended, { row, identity }: HostFacts, problems: ProblemList): Intended {
  const { wanted, leaving } = intended;
  if (row.maxUserAssigned !== 1) return intended;
  const isTaken = identity.attached.size > leaving.length;
  const fits = isTaken ? [] : wanted.slice(0, 1);
  for (const item of wanted.filter((each) => !fits.includes(each))) problems.addToAll(item.claims, slotTaken(row, isTaken ? "foreign" : "claimed"));
  return { ...intended, wanted: fits };
}

/** What goes first makes room; the rest follows in the next write. */
function limited({ wanted, leaving, systemAssigned }: Intended, { row }: HostFacts): IdentityChange {
  const maxKeys = row.maxKeys ?? Number.POSITIVE_INFINITY;
  const detach = leaving.slice(0, maxKeys).map(({ key }) => key);
  return { attach: wanted.slice(0, maxKeys - detach.length).map(({ id }) => id), detach, systemAssigned: systemAssigned.on };
}
