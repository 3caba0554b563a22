import { armIdType } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import type { ObjectKey } from "../api/object.ts";
import { ownerTagOf } from "../api/owner-tag.ts";
import type { Policies, ResourceShape } from "../kinds/kind.ts";
import { bySeniority, type Claim, isCurrent } from "./claim.ts";
import { decideResource, ownerOf, type ResourceFacts } from "./decide-resource.ts";
import { type Documents, documentsOf } from "./documents.ts";
import { ended, endedAll, endedWithoutAzure, needsNoAzure } from "./ending.ts";
import { outcomeOf } from "./failures.ts";
import { hostClaimOf } from "./host-claim.ts";
import { heldKeys, namedKeys } from "./host-facts.ts";
import { hiddenIn } from "./host-body.ts";
import { hostIdentityOf } from "./host-identity.ts";
import { makingOf } from "./making.ts";
import { markFor } from "./mark.ts";
import { observeResource, type Observed } from "./observe-resource.ts";
import type { Conclusion, Outcome } from "./outcome.ts";
import { ownHostPass } from "./own-host-pass.ts";
import { isBusy, type Pass, PassAborted } from "./pass.ts";
import { isProtectedBy } from "./references.ts";
import { performResource } from "./resource-perform.ts";
import { asConfirmed, type Performed, settled } from "./resource-steps.ts";
import { type Polled, pollRunning } from "./running.ts";
import { noteOperation } from "./resource-operation.ts";

/** One pass over a resource of ours: observe once, decide for every claim, write for the one that owns it; then its identity. */
export async function resourcePass(pass: Pass, shape: ResourceShape<Policies>): Promise<readonly Conclusion[]> {
  const running = await pollRunning(pass);
  // What was begun before a claim was refused or paused is followed to its end: its lane is taken so long, and others wait for it.
  if (pass.claims.every(needsNoAzure)) return pass.claims.map(endedWithoutAzure);
  if (running?.is === "running" || (running?.is === "failed" && running.what.is === "resource")) {
    return endedAll(pass.claims, (claim) => running.outcomeFor(claim));
  }
  const prepared = await prepare(pass, shape, running);
  if (!("observed" in prepared)) return prepared;
  const { facts, observed, unread } = prepared;
  const outdated = facts.claims.find((claim) => !isCurrent(claim));
  if (outdated !== undefined) throw new PassAborted(`what ${outdated.key} refers to has changed`);
  const done = noteOperation(pass, facts, running);
  const performed = await concludeAll(pass, { facts, observed, unread });
  if (performed.every(({ conclusion }) => conclusion.outcome.is !== "progressing")) pass.memory.sawBusy = false;
  return ownHostPass(pass, { facts, performed: performed.map((each) => withDone(each, done)), unread: new Set([...unread.keys()].map(({ key }) => key)), running: ofHost(running) });
}

type Data = Extract<Documents, { is: "read" }>["data"];

interface Prepared {
  readonly facts: ResourceFacts;
  readonly observed: Observed;
  /** Claims whose documents cannot be had, with what is said of them. */
  readonly unread: ReadonlyMap<Claim, Outcome>;
}

/** The facts of a pass, or the conclusions of one that could not get them. */
async function prepare(pass: Pass, shape: ResourceShape<Policies>, running: Polled | undefined): Promise<Prepared | readonly Conclusion[]> {
  const claims = resourceClaims(pass).map((claim) => (isWriteSeen(pass, running) ? asConfirmed(claim) : claim));
  const unread = new Map<Claim, Outcome>();
  const data = new Map<ObjectKey, Data>();
  for (const claim of claims.filter(({ mode }) => mode === "live" || mode === "observing")) {
    const documents = await documentsOf(claim, pass.world.kube);
    if (documents.is === "unread") unread.set(claim, documents.outcome);
    else data.set(claim.key, documents.data);
  }
  const makingFor = (claim: Claim) => makingOf(claim, data.get(claim.key) ?? new Map(), pass.world);
  const looking = lookingClaim(claims);
  const observation = await observeResource(pass, { shape, claim: looking, making: makingFor(looking) });
  if (observation.is === "failed") return endedAll(pass.claims, (claim) => outcomeOf(observation.failure, claim, "read the resource of"));
  if (observation.actual !== undefined && isBusy(observation.actual, pass.hosts.get(armIdType(pass.target))?.idleStates)) {
    pass.memory.sawBusy = true;
    return endedAll(pass.claims, busy);
  }
  const { actual, siblings, parentIncarnation } = observation;
  const row = pass.hosts.get(armIdType(pass.target));
  const facts: ResourceFacts = {
    shape,
    target: pass.target,
    actual,
    siblings,
    mark: actual === undefined ? undefined : ownerTagOf(actual),
    hiddenIn: (body) => (row === undefined ? [] : hiddenIn(row, body)),
    strangers: actual === undefined ? [] : strangersOn(pass, actual),
    parentIncarnation,
    claims,
    markFor: (claim) => markFor(claim, pass.world.policy.installationId),
    makingFor,
    keeps: (claim) => pass.footings.keeps(claim),
    keepsAsIs: (claim, have, steps) => pass.footings.keepsAsIs(claim, have, { making: makingFor(claim), steps }),
    protectorsOf: (claim) => pass.referrersOf(claim).filter((referrer) => isProtectedBy(claim, referrer)),
  };
  return { facts, observed: observation, unread };
}

/**
 * Whether the last write is known to have been taken: its operation ended, or one was seen to run after a restart, when the
 * operation itself was forgotten (DESIGN 2).
 */
function isWriteSeen(pass: Pass, running: Polled | undefined): boolean {
  return pass.memory.sawBusy || running?.is === "ended";
}

/** What is attached and no claim on the resource names or holds. */
function strangersOn(pass: Pass, actual: JsonObject): ResourceFacts["strangers"] {
  const entries = [...pass.claims, ...pass.others].map((claim) => hostClaimOf(pass, claim));
  const known = new Set(entries.flatMap((entry) => [...namedKeys(entry), ...heldKeys(entry.claim)]));
  return [...hostIdentityOf(actual).attached.keys()].filter((key) => !known.has(key));
}

/** The claims that declare the resource; others claim a share of the host that it is. */
function resourceClaims(pass: Pass): readonly Claim[] {
  return pass.claims.filter(({ kind }) => kind.shape.is === "resource");
}

/** In whose place the resource is looked at: who wants it sees more than who leaves. */
function lookingClaim(claims: readonly Claim[]): Claim {
  const ordered = claims.toSorted(bySeniority);
  const [first] = [...ordered.filter(({ mode }) => mode === "live"), ...ordered.filter(({ mode }) => mode === "observing"), ...ordered];
  if (first === undefined) throw new TypeError("a unit of a resource has a claim that declares it");
  return first;
}

async function concludeAll(pass: Pass, { facts, observed, unread }: Prepared): Promise<readonly Performed[]> {
  const owner = ownerOf(facts);
  const ordered = [...facts.claims.filter((claim) => claim === owner), ...facts.claims.filter((claim) => claim !== owner)];
  const performed: Performed[] = [];
  for (const claim of ordered) {
    const outcome = unread.get(claim);
    if (outcome !== undefined) performed.push(settled(ended(claim, outcome)));
    else performed.push(await performResource(pass, { facts, observed, claim, plan: decideResource(facts, claim) }));
  }
  return performed;
}

function ofHost(running: Polled | undefined): Polled | undefined {
  return running !== undefined && running.is !== "running" && running.what.is === "host" ? running : undefined;
}

/** What an operation that ended brought about is said once it is seen. */
function withDone({ conclusion, after }: Performed, done: Conclusion["done"]): Performed {
  const isSettled = conclusion.outcome.is === "ready" && conclusion.done.length === 0;
  return { conclusion: isSettled ? { ...conclusion, done } : conclusion, after };
}

function busy(claim: Claim): Outcome {
  const message = `another operation runs on the resource of ${claim.object.kind} ${claim.object.metadata.namespace}/${claim.object.metadata.name}: this object waits for its end`;
  return { is: "progressing", reason: "HostBusy", message, afterSeconds: 15 };
}
