import { armIdKey } from "../api/arm-id.ts";
import { type JsonObject, stringAt } from "../api/json.ts";
import type { HostRow, WriteForm } from "../kinds/host-row.ts";
import type { Claim } from "./claim.ts";
import type { Refusal } from "./refusal.ts";
import { acquit } from "./culprits.ts";
import { givesUp } from "./giving.ts";
import type { HostClaim, HostFacts } from "./host-facts.ts";
import type { HostRecord } from "./host-holds.ts";
import { hostIdentityOf, identityBlock, type IdentityChange, isEffective, isNarrowing, lostBy } from "./host-identity.ts";
import { withPrimary } from "./host-primary.ts";
import { hiddenValuesAtRisk } from "./host-problems.ts";
import { isBusy, type Pass, requestOf, storeHolds } from "./pass.ts";
import type { AzureFailure, AzureRead, AzureWrite } from "./ports.ts";
import { isSameJson } from "./same-json.ts";
import { type Whole, wholeBody } from "./whole-body.ts";
import { noteWrite } from "./write-memory.ts";

/** A decided change of a host, with the observation that it was decided on. */
export interface HostWrite {
  readonly facts: HostFacts;
  readonly change: IdentityChange;
  readonly records: ReadonlyMap<HostClaim, HostRecord>;
  readonly body: JsonObject;
  readonly etag: string | undefined;
}

/** What became of a write; `entries` are the claims with what is stored for them now. */
export type HostPerformed =
  | { readonly is: "written"; readonly entries: readonly HostClaim[]; readonly read: AzureRead }
  | { readonly is: "running"; readonly entries: readonly HostClaim[]; readonly afterSeconds: number }
  | { readonly is: "ineffective"; readonly entries: readonly HostClaim[] }
  | { readonly is: "refused"; readonly entries: readonly HostClaim[]; readonly refusal: Refusal }
  | { readonly is: "failed"; readonly entries: readonly HostClaim[]; readonly failure: AzureFailure };

/**
 * Stores what is about to be held, then writes the host in the next form of its row. Where that had no effect, the host is looked at
 * again before the next form: what somebody attached meanwhile must not be missing in a write of everything.
 */
export async function performHost(pass: Pass, write: HostWrite): Promise<HostPerformed> {
  const entries = await storeRecords(pass, write);
  const { row } = write.facts;
  const { futileForms } = pass.memory;
  const [form = "put", ...others] = row.forms.filter((each) => !futileForms.has(each));
  const tried = await tryForm(pass, write, form);
  const isLast = others.length === 0;
  if (tried.is === "settled") return { ...tried.performed, entries };
  if (isLast) futileForms.clear();
  else futileForms.add(form);
  switch (tried.is) {
    case "lossy":
      return { is: "refused", entries, refusal: hiddenValuesAtRisk(row, tried.paths, write.facts.claims.some(({ owns }) => owns === true)) };
    case "refused":
      if (isLast) return { is: "failed", entries, failure: tried.failure };
      return { is: "written", entries, read: await pass.world.azure.read(pass.target, requestOf(pass, row.apiVersion)) };
    case "futile":
      if (!isLast) return { is: "written", entries, read: tried.read };
      noteWrite(pass.memory, "ineffective", pass.world.clock.now());
      return { is: "ineffective", entries };
  }
}

/** Notes that an operation ended and did not bring about its change: another form is tried, and only when none is left does it count. */
export function noteFutile(pass: Pass, row: HostRow, form: WriteForm): void {
  const { futileForms } = pass.memory;
  futileForms.add(form);
  if (row.forms.some((each) => !futileForms.has(each))) return;
  futileForms.clear();
  noteWrite(pass.memory, "ineffective", pass.world.clock.now());
}

type Performed = { readonly is: "written"; readonly read: AzureRead } | { readonly is: "running"; readonly afterSeconds: number } | { readonly is: "failed"; readonly failure: AzureFailure };

/** How one form went: `futile` when it was accepted without effect, `refused` when Azure does not take it, `lossy` when we do not send it. */
type Tried =
  | { readonly is: "settled"; readonly performed: Performed }
  | { readonly is: "futile"; readonly read: AzureRead }
  | { readonly is: "refused"; readonly failure: AzureFailure }
  | { readonly is: "lossy"; readonly paths: readonly string[] };

async function tryForm(pass: Pass, write: HostWrite, form: WriteForm): Promise<Tried> {
  const answer = await send(pass, write, form);
  switch (answer.is) {
    case "lossy":
      return answer;
    case "failed":
      return answer.failure.class === "invalid" ? { is: "refused", failure: answer.failure } : { is: "settled", performed: answer };
    case "absent":
      return { is: "settled", performed: { is: "written", read: answer } };
    case "running":
      pass.memory.running = { operation: answer.operation, what: { is: "host", change: write.change, form } };
      return { is: "settled", performed: { is: "running", afterSeconds: answer.afterSeconds } };
    case "done":
      return verify(pass, write, answer.body);
  }
}

async function send(pass: Pass, write: HostWrite, form: WriteForm): Promise<AzureWrite | Extract<Whole, { is: "lossy" }>> {
  const { row, identity } = write.facts;
  const { azure } = pass.world;
  const block = identityBlock(row, form, write.change, identity);
  const region = stringAt(write.body, "location");
  const request = { ...requestOf(pass, row.apiVersion, row.honoursIfMatch ? write.etag : undefined), ...(region === undefined ? {} : { region }) };
  if (form !== "put" && form !== "whole") return azure.patch(pass.target, withPrimary(write.facts, write.change, { identity: block }), request);
  const whole = await wholeBody(pass, write, block);
  if (whole.is !== "ready") return whole;
  return form === "whole" ? azure.patch(pass.target, whole.body, request) : azure.put(pass.target, whole.body, request);
}

/**
 * Compares the state after the write with the one before: the answer where it shows the identity, else a GET. Once something
 * that an answer had shown was gone later, answers about this host are not believed any more. What left is believed by a GET only:
 * nobody holds it from then on, and if it had stayed, nobody would ever look for it.
 */
async function verify(pass: Pass, write: HostWrite, answer: JsonObject | undefined): Promise<Tried> {
  const { row, identity } = write.facts;
  const isBelieved = row.answer === "new" && pass.memory.reversalsAtMs.length === 0 && !isNarrowing(write.change, identity);
  const read: AzureRead = isBelieved && answer?.["id"] !== undefined ? { is: "found", body: answer } : await pass.world.azure.read(pass.target, requestOf(pass, row.apiVersion));
  if (read.is !== "found") return { is: "settled", performed: { is: "written", read } };
  const after = hostIdentityOf(read.body);
  const effective = isEffective(write.change, after);
  if (!effective && !isBusy(read.body, row.idleStates)) return { is: "futile", read };
  if (effective) noteWrite(pass.memory, "effective", pass.world.clock.now());
  acquit(pass.memory, write.change.attach.map(armIdKey));
  reportLost(pass, write, after);
  return { is: "settled", performed: { is: "written", read } };
}

/** What is gone and was in our request, or was not ours to mention, was removed by somebody else: it is reported, not put back. */
function reportLost(pass: Pass, write: HostWrite, after: ReturnType<typeof hostIdentityOf>): void {
  const lost = lostBy(write.change, write.facts.identity, after);
  if (lost.length === 0) return;
  const identities = lost.map(({ id }) => id);
  pass.world.log.warn({ host: pass.target, identities }, "Identities of others left the host while it was written");
}

/** Stores what each claim of a write is about to hold. Those that give something up come last, since another may have received it. */
export async function storeRecords(pass: Pass, { facts: { claims }, records }: Pick<HostWrite, "facts" | "records">): Promise<readonly HostClaim[]> {
  const stored = new Map<HostClaim, HostClaim>();
  const store = async (entry: HostClaim): Promise<void> => void stored.set(entry, await storeRecord(pass, entry, records.get(entry)));
  const isLast = (entry: HostClaim): boolean => givesUp(entry.claim.holds, records.get(entry)?.holds);
  await Promise.all(claims.filter((entry) => !isLast(entry)).map(store));
  await Promise.all(claims.filter(isLast).map(store));
  return claims.map((entry) => stored.get(entry) ?? entry);
}

/**
 * Stores what a claim is about to hold. What it held is enough for one that is being deleted, but for a setting that the change of
 * the identity resets: nothing else would remember it.
 */
async function storeRecord(pass: Pass, entry: HostClaim, record: HostRecord | undefined): Promise<HostClaim> {
  const { claim } = entry;
  if (record?.holds === undefined || claim.mode === "observing") return entry;
  const isLeaving = claim.mode === "leaving";
  if (isLeaving && claim.deleting && isSameJson(claim.holds?.settings, record.holds.settings)) return { ...entry, claim: { ...claim, holds: record.holds } satisfies Claim };
  if (claim.mode === "frozen" && claim.holds === record.holds) return entry;
  const message = `changing the identities of ${pass.target}`;
  return { ...entry, claim: await storeHolds(pass, claim, { holds: record.holds, reason: isLeaving ? "Deleting" : "Updating", message }) };
}
