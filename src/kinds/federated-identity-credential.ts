import { type ArmId, armIdKey, childId, parentOf, parseArmId } from "../api/arm-id.ts";
import {
  FEDERATED_IDENTITY_CREDENTIAL_NAME_PATTERN,
  type FederatedIdentityCredentialSpec,
  federatedIdentityCredentialSpec,
} from "../api/federated-identity-credential.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import { FEDERATED_IDENTITY_CREDENTIAL } from "../api/resources.ts";
import { exported, idsOf } from "./exported.ts";
import type { Asked, Difference, Footing, Kind, Located, Making, ResourceShape, Surroundings } from "./kind.ts";
import { badName } from "./located.ts";
import { identityReference } from "./named.ts";
import { onNamed } from "./permissions.ts";
import { parseSpec } from "./parse.ts";
import type { Reference } from "./reference.ts";
import { referentOf } from "./referent.ts";

type Spec = FederatedIdentityCredentialSpec;

const COLLECTION = "federatedIdentityCredentials";

/** The most federated credentials that Azure accepts below an identity (arm.md 4). */
const MAX_CREDENTIALS = 20;

/**
 * How long the credentials of an identity are observed by one LIST, in seconds: Azure takes one LIST in four seconds, and twenty
 * credentials take 76 seconds to be written (arm.md 4).
 */
const SHARED_FOR_SECONDS = 90;

const name = new RegExp(FEDERATED_IDENTITY_CREDENTIAL_NAME_PATTERN);

/** Nothing in Azure can carry a mark: what is held, below the identity that it was made below, is ours (DESIGN 2, "Ours"). */
const shape: ResourceShape<Spec> = {
  is: "resource",
  apiVersion: "2024-11-30",
  proof: "record",
  answersFinally: true,
  // Azure takes one LIST of an identity in four seconds and few of a subscription (arm.md 4).
  listed: { of: "parent", everySeconds: 6 * 3600 },
  parent: {
    apiVersion: "2024-11-30",
    cached: (spec, surroundings) => stringAt(identityOf(spec, surroundings)?.status, "principalId"),
    incarnation: (have) => stringAt(objectAt(have, "properties"), "principalId"),
  },
  collection: (target) => ({ parent: parentOf(target) ?? target, path: COLLECTION, maxAgeSeconds: SHARED_FOR_SECONDS }),
  tagKeys: () => [],
  desired: (spec, making) => ({ properties: { ...claimsOf(spec, making.surroundings) } }),
  differences,
  steps: (spec, _have, making) => [
    { method: "PUT", path: "", body: { properties: { ...claimsOf(spec, making.surroundings) } }, disruption: "None", effect: "disturbs nothing" },
  ],
  content: (body) => {
    const { issuer, subject, audiences } = objectAt(body, "properties") ?? {};
    return JSON.stringify([issuer, subject, audiences]);
  },
  equal: (spec, siblings, making) => siblings.find((sibling) => differences(spec, sibling, making).length === 0),
  obstacle,
  observed: (have) => {
    const { issuer, subject, audiences } = objectAt(have, "properties") ?? {};
    const parsed = parentIdOf(have);
    return { issuer, subject, audiences, identityResourceId: parsed };
  },
};

/** Who may become an identity: Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials (arm.md 4). */
export const federatedIdentityCredential: Kind<Spec> = {
  type: FEDERATED_IDENTITY_CREDENTIAL,
  // Parallel writes below one identity are refused (arm.md 4).
  serialisedByParent: ["microsoft.managedidentity/userassignedidentities/federatedidentitycredentials"],
  parse: (object) => parseSpec(federatedIdentityCredentialSpec, object),
  references: (spec, namespace) => identityReferenceOf(spec, namespace),
  target,
  permissions: (spec) => onNamed("use", "spec.identityArmId", spec.identityArmId),
  asks,
  carrying: { order: 1, carries, narrows },
  exports: (spec, _status, surroundings) => exported(spec.export, idsOf(statusOf(identityOf(spec, surroundings)?.status))),
  shape,
};

/** By a subject that is not known, any credential of the identity may be the one. */
function carries({ status, target: held }: { readonly status: unknown; readonly target: ArmId }, { identityKey, subject }: Footing): boolean {
  const parent = parentOf(held);
  const shown = stringAt(status, "subject");
  return parent !== undefined && armIdKey(parent) === identityKey && (subject === undefined || shown === undefined || shown === subject);
}

/** Whether who becomes the identity now could not do so any more. Healing what others changed is no loss. */
function narrows(spec: Spec, have: JsonObject, { making, footing }: { readonly making: Making; readonly footing: Footing }): boolean {
  const has = stringAt(objectAt(have, "properties"), "subject");
  return has === (footing.subject ?? has) && differences(spec, have, making).length > 0;
}

function target(spec: Spec, objectName: string, surroundings: Surroundings): Located {
  const azureName = spec.azureName ?? objectName;
  if (!name.test(azureName)) return badName(azureName, "3 to 120 letters, digits, - and _");
  const parent = parentFor(spec, surroundings);
  if (!parent.ok) return parent;
  if (spec.issuer === undefined && surroundings.clusterIssuer === undefined) {
    return { ok: false, message: "the issuer of this cluster is not known: set spec.issuer, or let an administrator set --cluster-issuer" };
  }
  return { ok: true, target: childId(parent.target, COLLECTION, azureName) };
}

function parentFor(spec: Spec, surroundings: Surroundings): Located {
  const [reference] = identityReferenceOf(spec, surroundings.namespace);
  if (reference !== undefined) {
    const identity = referentOf(reference, surroundings);
    return identity.ok ? { ok: true, target: identity.id } : identity;
  }
  const parsed = parseArmId(spec.identityArmId ?? "");
  return parsed.ok ? { ok: true, target: parsed.id } : { ok: false, message: `spec.identityArmId: ${parsed.error}` };
}

function identityReferenceOf({ identityRef }: Spec, namespace: string): readonly Reference[] {
  return identityRef === undefined ? [] : [identityReference(identityRef, namespace, "spec.identityRef")];
}

function identityOf(spec: Spec, surroundings: Surroundings): { readonly status?: unknown } | undefined {
  const [reference] = identityReferenceOf(spec, surroundings.namespace);
  return reference === undefined ? undefined : surroundings.referent(reference);
}

function statusOf(status: unknown): JsonObject {
  return objectAt({ status: status as JsonObject }, "status") ?? {};
}

interface Claims {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

/** Azure compares all three exactly, with case, and a slash at the end of the issuer counts (arm.md 4). */
function claimsOf({ issuer, subject, serviceAccountRef, audiences }: Spec, { namespace, clusterIssuer }: Surroundings): Claims {
  return {
    issuer: issuer ?? clusterIssuer ?? "",
    subject: subject ?? `system:serviceaccount:${namespace}:${serviceAccountRef?.name ?? ""}`,
    audiences,
  };
}

function asks(spec: Spec, surroundings: Surroundings): readonly Asked[] {
  const { issuer, subject } = claimsOf(spec, surroundings);
  return [{ is: "federation", issuer, subject }];
}

function differences(spec: Spec, have: JsonObject, { surroundings }: Making): readonly Difference[] {
  const wanted = claimsOf(spec, surroundings);
  const properties = objectAt(have, "properties") ?? {};
  return (["issuer", "subject", "audiences"] as const).flatMap((field) => {
    const [want, has] = [textOf(wanted[field]), textOf(properties[field])];
    return want === has ? [] : [{ path: `properties.${field}`, want, have: has, mutable: true }];
  });
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : typeof value === "string" ? value : "(absent)";
}

/** Why Azure would refuse one more credential beside those that are there (arm.md 4). */
function obstacle(spec: Spec, siblings: readonly JsonObject[], { surroundings }: Making): ReturnType<NonNullable<ResourceShape<Spec>["obstacle"]>> {
  const { issuer, subject } = claimsOf(spec, surroundings);
  const clash = siblings.find((sibling) => {
    const properties = objectAt(sibling, "properties");
    return stringAt(properties, "issuer") === issuer && stringAt(properties, "subject") === subject;
  });
  if (clash !== undefined) {
    const message = `federated credential "${stringAt(clash, "name") ?? ""}" of the identity has issuer "${issuer}" and subject "${subject}" already, with another audience: Azure takes each pair once below an identity and compares both exactly, with case; delete that one, or name it in spec.azureName and set adoptionPolicy to IfExists`;
    return { reason: "IssuerSubjectInUse", message };
  }
  if (siblings.length < MAX_CREDENTIALS) return undefined;
  const message = `the identity has ${siblings.length} federated credentials, and Azure accepts ${MAX_CREDENTIALS}: delete some, or use another identity for some of the subjects`;
  return { reason: "FederatedCredentialLimit", message };
}

function parentIdOf(have: JsonObject): ArmId | undefined {
  const parsed = parseArmId(stringAt(have, "id") ?? "");
  return parsed.ok ? parentOf(parsed.id) : undefined;
}
