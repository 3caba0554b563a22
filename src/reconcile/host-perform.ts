import { armIdKey } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import type { WriteForm } from "../kinds/kind.ts";
import type { Claim } from "./claim.ts";
import { acquit } from "./culprits.ts";
import type { HostClaim, HostFacts } from "./decide-host.ts";
import type { HostRecord } from "./host-holds.ts";
import { hostIdentityOf, identityBlock, type IdentityChange, isEffective, lostBy, putBody } from "./host-identity.ts";
import { type Pass, requestOf, storeHolds } from "./pass.ts";
import type { AzureFailure, AzureRead, AzureWrite } from "./ports.ts";
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
  | { readonly is: "failed"; readonly entries: readonly HostClaim[]; readonly failure: AzureFailure };

/** Stores what is about to be held, then writes the host in the forms of its row until one has an effect. */
export async function performHost(pass: Pass, write: HostWrite): Promise<HostPerformed> {
  const entries = await Promise.all(write.facts.claims.map((entry) => storeRecord(pass, entry, write.records.get(entry))));
  let last: Tried | undefined;
  for (const form of write.facts.row.forms) {
    last = await tryForm(pass, write, form);
    if (last.is === "settled") return { ...last.performed, entries };
  }
  if (last?.is === "refused") return { is: "failed", entries, failure: last.failure };
  noteWrite(pass.memory, "ineffective", pass.world.clock.now());
  return { is: "ineffective", entries };
}

type Performed = { readonly is: "written"; readonly read: AzureRead } | { readonly is: "running"; readonly afterSeconds: number } | { readonly is: "failed"; readonly failure: AzureFailure };

/** How one form went: `futile` when it was accepted without effect, `refused` when Azure does not take this form. */
type Tried = { readonly is: "settled"; readonly performed: Performed } | { readonly is: "futile" } | { readonly is: "refused"; readonly failure: AzureFailure };

async function tryForm(pass: Pass, write: HostWrite, form: WriteForm): Promise<Tried> {
  const answer = await send(pass, write, form);
  switch (answer.is) {
    case "failed":
      if (answer.failure.class === "invalid" && form !== write.facts.row.forms.at(-1)) return { is: "refused", failure: answer.failure };
      return { is: "settled", performed: answer };
    case "absent":
      return { is: "settled", performed: { is: "written", read: answer } };
    case "running":
      pass.memory.running = { operation: answer.operation, what: { is: "host", change: write.change } };
      return { is: "settled", performed: { is: "running", afterSeconds: answer.afterSeconds } };
    case "done":
      return verify(pass, write, answer.body);
  }
}

function send(pass: Pass, write: HostWrite, form: WriteForm): Promise<AzureWrite> {
  const { row, identity } = write.facts;
  const block = identityBlock(row, form, write.change, identity);
  const request = requestOf(pass, row.apiVersion, row.honoursIfMatch ? write.etag : undefined);
  if (form !== "put") return pass.world.azure.patch(pass.target, { identity: block }, request);
  return pass.world.azure.put(pass.target, putBody(write.body, block), request);
}

/**
 * Compares the state after the write with the one before: the answer where it shows the identity, else a GET. Once something
 * that an answer had shown was gone later, answers about this host are not believed any more.
 */
async function verify(pass: Pass, write: HostWrite, answer: JsonObject | undefined): Promise<Tried> {
  const { row } = write.facts;
  const isBelieved = row.answersWithIdentity && pass.memory.reversalsAtMs.length === 0;
  const read: AzureRead = isBelieved && answer?.["id"] !== undefined ? { is: "found", body: answer } : await pass.world.azure.read(pass.target, requestOf(pass, row.apiVersion));
  if (read.is !== "found") return { is: "settled", performed: { is: "written", read } };
  const after = hostIdentityOf(read.body);
  const hasState = row.hasProvisioningState;
  if (!hasState && !isEffective(write.change, after)) return { is: "futile" };
  if (isEffective(write.change, after)) noteWrite(pass.memory, "effective", pass.world.clock.now());
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

async function storeRecord(pass: Pass, entry: HostClaim, record: HostRecord | undefined): Promise<HostClaim> {
  const { claim } = entry;
  if (record?.holds === undefined || claim.mode === "observing") return entry;
  const isLeaving = claim.mode === "leaving";
  if (isLeaving && claim.deleting) return { ...entry, claim: { ...claim, holds: record.holds } satisfies Claim };
  if (claim.mode === "frozen" && claim.holds === record.holds) return entry;
  const message = `changing the identities of ${pass.target}`;
  return { ...entry, claim: await storeHolds(pass, claim, { holds: record.holds, reason: isLeaving ? "Deleting" : "Updating", message }) };
}
