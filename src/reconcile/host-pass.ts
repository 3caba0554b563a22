import { armIdKey, armIdType, type ArmIdKey } from "../api/arm-id.ts";
import { type JsonObject, stringAt } from "../api/json.ts";
import { type ObjectKey, titleOf } from "../api/object.ts";
import { type HostRow, unlistedHost } from "../kinds/host-row.ts";
import { type Claim, shareOf } from "./claim.ts";
import { tenantOf } from "./credential-choice.ts";
import { acquit, culpritsOf, noteCulprits } from "./culprits.ts";
import { decideHost } from "./decide-host.ts";
import type { HostClaim, HostDecision, HostFacts, SettingChange } from "./host-facts.ts";
import { outcomeOf } from "./failures.ts";
import { findGhosts } from "./ghosts.ts";
import { barrierOf, hiddenIn, textUses, usesOf } from "./host-body.ts";
import { concludeHost } from "./host-conclude.ts";
import { type HostOwner, hostClaimOf } from "./host-claim.ts";
import { hostDone } from "./host-done.ts";
import { inheritances, storeInheritances } from "./host-heirs.ts";
import { recordsOf } from "./host-holds.ts";
import { lagOf } from "./host-instances.ts";
import { hostIdentityOf, type HostIdentity, type IdentityChange, isEffective } from "./host-identity.ts";
import { noteFutile, performHost } from "./host-perform.ts";
import { type Decided, decideClosely, serversOf } from "./host-parts.ts";
import { settingsNow } from "./host-settings.ts";
import { hostTitle } from "./host-title.ts";
import type { Conclusion, Done, Outcome } from "./outcome.ts";
import { isBusy, type Pass, requestOf } from "./pass.ts";
import type { AzureFailure, AzureRead } from "./ports.ts";
import { ended, endedAll, endedWithoutAzure, needsNoAzure } from "./ending.ts";
import { type HostOperation, type Polled, pollRunning, runningOutcome } from "./running.ts";
import { noteSettings } from "./setting-memory.ts";
import { performSettings } from "./setting-perform.ts";
import { haltOf, noteReversal, noteWrite } from "./write-memory.ts";

/** Writes in one pass at most: the first, and two more for what a culprit or a ghost takes (DESIGN 1). */
const MAX_WRITES = 3;

/** One pass over a host: observe, decide over all its claims, write once, look again until nothing is left to do. */
export async function hostPass(pass: Pass): Promise<readonly Conclusion[]> {
  const running = await pollRunning(pass);
  if (pass.claims.every(needsNoAzure)) return pass.claims.map(endedWithoutAzure);
  const row = rowOf(pass);
  if (row === undefined) return endedAll(pass.claims, notSupported);
  if (running?.is === "running") return endedAll(pass.claims, (claim) => running.outcomeFor(claim));
  const first = await pass.world.azure.read(pass.target, requestOf(pass, row.apiVersion));
  return settleHost(pass, { row, first, running, owner: undefined });
}

/** A host as it was first seen in a pass, with the operation on it that ended, and the object that declares it, if one does. */
export interface HostStart {
  readonly row: HostRow;
  readonly first: AzureRead;
  readonly running: Polled | undefined;
  readonly owner: HostOwner | undefined;
}

/** The part of a pass over a host after its first observation. */
export async function settleHost(pass: Pass, { row, first, running, owner }: HostStart): Promise<readonly Conclusion[]> {
  const stop = unreadable({ pass, row }, pass.claims, first);
  if (stop !== undefined) return stop;
  const session = new HostSession(pass, row, owner);
  if (running !== undefined && running.is !== "running" && running.what.is === "host" && first.is === "found") {
    await session.take(running, running.what, hostIdentityOf(first.body));
  } else if (running?.is === "ended" && running.what.is === "settings") {
    for (const [key, done] of running.what.done) session.noteDone(key, [done]);
  } else if (running?.is === "failed" && running.what.is === "instances") session.failedUpgrade = running.failure;
  else if (running?.is === "failed") session.failure = running.failure;
  return session.settle(first);
}

/** The rounds of one pass; what was written in it is remembered for the events. */
class HostSession {
  readonly #pass: Pass;
  readonly #row: HostRow;
  readonly #owner: HostOwner | undefined;
  readonly #others: readonly HostClaim[];
  readonly #done = new Map<ObjectKey, readonly Done[]>();
  readonly evicted: Set<ArmIdKey>;
  failure: AzureFailure | undefined;
  failedUpgrade: AzureFailure | undefined;
  /** Found by the first look, until they are detached. */
  #ghosts = new Set<ArmIdKey>();
  #entries: readonly HostClaim[];

  constructor(pass: Pass, row: HostRow, owner: HostOwner | undefined) {
    this.#pass = pass;
    this.#row = row;
    this.#owner = owner;
    this.evicted = new Set(pass.memory.applied?.detached);
    this.#entries = pass.claims.map((claim) => hostClaimOf(pass, claim, owner));
    this.#others = pass.others.map((claim) => hostClaimOf(pass, claim));
  }

  async settle(first: AzureRead): Promise<readonly Conclusion[]> {
    let read = first;
    for (let writes = 0; ; writes += 1) {
      const stop = unreadable({ pass: this.#pass, row: this.#row }, this.#claims, read);
      if (stop !== undefined || read.is !== "found") return stop ?? [];
      const { facts, decision } = await this.#decide(read.body, writes === 0);
      const records = recordsOf(facts, decision, tenantOf(this.#pass.credential, this.#pass.world.policy));
      await storeInheritances(this.#pass, inheritances(facts, records, this.#pass.world.policy));
      const { failure, evicted } = this;
      const isUnfinished = isWrite(decision);
      if (!isUnfinished || failure !== undefined || writes >= MAX_WRITES) {
        const lag = isUnfinished ? undefined : await lagOf(this.#pass, facts, { body: read.body, failed: this.failedUpgrade });
        return concludeHost({ pass: this.#pass, facts, decision, records, failure, done: this.#done, evicted, lag, isUnfinished });
      }
      const next = await this.#write(facts, { decision, records, body: read.body, etag: read.etag });
      if (!("is" in next)) return next;
      read = next;
    }
  }

  /** Takes the end of an operation that a pass before began. */
  async take(ended: Exclude<Polled, { is: "running" }>, { change, form }: HostOperation, after: HostIdentity): Promise<void> {
    const pass = this.#pass;
    if (ended.is === "ended" && isEffective(change, after)) {
      noteWrite(pass.memory, "effective", pass.world.clock.now());
      acquit(pass.memory, change.attach.map(armIdKey));
      this.#noteEffect(change);
      return;
    }
    const isOtherLeft = form !== this.#row.forms.at(-1);
    if (ended.is === "ended" || (ended.failure.class === "invalid" && isOtherLeft)) noteFutile(pass, this.#row, form);
    else if (!(await noteCulprits(pass, change, ended.failure))) this.failure = ended.failure;
  }

  /** Remembers for each object what a change did on its behalf, for its event. */
  #noteEffect(change: IdentityChange): void {
    for (const entry of this.#entries) this.noteDone(entry.claim.key, hostDone(this.#pass.target, entry, { change, claims: this.#entries }));
    for (const key of change.detach) {
      this.evicted.add(key);
      this.#ghosts.delete(key);
    }
  }

  /** Remembers what was done for an object, for its event. */
  noteDone(key: ObjectKey, done: readonly Done[]): void {
    this.#done.set(key, [...(this.#done.get(key) ?? []), ...done]);
  }

  /** The claims with what is stored for them now. */
  get #claims(): readonly Claim[] {
    return this.#entries.map(({ claim }) => claim);
  }

  async #decide(body: JsonObject, isFirst: boolean): Promise<Decided> {
    const { memory, isUrgent, world } = this.#pass;
    const decided = await decideClosely(this.#pass, await this.#factsOf(body, isFirst), body);
    if (decided.failure !== undefined) this.failure ??= decided.failure;
    if (!noteSettings(memory, decided.facts, world.clock.now())) return decided;
    const facts = { ...decided.facts, halt: haltOf(memory, { nowMs: world.clock.now(), isUrgent }) };
    return { ...decided, facts, decision: decideHost(facts) };
  }

  /** What goes back comes before the identity changes, what follows it after. */
  async #write(facts: HostFacts, round: Round): Promise<AzureRead | readonly Conclusion[]> {
    const { change, settings } = round.decision;
    const waitMs = this.#pass.turn((change?.attach.length ?? 0) > 0 ? "attach" : "write", stringAt(round.body, "location"));
    if (waitMs > 0) return endedAll(this.#claims, () => ({ is: "queued", afterSeconds: waitMs / 1000 }));
    if (settings.back.length > 0) return this.#writeSettings(facts, round, settings.back);
    if (change === undefined) return this.#writeSettings(facts, round, settings.set);
    const performed = await performHost(this.#pass, { facts, change, records: round.records, body: round.body, etag: round.etag });
    this.#entries = performed.entries;
    switch (performed.is) {
      case "running":
        return endedAll(this.#claims, (claim) => runningOutcome(claim, performed.afterSeconds));
      case "written":
        if (performed.read.is === "found" && isEffective(change, hostIdentityOf(performed.read.body))) {
          this.#noteEffect(change);
        }
        return performed.read;
      case "ineffective":
        return endedAll(this.#claims, () => INEFFECTIVE);
      case "refused":
        return endedAll(this.#claims, () => ({ is: "refused", ...performed.refusal }));
      case "failed":
        // Another look would only be refused as well, and what it comes to would hide for how long.
        if (performed.failure.class === "throttled") return endedAll(this.#claims, (claim) => outcomeOf(performed.failure, claim, "change the host of"));
        if (!(await noteCulprits(this.#pass, change, performed.failure))) this.failure = performed.failure;
        return this.#pass.world.azure.read(this.#pass.target, requestOf(this.#pass, this.#row.apiVersion));
    }
  }

  async #writeSettings(facts: HostFacts, { records, body }: Round, changes: readonly SettingChange[]): Promise<AzureRead | readonly Conclusion[]> {
    const performed = await performSettings(this.#pass, { facts, records, body }, changes);
    this.#entries = performed.entries;
    if (performed.is === "running") return endedAll(this.#claims, (claim) => runningOutcome(claim, performed.afterSeconds));
    if (performed.is === "written") {
      for (const [key, done] of performed.done) this.noteDone(key, [done]);
      return performed.read;
    }
    this.failure = performed.failure;
    return { is: "found", body };
  }

  async #factsOf(body: JsonObject, isFirst: boolean): Promise<HostFacts> {
    const { memory, world, isUrgent } = this.#pass;
    const identity = hostIdentityOf(body);
    const nowMs = world.clock.now();
    if (isFirst) {
      noteUndone(this.#pass, this.#entries, identity);
      this.#ghosts = new Set(await findGhosts(this.#pass, this.#entries, identity));
    }
    return {
      row: this.#row,
      identity,
      uses: usesOf(this.#row, body),
      footing: this.#pass.footings.ofHost(this.#pass.target),
      settings: settingsNow(this.#row, { body, parts: new Map() }, serversOf([...this.#entries, ...this.#others])),
      primary: this.#row.primary === undefined ? undefined : textUses([this.#row.primary], body)[0]?.identity,
      hidden: hiddenIn(this.#row, this.#owner?.withHidden?.(body) ?? body),
      withHidden: this.#owner?.withHidden,
      barrier: barrierOf(this.#row, body),
      claims: this.#entries,
      others: this.#others,
      ghosts: this.#ghosts,
      culprits: culpritsOf(memory, { nowMs, isUrgent: isUrgent && isFirst && this.#done.size === 0 && this.failure === undefined }),
      halt: haltOf(memory, { nowMs, isUrgent }),
    };
  }
}

/** Whether anything is left to write. */
function isWrite({ change, settings }: HostDecision): boolean {
  return change !== undefined || settings.back.length > 0 || settings.set.length > 0;
}

interface Round {
  readonly decision: HostDecision;
  readonly records: ReturnType<typeof recordsOf>;
  readonly body: JsonObject;
  readonly etag: string | undefined;
}

/** The conclusions of a pass whose host could not be read, is gone or is busy; undefined when it can go on. */
function unreadable({ pass, row }: { readonly pass: Pass; readonly row: HostRow }, claims: readonly Claim[], read: AzureRead): readonly Conclusion[] | undefined {
  switch (read.is) {
    case "failed":
      return endedAll(claims, (claim) => outcomeOf(read.failure, claim, "read the host of"));
    case "absent":
      return claims.map((claim) => hostAbsent(pass, claim));
    case "found":
      return isBusy(read.body, row.idleStates) ? endedAll(claims, () => busy(pass, read.body)) : undefined;
  }
}

/** The end for a claim whose host does not exist: with its host, every attachment is gone. */
export function hostAbsent(pass: Pass, claim: Claim): Conclusion {
  if (claim.mode === "frozen") return endedWithoutAzure(claim);
  if (claim.mode === "leaving") {
    const message = `${titleOf(claim.object)}: the host no longer exists in Azure`;
    return { ...ended(claim, { is: "released", reason: "Released", message }), holds: undefined };
  }
  const message = `${pass.target} does not exist: create it, or correct spec.target`;
  const shown = { host: hostTitle(pass.target), resourceId: pass.target, identity: undefined };
  return { ...ended(claim, { is: "waiting", reason: "HostNotFound", message }), shown };
}

function busy(pass: Pass, body: JsonObject): Outcome {
  const state = stringAt(body["properties"], "provisioningState") ?? "";
  return { is: "progressing", reason: "HostBusy", message: `${hostTitle(pass.target)} is ${state}: this object waits for the end of that operation`, afterSeconds: 15 };
}

/** How the host takes an identity: as the catalogue says, or at the api-version that a claim gives or gave. */
function rowOf({ hosts, target, claims }: Pass): HostRow | undefined {
  const type = armIdType(target);
  const [apiVersion] = claims.flatMap((claim) => (claim.moving ? undefined : shareOf(claim)?.apiVersion) ?? claim.holds?.apiVersion ?? []);
  return hosts.get(type) ?? (apiVersion === undefined ? undefined : unlistedHost(type, apiVersion));
}

/** What is said of a claim on what takes no identities, as far as we know. */
export function notSupported(claim: Claim): Outcome {
  const type = claim.target === undefined ? "" : armIdType(claim.target);
  return { is: "refused", reason: "HostNotSupported", message: `hosts of type ${type} are not in the catalogue, which docs/hosts.md lists: set spec.target.apiVersion to reach one by PATCH` };
}

const INEFFECTIVE: Outcome = { is: "progressing", reason: "WriteIneffective", message: "Azure accepted the write and nothing changed", afterSeconds: 5 };

/** Counts what our last write left and others undid since: attachments, and the system-assigned identity. */
function noteUndone(pass: Pass, entries: readonly HostClaim[], identity: HostIdentity): void {
  const { applied } = pass.memory;
  if (applied === undefined) return;
  const named = entries.flatMap(({ wants }) => wants.flatMap((want) => (want.is === "resolved" ? [armIdKey(want.id)] : [])));
  const isDetached = named.some((key) => applied.attached.has(key) && !identity.attached.has(key));
  const isWanted = entries.some(({ claim, share }) => claim.mode === "live" && share?.systemAssigned === true);
  const isOff = isWanted && applied.systemAssigned && identity.systemAssigned === undefined;
  const isBack = [...applied.detached].some((key) => identity.attached.has(key) && !named.includes(key));
  if (isDetached || isOff || isBack) noteReversal(pass.memory, pass.world.clock.now());
  pass.memory.applied = undefined;
}
