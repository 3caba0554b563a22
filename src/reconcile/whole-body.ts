import { armIdKey, type ArmId, type ArmIdKey } from "../api/arm-id.ts";
import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { HostRow } from "../kinds/host-row.ts";
import { valuesAt, withValue } from "./body-paths.ts";
import { IDENTITY_API_VERSION } from "./culprits.ts";
import { hiddenIn } from "./host-body.ts";
import type { HostFacts } from "./host-facts.ts";
import { withPrimary } from "./host-primary.ts";
import { type HostIdentity, type IdentityChange, putBody } from "./host-identity.ts";
import { type Pass, requestOf } from "./pass.ts";
import type { AzureFailure } from "./ports.ts";

/** A body that may be written back, or why there is none: paths of values that it would lose, or a read that failed. */
export type Whole =
  | { readonly is: "ready"; readonly body: JsonObject }
  | { readonly is: "lossy"; readonly paths: readonly string[] }
  | { readonly is: "failed"; readonly failure: AzureFailure };

/** What a write of the whole host is made from. */
export interface WholeWrite {
  readonly facts: HostFacts;
  readonly change: IdentityChange;
  /** The fresh raw GET. */
  readonly body: JsonObject;
}

/** The fresh GET as it is written back: with the new identity block, and with what GET hides where a POST shows it. */
export async function wholeBody(pass: Pass, { facts, change, body }: WholeWrite, block: JsonObject): Promise<Whole> {
  const { row, identity } = facts;
  // Who declares the host gives what Azure hides.
  const completed = await completedBody(pass, row, facts.withHidden?.(body) ?? body);
  if (completed.is !== "ready") return completed;
  const listed = row.principals === undefined ? completed.body : withPrincipals(completed.body, row.principals, { identity, change, attached: await attachedPrincipals(pass, facts, change.attach) });
  return { is: "ready", body: withPrimary(facts, change, putBody(listed, block)) };
}

async function completedBody(pass: Pass, row: HostRow, body: JsonObject): Promise<Whole> {
  const hidden = hiddenIn(row, body);
  if (hidden.length === 0) return { is: "ready", body };
  if (row.secrets === undefined) return { is: "lossy", paths: hidden };
  const answer = await pass.world.azure.readAction(pass.target, row.secrets.action, requestOf(pass, row.apiVersion));
  if (answer.is === "failed") return answer;
  const completed = answer.is === "found" ? withSecrets(body, row.secrets.at, { hidden, answer: answer.body }) : body;
  const left = hiddenIn(row, completed);
  return left.length === 0 ? { is: "ready", body: completed } : { is: "lossy", paths: left };
}

/** The entries of a list with their values from the answer of listSecrets, by name. They go nowhere but into the request. */
function withSecrets(body: JsonObject, path: string, { hidden, answer }: { readonly hidden: readonly string[]; readonly answer: JsonObject }): JsonObject {
  const values = new Map(valuesAt(answer, "value[]").map(({ value }) => [stringAt(value, "name"), stringAt(value, "value")]));
  const entries = valuesAt(body, `${path}[]`).map((entry) => (hidden.includes(`${entry.path}.value`) ? completedEntry(entry.value, values) : entry.value));
  return withValue(body, path, entries);
}

function completedEntry(entry: Json, values: ReadonlyMap<string | undefined, string | undefined>): Json {
  const value = values.get(stringAt(entry, "name"));
  return isJsonObject(entry) && value !== undefined ? { ...entry, value } : entry;
}

interface Principals {
  readonly identity: HostIdentity;
  readonly change: IdentityChange;
  readonly attached: ReadonlyMap<ArmId, string>;
}

/** The second place in which some hosts keep their identities: it names each by its principal (arm.md 12). */
function withPrincipals(body: JsonObject, path: string, { identity, change, attached }: Principals): JsonObject {
  const gone = new Set<string | undefined>(change.detach.map((key) => identity.attached.get(key)?.principalId));
  const listed = valuesAt(body, `${path}[]`);
  const stays = listed.flatMap(({ value }) => (gone.has(stringAt(value, "principalId")) ? [] : [value]));
  const known = new Set(stays.map((value) => stringAt(value, "principalId")));
  const added = [...attached].filter(([, principalId]) => !known.has(principalId));
  if (added.length === 0 && stays.length === listed.length) return body;
  return withValue(body, path, [...stays, ...added.map(([id, principalId]) => ({ name: id.split("/").at(-1) ?? "", principalId }))]);
}

/** Principals of what is about to be attached: from the objects that stand for it, else from Azure. */
async function attachedPrincipals(pass: Pass, { claims }: HostFacts, attach: readonly ArmId[]): Promise<ReadonlyMap<ArmId, string>> {
  const wants = claims.flatMap((entry) => entry.wants);
  const expected = new Map<ArmIdKey, string | undefined>(wants.flatMap((want) => (want.is === "resolved" ? [[armIdKey(want.id), want.expected?.principalId] as const] : [])));
  const found = await Promise.all(attach.map(async (id) => [id, expected.get(armIdKey(id)) ?? (await principalOf(pass, id))] as const));
  return new Map(found.flatMap(([id, principalId]) => (principalId === undefined ? [] : [[id, principalId] as const])));
}

async function principalOf(pass: Pass, id: ArmId): Promise<string | undefined> {
  const read = await pass.world.azure.read(id, requestOf(pass, IDENTITY_API_VERSION));
  return read.is === "found" ? stringAt(objectAt(read.body, "properties"), "principalId") : undefined;
}
