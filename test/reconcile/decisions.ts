import { expect } from "vitest";
import { decideHost } from "../../src/reconcile/decide-host.ts";
import type { HostFacts } from "../../src/reconcile/host-facts.ts";
import { recordsOf } from "../../src/reconcile/host-holds.ts";
import { namesOf, POLICY } from "./hosts.ts";

/** One row of a table about decisions. */
export interface DecisionRow {
  readonly name: string;
  readonly facts: HostFacts;
  /** What is attached and detached; undefined when nothing is to be written. */
  readonly change?: { readonly attach?: readonly string[]; readonly detach?: readonly string[]; readonly system?: boolean };
  /** Reasons by claim, in the order of the facts. */
  readonly problems?: readonly (readonly string[])[];
  /** Names that each claim holds afterwards (before the write, when there is one). */
  readonly holds?: readonly (readonly string[] | undefined)[];
}

/** Checks that the decision about a host is what the row says. */
export function checkDecision({ facts, change, problems, holds }: DecisionRow): void {
  const decision = decideHost(facts);
  const isOn = facts.identity.systemAssigned !== undefined;
  const want = change === undefined ? undefined : { attach: namesOf(change.attach ?? []), detach: namesOf(change.detach ?? []), system: change.system ?? isOn };
  const made = decision.change;
  expect(made === undefined ? undefined : { attach: namesOf(made.attach), detach: namesOf(made.detach), system: made.systemAssigned }).toEqual(want);
  if (problems !== undefined) expect(facts.claims.map((entry) => (decision.problems.get(entry) ?? []).map(({ reason }) => reason))).toEqual(problems);
  if (holds === undefined) return;
  const records = recordsOf(facts, decision, POLICY.tenantId);
  const held = facts.claims.map((entry) => records.get(entry)?.holds?.userAssigned?.map(({ resourceId }) => resourceId));
  expect(held.map((ids) => (ids === undefined ? undefined : namesOf(ids)))).toEqual(holds);
}
