import { armIdKey, type ArmId, type ArmIdKey, parseArmId } from "../api/arm-id.ts";
import { ACCOUNT_NAME, accountSubject, CLEANUP_CREDENTIAL, parseCredential, SHARED_CREDENTIAL } from "../api/credential.ts";
import { type JsonObject, stringAt } from "../api/json.ts";
import type { Footing, Making, Step } from "../kinds/kind.ts";
import { type Claim, targetKey, type UnitKey } from "./claim.ts";
import type { CredentialPort } from "./credential-port.ts";
import type { Policy } from "./ports.ts";
import type { Refusal } from "./refusal.ts";
import { credentialsOf, type Units } from "./units.ts";

/** What of a host's identity a credential in use stands on. */
export interface HostFooting {
  readonly userAssigned: ReadonlySet<ArmIdKey>;
  readonly systemAssigned: boolean;
}

/** A credential in use, and what it stands on. */
interface Standing {
  readonly name: string;
  readonly footing: Footing;
  /** The host on which the tokens of a managed identity are asked for. */
  readonly hostKey: ArmIdKey | undefined;
}

/** Where a host that is a credential's footing comes among what goes: after all that has no order of its own. */
const HOST_ORDER = 2;

/**
 * The identity, federated credential, grants and host on which any credential in use depends: they are never deleted, detached or
 * narrowed, and go last with their namespace (DESIGN 1 and 6). Everything is known from memory; nothing is asked.
 */
export class Footings {
  readonly #units: Units;
  readonly #credentials: CredentialPort;
  readonly #policy: Policy;

  constructor(units: Units, { credentials, policy }: { readonly credentials: CredentialPort; readonly policy: Policy }) {
    this.#units = units;
    this.#credentials = credentials;
    this.#policy = policy;
  }

  /** Why what a claim holds must not be deleted yet; undefined when it may. */
  keeps(claim: Claim): Refusal | undefined {
    if (claim.kind.shape.is !== "resource") return undefined;
    // Of what carries no credential itself, only the host on which the operator signs in is one's footing.
    const names = claim.kind.carrying === undefined ? this.#operators() : this.#names();
    for (const standing of names.map((name) => this.#standing(name))) {
      if (orderOn(claim, standing) === undefined) continue;
      const users = this.#usersBefore(claim, standing);
      if (this.#isOperators(standing.name) || users.length > 0) return inUse(claim, standing, users);
    }
    return undefined;
  }

  /** Why what is declared must not be written: it would take from what a credential in use stands on. */
  keepsAsIs(claim: Claim, have: JsonObject, writing: { readonly making: Making; readonly steps: readonly Step[] }): Refusal | undefined {
    const { spec, kind } = claim;
    if (spec === undefined) return undefined;
    const again = writing.steps.some(({ method }) => method === "DELETE");
    for (const standing of this.#names().map((name) => this.#standing(name))) {
      if (orderOn(claim, standing) === undefined) continue;
      const narrows = again || kind.carrying?.narrows?.(spec, have, { making: writing.making, footing: standing.footing }) === true;
      if (narrows) return inUse(claim, standing, this.#usersOf(standing.name));
    }
    return undefined;
  }

  /** Units of what waits for an object to be gone, because it carries the credential of both. */
  waitingFor(gone: Claim): readonly UnitKey[] {
    const names = credentialsOf(gone).filter((name) => parseCredential(name)?.account !== undefined);
    const users = names.flatMap((name) => this.#units.withCredential(name));
    return users.filter(({ kind, deleting }) => deleting && kind.carrying !== undefined).map(({ unit }) => unit);
  }

  /** What of the identity of a host the credentials in use stand on. */
  ofHost(target: ArmId): HostFooting {
    // Only a managed identity is asked for on a host, and only the operator can sign in by one.
    const here = this.#operators().map((name) => this.#standing(name)).filter(({ hostKey }) => hostKey === armIdKey(target));
    const keys = here.flatMap(({ footing }) => footing.identityKey ?? []);
    return { userAssigned: new Set(keys), systemAssigned: keys.includes(armIdKey(target)) };
  }

  #names(): readonly string[] {
    return [...new Set([...this.#operators(), ...this.#units.credentials()])];
  }

  #operators(): readonly string[] {
    return [SHARED_CREDENTIAL, CLEANUP_CREDENTIAL].filter((name) => this.#isOperators(name));
  }

  #standing(name: string): Standing {
    const { principalId, clientId, resourceId, hostId, subject } = this.#credentials.claims(name) ?? {};
    const account = parseCredential(name)?.account;
    const application = (account?.clientId ?? clientId)?.toLowerCase();
    const isKnown = application === undefined || (principalId !== undefined && resourceId !== undefined);
    const declared = isKnown ? undefined : this.#declared(application);
    return {
      name,
      footing: {
        clientId: application,
        principalId: (principalId ?? stringAt(declared?.object.status, "principalId"))?.toLowerCase(),
        identityKey: keyOf(resourceId) ?? (declared === undefined ? undefined : targetKey(declared)),
        subject: account === undefined ? subject : accountSubject(account.namespace),
      },
      hostKey: keyOf(hostId),
    };
  }

  /** The object that declares the identity of an application, if one does. */
  #declared(clientId: string): Claim | undefined {
    return [...this.#units.all()].find(({ object }) => stringAt(object.status, "clientId")?.toLowerCase() === clientId);
  }

  /** Whether it is the operator itself that signs in: it does so as long as it runs. */
  #isOperators(name: string): boolean {
    const { sharedNamespaces, cleanup } = this.#policy;
    if (name === CLEANUP_CREDENTIAL) return cleanup !== undefined && cleanup.accountNamespace === undefined;
    return name === SHARED_CREDENTIAL && [...sharedNamespaces.values()].some(({ accountNamespace }) => accountNamespace === undefined);
  }

  #usersOf(name: string): readonly Claim[] {
    return this.#units.withCredential(name);
  }

  /** Who still needs the credential before a claim may go: what lives, and what leaves and comes before it. */
  #usersBefore(claim: Claim, standing: Standing): readonly Claim[] {
    const order = orderOn(claim, standing) ?? 0;
    return this.#usersOf(standing.name).filter((user) => {
      if (user.key === claim.key) return false;
      return user.deleting ? user.holds !== undefined && !user.retain && (orderOn(user, standing) ?? 0) < order : user.mode !== "observing" || user.holds !== undefined;
    });
  }
}

/** In which order what a claim holds goes among what a credential stands on; undefined when it does not stand on it. */
function orderOn({ kind, holds, object, target }: Claim, { footing, hostKey }: Standing): number | undefined {
  if (holds === undefined || target === undefined) return undefined;
  if (kind.shape.is === "resource" && hostKey === armIdKey(target)) return HOST_ORDER;
  const { carrying } = kind;
  return carrying?.carries({ status: object.status, target }, footing) === true ? carrying.order : undefined;
}

function inUse(claim: Claim, { name }: Standing, users: readonly Claim[]): Refusal {
  const account = parseCredential(name)?.account;
  const isNear = account !== undefined && account.namespace === claim.object.metadata.namespace;
  const who = account === undefined ? "the operator itself signs in" : isNear ? `ServiceAccount ${account.namespace}/${ACCOUNT_NAME} signs in` : "a credential that is in use signs in";
  const whose = account === undefined ? "" : `, and ${users.length} ${users.length === 1 ? "object needs" : "objects need"} that`;
  const way = account === undefined ? "set deletionPolicy to Retain" : "it goes after them; or set deletionPolicy to Retain";
  return { reason: "InUseByCredential", message: `${who} by what this object holds${whose}: ${way} to leave it in Azure as it is`, waits: true };
}

function keyOf(id: string | undefined): ArmIdKey | undefined {
  const parsed = parseArmId(id ?? "");
  return parsed.ok ? armIdKey(parsed.id) : undefined;
}
