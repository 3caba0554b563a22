import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAnyArmId } from "../../src/api/arm-id.ts";
import { type JsonObject, objectAt } from "../../src/api/json.ts";
import { containerGroup } from "../../src/kinds/container-group.ts";
import { federatedIdentityCredential } from "../../src/kinds/federated-identity-credential.ts";
import type { Kind, Making, Policies, ResourceShape } from "../../src/kinds/kind.ts";
import { roleAssignment } from "../../src/kinds/role-assignment.ts";
import { making, surroundings } from "../reconcile/never.ts";
import { type Habits, habits, returnedGroup } from "./habits.ts";
import { objectWith, resourceShapeOf } from "./objects.ts";
import { cosmosSpecs, federatedSpecs, grantSpecs, groupSpecs, VALUES } from "./specs.ts";

/** Every role is found, under the GUID that is asked for. */
const around = surroundings({
  defaults: { subscriptionId: "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e", resourceGroup: "msdocs-identity-example" },
  role: ({ by }) => ({ is: "found", body: { name: by.is === "id" ? by.id : "", properties: { roleName: "Shop reader" } } }),
});

const made: Making = making({ surroundings: around, value: (_kind, _name, key) => VALUES[key], values: () => VALUES, isWritten: () => true });

interface Described {
  readonly kind: Kind;
  readonly specs: fc.Arbitrary<JsonObject>;
  /** The body of a PUT as GET shows it. */
  readonly returned: (body: JsonObject, azure: Habits, target: string) => JsonObject;
}

const KINDS: Readonly<Record<string, Described>> = {
  FederatedIdentityCredential: {
    kind: federatedIdentityCredential,
    specs: federatedSpecs,
    returned: (body, azure, target) => ({ ...body, id: azure.respelled(target), type: "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials" }),
  },
  RoleAssignment: { kind: roleAssignment, specs: grantSpecs, returned: returnedGrant },
  "RoleAssignment of Cosmos DB": { kind: roleAssignment, specs: cosmosSpecs, returned: returnedCosmosGrant },
  ContainerGroup: { kind: containerGroup, specs: groupSpecs, returned: (body, azure) => returnedGroup(body, azure) },
};

/** The role comes with either prefix, absent texts as null, and the scope as it was spelled (arm.md 13). */
function returnedGrant(body: JsonObject, azure: Habits, target: string): JsonObject {
  const properties = objectAt(body, "properties") ?? {};
  const { roleDefinitionId, condition, conditionVersion, description, principalId } = properties as Readonly<Record<string, string | undefined>>;
  const scope = target.slice(0, target.toLowerCase().lastIndexOf("/providers/microsoft.authorization/"));
  return {
    ...body,
    properties: {
      ...properties,
      principalId: azure.oneOf(principalId ?? "", (principalId ?? "").toUpperCase()),
      roleDefinitionId: azure.oneOf(roleDefinitionId ?? "", (roleDefinitionId ?? "").replace(/^\/subscriptions\/[^/]+/, "")),
      scope: azure.respelled(scope),
      condition: condition ?? null,
      conditionVersion: conditionVersion ?? null,
      description: description ?? null,
      createdOn: "2026-06-01T12:00:00Z",
      delegatedManagedIdentityResourceId: null,
    },
  };
}

function returnedCosmosGrant(body: JsonObject, azure: Habits): JsonObject {
  const { roleDefinitionId, scope, principalId } = (objectAt(body, "properties") ?? {}) as Readonly<Record<string, string>>;
  return { properties: { roleDefinitionId: azure.respelled(roleDefinitionId ?? ""), scope: azure.oneOf(azure.respelled(scope ?? ""), `${scope ?? ""}/`), principalId: azure.respelled(principalId ?? "") } };
}

function shapeAt(kind: Kind, target: string): ResourceShape<Policies> {
  const parsed = parseAnyArmId(target);
  if (!parsed.ok) throw new Error(parsed.error);
  const shape = resourceShapeOf(kind);
  return shape.variant?.(parsed.id) ?? shape;
}

/** A generated spec as the kind understands it, with its target and its shape. */
function understood({ kind }: Described, raw: JsonObject) {
  const parsed = kind.parse(objectWith(raw));
  if (!parsed.ok) throw new Error(`${parsed.message}: ${JSON.stringify(raw)}`);
  const target = kind.target(parsed.spec, "abc", around);
  if (!target.ok) throw new Error(target.message);
  return { spec: parsed.spec, target: target.target, shape: shapeAt(kind, target.target) };
}

/** What the engine adds to the body of a host. */
function withIdentity(body: JsonObject, raw: JsonObject): JsonObject {
  const named = objectAt(raw, "identity")?.["userAssigned"];
  const ids = Array.isArray(named) ? named.map((each: JsonObject) => [each["armId"], {}]) : [];
  return ids.length === 0 ? body : { ...body, identity: { type: "UserAssigned", userAssignedIdentities: Object.fromEntries(ids) as JsonObject } };
}

describe.each(Object.entries(KINDS))("%s", (_name, described) => {
  test("nothing differs between what is declared and what Azure makes of it, however it spells and orders it", () => {
    fc.assert(
      fc.property(described.specs, habits, (raw, azure) => {
        const { spec, target, shape } = understood(described, raw);
        const returned = described.returned(withIdentity(shape.desired(spec, made), raw), azure, target);
        expect(shape.differences(spec, returned, made)).toEqual([]);
        expect(shape.steps(spec, returned, made).filter(({ method }) => method === "DELETE")).toEqual([]);
      }),
    );
  });

  test("one write heals whatever differs, and then nothing does", () => {
    fc.assert(
      fc.property(described.specs, described.specs, habits, (before, after, azure) => {
        const [there, wanted] = [understood(described, before), understood(described, after)];
        // Identities are attached before what uses them is written.
        const have = described.returned(withIdentity(there.shape.desired(there.spec, made), after), azure, wanted.target);
        const step = wanted.shape.steps(wanted.spec, have, made).find(({ method, path }) => method === "PUT" && path === "");
        const fixed = wanted.shape.differences(wanted.spec, have, made).filter(({ mutable }) => !mutable);
        if (step === undefined || fixed.length > 0) return;
        const healed = described.returned(withIdentity(step.body, after), azure, wanted.target);
        expect(wanted.shape.differences(wanted.spec, healed, made)).toEqual([]);
      }),
    );
  });
});
