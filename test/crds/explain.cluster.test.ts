import { beforeAll, describe, expect, test, vi } from "vitest";
import { customResourceDefinition } from "../../src/api/crd.ts";
import { isJsonObject, type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { RESOURCES } from "../../src/api/resources.ts";
import { connect } from "../control-plane/vitest-setup.ts";
import { applyDefinitions, run } from "./definitions.ts";

const plane = connect();

/** The API server publishes the schemas of a new CRD some time after it serves the kind. */
const PUBLISHED = { timeout: 30_000, interval: 250 };

beforeAll(async () => {
  await applyDefinitions(plane);
  for (const { plural } of RESOURCES) {
    await vi.waitFor(() => run(plane, ["explain", plural]), PUBLISHED);
  }
});

describe("kubectl explain", () => {
  test.each(RESOURCES)("shows what $kind is for, by its short name", async ({ shortNames, kind, description }) => {
    const [shortName = ""] = shortNames;
    const answer = await explain(shortName);
    expect(answer).toContain(`KIND: ${kind}`);
    expect(answer).toContain(description);
  });

  test.each(RESOURCES)("describes every field of the spec of $kind", async (resource) => {
    const answer = await explain(`${resource.plural}.spec`);
    const described = Object.entries(specFields(customResourceDefinition(resource)));
    expect(described.length).toBeGreaterThan(0);
    expect(described.filter(([name, text]) => !answer.includes(` ${name} <`) || !answer.includes(text))).toEqual([]);
  });

  test.each([
    { path: "uai.spec.adoptionPolicy", text: "ENUM: Never IfExists" },
    { path: "uai.spec.tags", text: "Keys must not begin with azureidentity.dev." },
    { path: "ida.spec.target.armId", text: "ARM id of the host." },
    { path: "ida.spec.followThrough.defaultIdentity", text: "Cosmos DB: the identity that reads customer-managed keys." },
    { path: "fic.spec.audiences", text: "Azure takes exactly one. Default: api://AzureADTokenExchange." },
    { path: "fic.spec.serviceAccountRef.name", text: "Name of a ServiceAccount of this namespace." },
    { path: "azra.spec.scope.cosmosDB.path", text: "Default: the whole account." },
    { path: "azra.spec.principal.assignmentRef", text: "The system-assigned identity of the host of an IdentityAssignment of this namespace." },
    { path: "aci.spec.containers.resources.requests.memoryInGB", text: "Default: 1.5." },
    { path: "aci.spec.containers.environmentVariables.secureValueFrom", text: "Azure never shows it." },
    { path: "asp.spec.sku.name", text: "Default: B1." },
    { path: "webapp.spec.plan.planRef", text: "An AppServicePlan of this namespace." },
    { path: "webapp.spec.appSettings.slotSetting", text: "Default: true with identityClientId, else as it is in Azure." },
    { path: "webapp.status.identity.userAssignedIdentities.clientId", text: "Application id." },
    { path: "ida.spec.userAssigned.identityRef.name", text: "Name of a UserAssignedIdentity." },
    { path: "ida.spec.userAssigned.identityRef.namespace", text: "Another one must allow it in spec.allowedNamespaces of the identity." },
    { path: "uai.spec.allowedNamespaces.from", text: "Same: only this namespace." },
    { path: "azra.spec.principal.identityRef", text: "For another one set id." },
    { path: "ida.status.holds.userAssigned", text: "Identities that this object attached." },
    { path: "ida.status.conditions.reason", text: "One word for machines." },
  ])("finds $path", async ({ path, text }) => {
    expect(await explain(path)).toContain(text);
  });
});

test("the category lists every kind", async () => {
  const answer = await run(plane, ["api-resources", "--categories=azure-identity", "--output=name"]);
  expect(answer.trim().split("\n").sort()).toEqual(RESOURCES.map(({ plural, group }) => `${plural}.${group}`).sort());
});

/** What kubectl explains, in one line: it breaks texts where the line ends. */
async function explain(path: string): Promise<string> {
  return (await run(plane, ["explain", path])).replace(/\s+/gu, " ");
}

/** Name → description of the fields of a kind's spec. */
function specFields(definition: JsonObject): Readonly<Record<string, string>> {
  const versions = objectAt(definition, "spec")?.["versions"];
  const [version] = Array.isArray(versions) ? versions : [];
  const schema = objectAt(objectAt(version, "schema"), "openAPIV3Schema");
  const fields = objectAt(objectAt(objectAt(schema, "properties"), "spec"), "properties") ?? {};
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => (isJsonObject(field) ? [[name, stringAt(field, "description") ?? "?"]] : [])),
  );
}
