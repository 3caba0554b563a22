import type { JsonObject } from "../api/json.ts";
import { titleOf } from "../api/object.ts";
import { ownerTagOf } from "../api/owner-tag.ts";
import type { Making, Policies, ResourceShape } from "../kinds/kind.ts";
import type { Claim } from "./claim.ts";
import { decideResource, ownerOf, type ResourceFacts } from "./decide-resource.ts";
import { outcomeOf } from "./failures.ts";
import { markFor } from "./mark.ts";
import type { Conclusion, Outcome } from "./outcome.ts";
import { isBusy, type Pass, requestOf } from "./pass.ts";
import { isProtectedBy } from "./references.ts";
import { endedAll, endedWithoutAzure, needsNoAzure } from "./ending.ts";
import { performResource } from "./resource-perform.ts";
import { pollRunning } from "./running.ts";

/** One pass over a resource of ours: observe once, decide for every claim, write for the one that owns it. */
export async function resourcePass(pass: Pass, shape: ResourceShape<Policies>): Promise<readonly Conclusion[]> {
  if (pass.claims.every(needsNoAzure)) return pass.claims.map(endedWithoutAzure);
  const running = await pollRunning(pass);
  if (running !== undefined && running.is !== "ended") return endedAll(pass.claims, (claim) => running.outcomeFor(claim));
  const read = await pass.world.azure.read(pass.target, requestOf(pass, shape.apiVersion));
  if (read.is === "failed") return endedAll(pass.claims, (claim) => outcomeOf(read.failure, claim, "read the resource of"));
  const actual = read.is === "found" ? read.body : undefined;
  if (actual !== undefined && isBusy(actual)) return endedAll(pass.claims, busy);
  return concludeAll(pass, factsOf(pass, shape, actual));
}

/** Facts of a pass over a resource. */
function factsOf(pass: Pass, shape: ResourceShape<Policies>, actual: JsonObject | undefined): ResourceFacts {
  return {
    shape,
    actual,
    mark: actual === undefined ? undefined : ownerTagOf(actual),
    claims: pass.claims,
    markFor: (claim) => markFor(claim, pass.world.policy.installationId),
    protectorsOf: (claim) => pass.referrersOf(claim).filter((referrer) => isProtectedBy(claim, referrer)),
  };
}

/** What the bodies of a claim are made from. The location is empty when none is declared. */
function makingOf(pass: Pass, shape: ResourceShape<Policies>, claim: Claim): Making {
  const location = claim.spec === undefined ? undefined : shape.location(claim.spec, claim.defaults);
  const mark = markFor(claim, pass.world.policy.installationId);
  return { mark, location: location ?? "", heldTagKeys: claim.holds?.tagKeys ?? [] };
}

async function concludeAll(pass: Pass, facts: ResourceFacts): Promise<readonly Conclusion[]> {
  const owner = ownerOf(facts);
  const rest = pass.claims.filter((claim) => claim !== owner);
  const first = owner === undefined ? [] : [await concludeOne(pass, facts, owner)];
  const others: Conclusion[] = [];
  for (const claim of rest) others.push(await concludeOne(pass, facts, claim));
  return [...first, ...others];
}

async function concludeOne(pass: Pass, facts: ResourceFacts, claim: Claim): Promise<Conclusion> {
  const making = makingOf(pass, facts.shape, claim);
  const plan = decideResource(facts, claim, making);
  return performResource(pass, { facts, claim, making, plan });
}

function busy(claim: Claim): Outcome {
  const message = `another operation runs on the resource of ${titleOf(claim.object)}: this object waits for its end`;
  return { is: "progressing", reason: "HostBusy", message, afterSeconds: 15 };
}
