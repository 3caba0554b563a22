import type { JsonObject } from "../api/json.ts";
import { isJsonObject } from "../api/json.ts";
import type { Holds } from "../api/shared.ts";
import type { Export } from "../kinds/kind.ts";
import type { Claim } from "./claim.ts";
import { tenantOf } from "./credential-choice.ts";
import type { Conclusion, Outcome } from "./outcome.ts";
import { type Pass, storeHolds } from "./pass.ts";
import type { ExportWrite } from "./ports.ts";

type Exported = NonNullable<Holds["exports"]>[number];

/**
 * Hands on what a settled object declares to hand on, and takes back what it no longer does or what an object that leaves had
 * handed on. What is handed on is recorded before it is written, like everything that an object holds.
 */
export async function exportAll(pass: Exporting, conclusions: readonly Conclusion[]): Promise<readonly Conclusion[]> {
  return Promise.all(conclusions.map((conclusion) => exportOne(pass, conclusion)));
}

type Exporting = Pick<Pass, "world">;

/** Who only observes hands nothing on: nobody could take it back, since it holds nothing. */
async function exportOne(pass: Exporting, conclusion: Conclusion): Promise<Conclusion> {
  const { claim, outcome } = conclusion;
  if (outcome.is === "released") return withdrawAll(pass, conclusion);
  if (claim.mode === "observing") return withdrawAll(pass, { ...conclusion, holds: undefined });
  if (outcome.is !== "ready" || claim.mode !== "live") return conclusion;
  const declared = exportsOf(conclusion);
  const held = heldExports(claim);
  if (declared.length === 0 && held.length === 0) return conclusion;
  const surplus = held.filter((each) => !declared.some((other) => isSame(each, other)));
  const recorded = await record(pass, conclusion, [...declared, ...surplus]);
  for (const each of surplus) {
    const answer = await pass.world.kube.withdrawExport(claim.object, each.kind, each.name);
    const problem = problemOf(answer);
    if (problem !== undefined) return { ...recorded, outcome: problem };
  }
  for (const each of declared) {
    const problem = problemOf(await write(pass, claim, each));
    if (problem !== undefined) return { ...recorded, outcome: problem };
  }
  return { ...recorded, holds: withExports(recorded.holds, declared) };
}

/** What an object has handed on, also beside a resource of somebody else. */
export function heldExports({ holds, foreign }: Claim): readonly Exported[] {
  return (holds ?? foreign)?.exports ?? [];
}

/** The values come from what the status is about to show. */
function exportsOf({ claim, shown }: Conclusion): readonly Export[] {
  if (claim.spec === undefined) return [];
  const status: JsonObject = { ...(isJsonObject(claim.object.status) ? claim.object.status : {}), ...shown };
  return claim.kind.exports?.(claim.spec, status, claim.surroundings) ?? [];
}

async function record(pass: Exporting, conclusion: Conclusion, exported: readonly Exported[]): Promise<Conclusion> {
  const { claim } = conclusion;
  const holds = withExports(conclusion.holds ?? foreignHolds(pass, claim), exported);
  const known = heldExports(claim);
  const isKnown = holds?.foreign === claim.foreign?.foreign && exported.every((each) => known.some((other) => isSame(each, other)));
  if (holds === undefined || isKnown) return { ...conclusion, holds };
  return { ...conclusion, claim: await storeHolds(pass, claim, { holds, reason: "Updating", message: "handing on ids" }), holds };
}

/** The record of what was handed on beside a resource that is somebody else's. */
function foreignHolds({ world }: Exporting, { target, credential = "" }: Claim): Holds {
  return { target: target ?? "", tenantId: tenantOf(credential, world.policy), credential, adopted: false, confirmed: false, foreign: true };
}

function write(pass: Exporting, claim: Claim, { kind, name, values }: Export): Promise<ExportWrite> {
  const { kube } = pass.world;
  return kind === "ConfigMap" ? kube.exportConfigMap(claim.object, name, values) : kube.exportServiceAccount(claim.object, name, values);
}

/**
 * An object leaves only after what it handed on was taken back, or where the operator may no longer do so: of a namespace that is
 * deleted the Roles may go before the objects. A ConfigMap is collected with its owner then; annotations stay, and an event says so.
 */
async function withdrawAll(pass: Exporting, conclusion: Conclusion): Promise<Conclusion> {
  const { claim } = conclusion;
  const { kube } = pass.world;
  for (const each of heldExports(claim)) {
    const answer = await kube.withdrawExport(claim.object, each.kind, each.name);
    if (answer.is === "forbidden") {
      await kube.record(claim.object, { type: "Warning", reason: "RefNotPermitted", action: "Delete", note: answer.message });
      continue;
    }
    const problem = problemOf(answer);
    if (problem !== undefined && problem.is !== "refused") return { ...conclusion, outcome: problem, holds: claim.holds ?? claim.foreign };
  }
  return conclusion;
}

/** What is said of an object whose export did not succeed; undefined when it did. Withdrawing finds nothing: that is success. */
function problemOf(answer: ExportWrite): Outcome | undefined {
  switch (answer.is) {
    case "written":
    case "unchanged":
      return undefined;
    case "conflict":
      return { is: "refused", reason: "ExportConflict", message: answer.message };
    case "forbidden":
      return { is: "waiting", reason: "RefNotPermitted", message: answer.message, polled: true };
    case "absent":
      return { is: "waiting", reason: "RefNotFound", message: answer.message, polled: true };
    case "failed":
      return { is: "unavailable", message: answer.message };
  }
}

function withExports(holds: Holds | undefined, exported: readonly Exported[]): Holds | undefined {
  if (holds === undefined) return undefined;
  const { exports: _exports, ...rest } = holds;
  if (exported.length === 0) return rest.foreign === true ? undefined : rest;
  return { ...rest, exports: exported.map(({ kind, name }) => ({ kind, name })) };
}

function isSame(left: Exported, right: Exported): boolean {
  return left.kind === right.kind && left.name === right.name;
}
