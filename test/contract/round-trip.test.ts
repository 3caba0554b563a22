import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAnyArmId } from "../../src/api/arm-id.ts";
import type { JsonObject } from "../../src/api/json.ts";
import { containerGroup } from "../../src/kinds/container-group.ts";
import { federatedIdentityCredential } from "../../src/kinds/federated-identity-credential.ts";
import type { Kind, Making } from "../../src/kinds/kind.ts";
import { roleAssignment } from "../../src/kinds/role-assignment.ts";
import { objectAt, objectsAt, textAt } from "../azure/kernel/json.ts";
import { type Bench, startBench } from "../azure/raw-client.ts";
import { objectWith, resourceShapeOf } from "../kinds/objects.ts";
import { cosmosSpecs, federatedSpecs, grantSpecs, GROUP_ID, groupSpecs, VALUES } from "../kinds/specs.ts";
import { making, surroundings } from "../reconcile/never.ts";
import { ROLES } from "./grants.ts";

const SUBSCRIPTION = GROUP_ID.split("/")[2] ?? "";
let bench: Bench;
let count = 0;

beforeAll(async () => {
  bench = await startBench({ subscriptionIds: [SUBSCRIPTION], tokenLifetimeSeconds: 100_000_000 });
  const { portal } = bench.azure;
  portal.createResourceGroup(SUBSCRIPTION, "msdocs-identity-example", "westeurope");
  portal.put(`${GROUP_ID}/providers/Microsoft.Storage/storageAccounts/shop`, { location: "westeurope", kind: "StorageV2", sku: { name: "Standard_LRS" } });
  portal.put(`${GROUP_ID}/providers/Microsoft.DocumentDB/databaseAccounts/Store`, { location: "westeurope", properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] } });
});
afterAll(() => bench.stop());

const around = surroundings({
  defaults: { subscriptionId: SUBSCRIPTION, resourceGroup: "msdocs-identity-example" },
  role: () => ({ is: "found", body: { name: ROLES.reader, properties: { roleName: "Reader" } } }),
});
const made: Making = making({ surroundings: around, value: (_kind, _name, key) => VALUES[key], values: () => VALUES, isWritten: () => true });

interface Described {
  readonly kind: Kind;
  readonly specs: fc.Arbitrary<JsonObject>;
  /** What must be there before the PUT. */
  readonly prepare?: (spec: JsonObject) => void;
}

const KINDS: Readonly<Record<string, Described>> = {
  FederatedIdentityCredential: {
    kind: federatedIdentityCredential,
    specs: federatedSpecs,
    prepare: (spec) => {
      // An identity takes twenty, and each pair once.
      const identity = textAt(spec, "identityArmId") ?? "";
      bench.azure.portal.delete(identity);
      bench.azure.portal.put(identity, { location: "westeurope" });
    },
  },
  RoleAssignment: { kind: roleAssignment, specs: grantSpecs },
  "RoleAssignment of Cosmos DB": { kind: roleAssignment, specs: cosmosSpecs.map((spec) => ({ ...spec, principal: { id: bench.principal.principalId } })) },
  ContainerGroup: {
    kind: containerGroup,
    specs: groupSpecs,
    prepare: (spec) => {
      for (const named of objectsAt(objectAt(spec, "identity"), "userAssigned")) bench.azure.portal.put(textAt(named, "armId") ?? "", { location: "westeurope" });
      for (const group of bench.azure.portal.list("Microsoft.ContainerInstance/containerGroups")) bench.azure.portal.delete(textAt(group, "id") ?? "");
    },
  },
};

describe.each(Object.entries(KINDS))("%s", (_name, { kind, specs, prepare }) => {
  test("is as declared after the PUT, as the simulator shows it", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (raw) => {
        count += 1;
        prepare?.(raw);
        const parsed = kind.parse(objectWith(raw));
        if (!parsed.ok) throw new Error(parsed.message);
        const located = kind.target(parsed.spec, `rt${count}`, around);
        if (!located.ok) throw new Error(located.message);
        const shapes = resourceShapeOf(kind);
        const shape = shapes.variant?.(located.target) ?? shapes;
        const named = objectsAt(objectAt(raw, "identity"), "userAssigned").map((each) => [textAt(each, "armId"), {}]);
        const identity = named.length === 0 ? {} : { identity: { type: "UserAssigned", userAssignedIdentities: Object.fromEntries(named) as JsonObject } };
        const url = `${located.target}?api-version=${shape.apiVersion}`;
        const put = await bench.send("PUT", url, { body: { ...shape.desired(parsed.spec, made), ...identity } });
        expect([put.status >= 200 && put.status < 300, put.status >= 300 ? put.text : ""]).toEqual([true, ""]);
        bench.clock.advance(60_000);
        const got = await bench.send("GET", url);
        expect(shape.differences(parsed.spec, got.body, made)).toEqual([]);
        expect(parseAnyArmId(textAt(got.body, "id") ?? "").ok).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
