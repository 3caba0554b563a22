import { type ArmId, armIdKey } from "../api/arm-id.ts";
import { sourceOf } from "../api/credential.ts";
import { isJsonObject, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { AzureRead, AzureRequest, AzureWrite, HeldResource } from "./contract.ts";

/** What of Azure the guard stands before. */
interface Guarded {
  read(id: ArmId, request: AzureRequest): Promise<AzureRead>;
  put(id: ArmId, body: JsonObject, request: AzureRequest): Promise<AzureWrite>;
  patch(id: ArmId, body: JsonObject, request: AzureRequest): Promise<AzureWrite>;
  delete(id: ArmId, request: AzureRequest): Promise<AzureWrite>;
  readAction(id: ArmId, action: string, request: AzureRequest): Promise<AzureRead>;
  act(id: ArmId, action: string, body: JsonObject, request: AzureRequest): Promise<AzureWrite>;
}

/**
 * Azure, in which a clean-up credential can only read, delete what is held, and detach what is held from a host (DESIGN 2 and 6).
 * It goes by what a request would change, looked at afresh, and not by who asks: whatever else is asked is refused here.
 */
export function guardCleanup<Azure extends Guarded>(azure: Azure): Azure {
  const isCleanup = ({ credential }: AzureRequest): boolean => sourceOf(credential) === "Cleanup";
  const change = async (id: ArmId, body: JsonObject, { request, make }: Changing): Promise<AzureWrite> => {
    if (!isCleanup(request)) return make();
    const held = heldAt(id, request);
    const read = held === undefined ? undefined : await azure.read(id, { apiVersion: request.apiVersion, credential: request.credential, signal: request.signal });
    if (held === undefined || read === undefined) return refused(id);
    if (read.is !== "found") return read;
    return isDetach(body, read.body, held) ? make() : refused(id);
  };
  return {
    ...azure,
    put: (id, body, request) => change(id, body, { request, make: () => azure.put(id, body, request) }),
    patch: (id, body, request) => change(id, body, { request, make: () => azure.patch(id, body, request) }),
    delete: async (id, request) => (!isCleanup(request) || heldAt(id, request)?.isWhole === true ? azure.delete(id, request) : refused(id)),
    readAction: async (id, action, request) => (isCleanup(request) ? refused(id) : azure.readAction(id, action, request)),
    act: async (id, action, body, request) => (isCleanup(request) ? refused(id) : azure.act(id, action, body, request)),
  };
}

interface Changing {
  readonly request: AzureRequest;
  readonly make: () => Promise<AzureWrite>;
}

type Refused = Extract<AzureRead, { is: "failed" }>;

function refused(id: ArmId): Refused {
  const message = `the clean-up credential may only read, delete and detach what is held, and this would do something else to ${id}`;
  return { is: "failed", failure: { class: "invalid", code: "CredentialGone", message } };
}

function heldAt(id: ArmId, { held = [] }: AzureRequest): HeldResource | undefined {
  return held.find((each) => armIdKey(each.id) === armIdKey(id));
}

/** Whether a body takes from a resource nothing but identities that are held, and adds nothing. */
function isDetach(body: JsonObject, current: JsonObject, held: HeldResource): boolean {
  const { identity, ...rest } = body;
  return isJsonObject(identity) && isPartOf(rest, current) && isNarrower(identity, objectAt(current, "identity") ?? {}, held);
}

function isNarrower(identity: JsonObject, current: JsonObject, held: HeldResource): boolean {
  const had = keysOf(current);
  const named = keysOf(identity);
  const isHeld = (key: string): boolean => held.userAssigned.some((id) => armIdKey(id) === key);
  const kept = [...named].filter(([, value]) => value !== null).map(([key]) => key);
  const taken = [...named].filter(([, value]) => value === null).map(([key]) => key);
  // A body that names only what goes is a delta; any other one is the whole, from which what is missing goes as well.
  const isDelta = kept.length === 0 && taken.length > 0 && /userassigned/i.test(stringAt(identity, "type") ?? "");
  const gone = isDelta ? taken : [...had.keys()].filter((key) => !kept.includes(key));
  return kept.every((key) => had.has(key)) && [...taken, ...gone].every(isHeld) && keepsSystemAssigned(identity, current, held);
}

function keepsSystemAssigned(identity: JsonObject, current: JsonObject, held: HeldResource): boolean {
  const [has, had] = [identity, current].map((block) => /systemassigned/i.test(stringAt(block, "type") ?? ""));
  return has === had || (had === true && held.systemAssigned);
}

function keysOf(identity: JsonObject): ReadonlyMap<string, unknown> {
  const entries = Object.entries(objectAt(identity, "userAssignedIdentities") ?? {});
  return new Map(entries.map(([key, value]) => [key.toLowerCase(), value]));
}

/** Whether everything that a value says is said by another one, too. */
function isPartOf(value: unknown, whole: unknown): boolean {
  if (isJsonObject(value)) return isJsonObject(whole) && Object.entries(value).every(([key, member]) => isPartOf(member, whole[key]));
  return JSON.stringify(value) === JSON.stringify(whole);
}
