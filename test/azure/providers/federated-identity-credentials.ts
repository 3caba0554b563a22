import { keyOf, lowerGroupsText, nameOf, parentOf, textOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import { pass } from "../kernel/clock.ts";
import type { Answer } from "../kernel/errors.ts";
import { providerError } from "../kernel/errors.ts";
import { parentNotFound } from "../kernel/gateway-checks.ts";
import { USER_ASSIGNED_TYPE } from "../kernel/requested-identity.ts";
import { isObject, sameJson, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { regionName } from "../kernel/regions.ts";
import type { Call, ResourceType } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { federatedCredentialRates } from "./federated-credential-rates.ts";

export const FEDERATED_TYPE = `${USER_ASSIGNED_TYPE}/federatedIdentityCredentials`;

const MOST_PER_IDENTITY = 20;
const LONGEST_VALUE = 600;

/** Federated identity credentials (arm.md 4). Writes under one identity exclude each other while they are in flight. */
export function federatedIdentityCredentials(): ResourceType {
  const inFlight = new Set<string>();
  return {
    type: FEDERATED_TYPE,
    apiVersions: [
      "2022-01-31-preview",
      "2023-01-31",
      "2023-07-31-preview",
      "2024-11-30",
      "2025-01-31-preview",
      "2025-05-31-preview",
      "2026-04-30",
      "2026-05-31",
    ],
    name: { pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$/, says: "3 to 120 letters, digits, '-' or '_', beginning with a letter or digit" },
    show,
    notFound: (id) => providerError(404, { code: "NotFound", message: `The resource '${lowerGroupsText(id)}' was not found.` }),
    put: (call) => serially(inFlight, call, () => put(call)),
    delete: (call) => serially(inFlight, call, () => remove(call)),
    lists: ["parent"],
    admit: federatedCredentialRates(),
  };
}

/** Runs one write under an identity; a second one that comes while it is in flight is refused. */
function serially(inFlight: Set<string>, call: Call, write: () => Answer): Answer | Promise<Answer> {
  const identity = identityOf(call.id);
  if (inFlight.has(keyOf(identity))) throw concurrentWrites(identity);
  const seconds = call.world.durationSeconds(FEDERATED_TYPE);
  if (seconds === 0) return write();
  inFlight.add(keyOf(identity));
  return pass(call.world.clock, seconds * 1000)
    .then(write)
    .finally(() => inFlight.delete(keyOf(identity)));
}

function identityOf(credential: ResourceId): ResourceId {
  return parentOf(credential) ?? credential;
}

function concurrentWrites(identity: ResourceId): Error {
  return providerError(409, {
    code: "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
    message: `Federated identity credentials of one managed identity cannot be written concurrently: '${keyOf(identity)}'.`,
  });
}

function put(call: Call): Answer {
  const { world, id } = call;
  const identity = world.store.get(identityOf(id));
  if (!identity) throw parentNotFound(call.type, identityOf(id), "write");
  checkRegion(world, identity);
  const existing = world.store.get(id);
  const properties = validProperties(call.body);
  const siblings = world.store.list(FEDERATED_TYPE, textOf(identityOf(id))).filter((one) => keyOf(one.id) !== keyOf(id));
  checkUnique(world, siblings, properties);
  if (!existing && siblings.length >= MOST_PER_IDENTITY) throw tooMany(world);
  const stored = world.store.set({
    ...(existing ?? blankResource(id, undefined)),
    properties,
    hidden: { writtenAtMs: world.clock.now() },
  });
  const answer = { status: existing ? 200 : 201, body: show(stored) };
  return existing ? answer : { ...answer, headers: { location: lowerGroupsText(id) } };
}

function checkRegion({ settings }: World, { location = "" }: Resource): void {
  if (!settings.regionsWithoutFederatedCredentials.some((region) => regionName(region) === location)) return;
  const message = `Federated identity credentials are not supported on user assigned identities in '${location}'.`;
  throw providerError(405, { code: "MethodNotAllowed", message });
}

function remove(call: Call): Answer {
  return { status: call.world.store.delete(call.id) ? 200 : 204 };
}

function show(credential: Resource): JsonObject {
  return {
    id: lowerGroupsText(credential.id),
    name: nameOf(credential.id),
    type: FEDERATED_TYPE,
    properties: credential.properties,
  };
}

function validProperties(body: JsonObject): JsonObject {
  const properties = body["properties"];
  if (!isObject(properties)) throw badRequest("The properties of the federated identity credential are missing.");
  const issuer = bounded(properties, "issuer");
  const subject = bounded(properties, "subject");
  const audiences = properties["audiences"];
  if (!Array.isArray(audiences) || audiences.length !== 1) throw badRequest("Exactly one audience has to be given in 'audiences'.");
  const [audience] = audiences as readonly unknown[];
  if (typeof audience !== "string" || audience === "" || audience.length > LONGEST_VALUE)
    throw badRequest("The audience is empty or too long.");
  return { issuer, subject, audiences: [audience] };
}

function bounded(properties: JsonObject, member: string): string {
  const value = textAt(properties, member);
  if (value === undefined || value === "") throw badRequest(`The property '${member}' must not be empty.`);
  if (value.length > LONGEST_VALUE) throw badRequest(`The property '${member}' is longer than ${LONGEST_VALUE} characters.`);
  return value;
}

function badRequest(message: string): Error {
  return providerError(400, { code: "BadRequest", message });
}

function checkUnique(world: World, siblings: readonly Resource[], properties: JsonObject): void {
  const pair = (one: JsonObject): JsonObject => ({ issuer: one["issuer"], subject: one["subject"] });
  if (!siblings.some((one) => sameJson(pair(one.properties), pair(properties)))) return;
  throw providerError(world.switches.federatedDuplicateStatus, {
    code: "Conflict",
    message: "Issuer and subject combination already exists for this Managed Identity.",
  });
}

function tooMany(world: World): Error {
  return providerError(world.switches.federatedLimitStatus, {
    code: "BadRequest",
    message: `A managed identity can have a maximum of ${MOST_PER_IDENTITY} federated identity credentials.`,
  });
}
