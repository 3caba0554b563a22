import { parentOf } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import { type Collection, type Making, type Part, PARTS, type Policies, type ResourceShape } from "../kinds/kind.ts";
import type { Claim } from "./claim.ts";
import { type Pass, requestOf } from "./pass.ts";
import type { AzureFailure, AzureRead } from "./ports.ts";
import { itemOf, type Listing } from "./snapshots.ts";

/** A resource as it was observed. */
export interface Observed {
  readonly is: "observed";
  /** With its parts; undefined when it does not exist. */
  readonly actual: JsonObject | undefined;
  readonly siblings: readonly JsonObject[];
  readonly parentIncarnation: string | undefined;
  /** How old the observation is, in milliseconds: siblings share one. */
  readonly ageMs: number;
  /** The collection in which it was observed. */
  readonly collection: Listing | undefined;
}

/** What was observed, or the failure that stood in the way. */
export type Observation = Observed | { readonly is: "failed"; readonly failure: AzureFailure };

/** Who looks at a resource, and with what. */
export interface Observer {
  readonly shape: ResourceShape<Policies>;
  /** The claim in whose place it is looked at: the senior one that is live, else the senior one. */
  readonly claim: Claim;
  readonly making: Making;
  /** Whether it is read by its own id, although its kind has a collection. */
  readonly isAlone?: boolean;
}

/** Observes a resource: by its own id, or in its collection, with what GET does not show and its spec needs. */
export async function observeResource(pass: Pass, observer: Observer): Promise<Observation> {
  const cached = cachedIncarnation(observer);
  const first = cached === undefined ? await parentIncarnation(pass, observer) : known(cached);
  if (first.is === "failed") return first;
  const looked = await look(pass, observer, first.incarnation);
  if (looked.is === "failed") return looked;
  const parent = cached === undefined || isEnough(pass, observer, { actual: looked.actual, cached }) ? first : await parentIncarnation(pass, observer);
  if (parent.is === "failed") return parent;
  const found = parent.incarnation === first.incarnation ? looked : await look(pass, observer, parent.incarnation);
  if (found.is === "failed") return found;
  const { actual } = found;
  const whole = actual === undefined ? undefined : await withParts(pass, observer, actual);
  if (whole?.is === "failed") return whole;
  return { ...found, is: "observed", actual: whole?.actual, parentIncarnation: parent.incarnation };
}

type Looked = Omit<Observed, "is" | "parentIncarnation">;

type Look = ({ readonly is: "found" } & Looked) | Extract<Observation, { is: "failed" }>;

/** `incarnation`: of the parent, so that what was seen below an earlier one of its name does not count for it. */
async function look(pass: Pass, observer: Observer, incarnation: string | undefined): Promise<Look> {
  const listed = listedIn(pass, observer);
  if (listed === undefined) return lookAlone(pass, observer);
  const { claim, shape } = observer;
  const collection = { ...listed, incarnation };
  const snapshot = await pass.snapshots.items(collection, pass.listedAfter, requestOf(pass, shape.apiVersion));
  if (snapshot.is === "failed") return snapshot;
  const items = snapshot.is === "found" ? snapshot.items : [];
  const actual = itemOf(items, pass.target);
  // A list can lag: what leaves is gone only when Azure says so of itself.
  if (actual === undefined && claim.mode === "leaving") return lookAlone(pass, observer);
  // Without its parent there is nothing to list; the write will say what is missing.
  if (snapshot.is === "absent") return { is: "found", actual: undefined, siblings: [], ageMs: 0, collection };
  return { is: "found", actual, siblings: items.filter((item) => item !== actual), ageMs: snapshot.ageMs, collection };
}

async function lookAlone(pass: Pass, { shape }: Observer): Promise<Look> {
  const read = await pass.world.azure.read(pass.target, requestOf(pass, shape.apiVersion));
  return read.is === "failed" ? read : { is: "found", actual: bodyOf(read), siblings: [], ageMs: 0, collection: undefined };
}

/**
 * The collection in which it is observed; undefined when it is read by its own id. Who leaves does that, unless siblings share a
 * list and what is held is confirmed, so that it is ours whatever it says by now.
 */
function listedIn(pass: Pass, { shape, claim, making, isAlone }: Observer): Collection | undefined {
  if (isAlone === true || claim.spec === undefined) return undefined;
  const collection = shape.collection?.(pass.target, claim.spec, making);
  const isShared = collection !== undefined && collection.maxAgeSeconds > 0;
  return claim.mode === "leaving" && !(isShared && claim.holds?.confirmed === true) ? undefined : collection;
}

type Incarnation = { readonly is: "known"; readonly incarnation: string | undefined };

function known(incarnation: string | undefined): Incarnation {
  return { is: "known", incarnation: incarnation?.toLowerCase() };
}

/** What the parent's object says. Who leaves asks Azure itself: what it deletes must be below the parent that it was made below. */
function cachedIncarnation({ shape, claim }: Observer): string | undefined {
  return claim.spec === undefined || claim.mode === "leaving" ? undefined : shape.parent?.cached(claim.spec, claim.surroundings);
}

/**
 * Whether what the parent's object says is enough. It can be older than a parent that was made again: then what is held is gone, or
 * a stranger's stands in its place, and nothing of it may be written before Azure said which parent it is.
 */
function isEnough(pass: Pass, { shape, claim, making }: Observer, { actual, cached }: { readonly actual: JsonObject | undefined; readonly cached: string }): boolean {
  const { holds, spec } = claim;
  // Somebody else's look serves who leaves, too.
  if (pass.claims.some((each) => each.mode === "leaving" && each.holds !== undefined)) return false;
  if (spec === undefined || claim.mode === "observing") return true;
  if (holds === undefined) return actual === undefined || spec.adoptionPolicy === "Never";
  return holds.parentPrincipalId?.toLowerCase() === cached.toLowerCase() && actual !== undefined && shape.differences(spec, actual, making).length === 0;
}

async function parentIncarnation(pass: Pass, { shape }: Observer): Promise<Incarnation | Extract<Observation, { is: "failed" }>> {
  const { parent } = shape;
  const parentId = parentOf(pass.target);
  if (parent === undefined || parentId === undefined) return known(undefined);
  const read = await pass.world.azure.read(parentId, requestOf(pass, parent.apiVersion));
  if (read.is === "failed") return read;
  const body = bodyOf(read);
  return known(body === undefined ? undefined : parent.incarnation(body));
}

/** A resource with its parts, or the failure that stood in the way. */
export type WithParts = { readonly is: "observed"; readonly actual: JsonObject } | Extract<Observation, { is: "failed" }>;

/** Reads what GET of a resource does not show and the spec of the claim needs, and puts it under {@link PARTS}. */
export async function withParts(pass: Pass, { shape, claim }: Pick<Observer, "shape" | "claim">, body: JsonObject): Promise<WithParts> {
  const parts = claim.spec === undefined || claim.mode === "leaving" ? [] : (shape.parts?.(claim.spec, claim.surroundings) ?? []);
  if (parts.length === 0) return { is: "observed", actual: body };
  const reads = await Promise.all(parts.map((part) => readPart(pass, shape, part)));
  const failed = reads.find((read) => read.is === "failed");
  if (failed !== undefined) return failed;
  const shown = parts.map((part, index) => [part.name, bodyOf(reads[index] ?? ABSENT)] as const);
  return { is: "observed", actual: { ...body, [PARTS]: Object.fromEntries(shown) } };
}

/** A body as Azure itself shows it. Its parts hold secrets, and no write of the body may carry them. */
export function withoutParts({ [PARTS]: _parts, ...body }: JsonObject): JsonObject {
  return body;
}

async function readPart(pass: Pass, { apiVersion }: ResourceShape<Policies>, { path, action, elsewhere }: Part): Promise<AzureRead> {
  if (elsewhere !== undefined) return readElsewhere(pass, elsewhere);
  const id = pathBelow(pass, path);
  const request = requestOf(pass, apiVersion);
  return action === undefined ? pass.world.azure.read(id, request) : pass.world.azure.readAction(id, action, request);
}

/** What is only spoken of must not stand in the way: it may lie where the credential cannot read. */
async function readElsewhere(pass: Pass, { id, apiVersion }: NonNullable<Part["elsewhere"]>): Promise<AzureRead> {
  const read = await pass.world.azure.read(id, requestOf(pass, apiVersion));
  return read.is === "failed" ? ABSENT : read;
}

/** The id of what is below the target; the path is the kind's own. */
export function pathBelow({ target }: Pick<Pass, "target">, path: string): Pass["target"] {
  return (path === "" ? target : `${target}/${path}`) as Pass["target"];
}

const ABSENT: AzureRead = { is: "absent", code: "NotFound" };

function bodyOf(read: AzureRead): JsonObject | undefined {
  return read.is === "found" ? read.body : undefined;
}
