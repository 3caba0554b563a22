import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type ArmId, armId, extensionId, groupScope, parseScope, subscriptionScope } from "../../src/api/arm-id.ts";
import { roleAssignmentSpec } from "../../src/api/role-assignment.ts";
import { doubtfulIds, idParts, validIds } from "./arbitrary-ids.ts";

const field = roleAssignmentSpec.shape.scope.shape.armId;
const lock = { provider: "Microsoft.Authorization", type: "locks", name: "lock" };

/** Scopes of all sizes, extensions of them, and what is neither. */
const scopes: fc.Arbitrary<string> = fc.oneof(
  idParts.map((parts) => subscriptionScope(parts.subscriptionId)),
  idParts.map((parts) => groupScope(parts.subscriptionId, parts.resourceGroup)),
  validIds,
  idParts.map((parts) => extensionId(armId(parts), lock)),
  validIds.map((id) => `/providers/Microsoft.Management/managementGroups${id}` as ArmId),
  doubtfulIds,
);

test("the CRD takes the id of a scope exactly where the grammar does", () => {
  fc.assert(
    fc.property(scopes, fc.boolean(), (id, upper) => {
      const given = upper ? id.toUpperCase() : id;
      // The grammar forgives a slash at the end, which people write; the CRD asks for the id as Azure has it.
      fc.pre(!given.endsWith("/"));
      expect(field.safeParse(given).success).toBe(parseScope(given).ok);
    }),
    { numRuns: 1000 },
  );
});
