import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { builtInRoles } from "../azure/providers/built-in-roles.ts";
import { blocksOf, commandsOf, FOLDER, readTutorial, ROOT, wordsOf } from "../tutorial/document.ts";
import { readObjects } from "../tutorial/objects.ts";
import { Outputs, shownByAz, tableOf } from "../tutorial/outputs.ts";
import { identitiesOf, madeIn, makeServices } from "../tutorial/services.ts";
import { armId } from "./objects.ts";
import { GROUP, setStage, type Stage, SUBSCRIPTION } from "./stage.ts";

const NAMESPACE = "identity-demo";
const SCOPE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}`;
const blocks = blocksOf(readTutorial());

/** The roles that the README asks for, by which the operator does all of it; no built-in role is for Spring apps alone. */
const ROLES = [
  "Managed Identity Contributor",
  "Managed Identity Operator",
  "Azure Container Instances Contributor Role",
  "Web Plan Contributor",
  "Website Contributor",
  "DocumentDB Account Contributor",
  "Role Based Access Control Administrator",
];

let stage: Stage;

beforeAll(async () => {
  const permissions = (principalId: string) => [{ principalId, actions: ["Microsoft.AppPlatform/Spring/apps/*"], scope: SCOPE }];
  const azure = { settings: { operationRetryAfterSeconds: 1 }, durations: Object.fromEntries(OPERATIONS.map((type) => [type, 0.5])) };
  stage = await setStage({ namespaces: [NAMESPACE], permissions, azure });
  makeServices(stage.azure);
  ROLES.forEach((name, index) => {
    const guid = builtInRoles.find(({ roleName }) => roleName === name)?.guid ?? name;
    const id = `${SCOPE}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000000${index}`;
    const properties = { principalId: stage.principalId, principalType: "ServicePrincipal", roleDefinitionId: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${guid}` };
    stage.azure.portal.put(id, { properties });
  });
  await stage.startOperator([`--policy-file=${join(ROOT, "deploy/samples/policy.yaml")}`]);
});

afterAll(() => stage.close());

/** Operations end before they are asked for the first time. */
const OPERATIONS = ["Microsoft.ContainerInstance/containerGroups", "Microsoft.AppPlatform/Spring/apps", "Microsoft.DocumentDB/databaseAccounts", "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"];

test("whoever follows the tutorial sees what it shows, and in the end nothing is left", async () => {
  const before = leftIn();
  await follow(() => true);
  await expectNothingLeft(before);
}, 180_000);

test.each(fc.sample(fc.record({ applied: anyOrder(), deleted: anyOrder() }), { numRuns: 1, seed: 11 }))("so do the objects in another order, and they go in another one", async ({ applied, deleted }) => {
  const before = leftIn();
  await follow((command) => command.startsWith("kubectl apply -n ") || command.includes("00-namespace.yaml"));
  for (const object of applied) await run("kubectl apply -f -", stringify(object));
  await run(`kubectl wait --for=condition=Ready azure-identity --all -n ${NAMESPACE} --timeout=120s`);
  await follow((command) => /^kubectl get |^az /.test(command));
  for (const { kind, metadata } of deleted) await run(`kubectl delete ${kind} ${metadata.name} -n ${NAMESPACE} --wait=false`);
  await run(`kubectl wait --for=delete azure-identity --all -n ${NAMESPACE} --timeout=120s`);
  await run(`kubectl delete -f ${FOLDER}/00-namespace.yaml --timeout=60s`);
  await expectNothingLeft(before);
}, 180_000);

/** Runs the commands of the document that are chosen, in its order, and compares each output that the document shows. */
async function follow(isChosen: (command: string) => boolean): Promise<void> {
  const outputs = new Outputs();
  for (const [index, block] of blocks.entries()) {
    const commands = commandsOf(block).filter((command) => isCommand(block.language, command) && isChosen(command));
    let printed: unknown;
    for (const command of commands) printed = command.startsWith("az ") ? shownByAz(command, (type, name) => stage.azure.portal.get(armId(type, name))) : await run(command);
    const next = blocks[index + 1];
    const shown = next === undefined || commands.length === 0 ? undefined : documented(next.language, next.text);
    if (shown === undefined) continue;
    const actual = typeof printed === "string" ? documented(next?.language ?? "", printed) : printed;
    expect([commands.at(-1), outputs.differences(shown, actual)]).toEqual([commands.at(-1), []]);
  }
}

/** Those of az are run where an output follows them: the others create what the objects create here. */
function isCommand(language: string, command: string): boolean {
  return language === "sh" || (language === "azurecli" && / show /.test(command.slice(0, 40)));
}

function documented(language: string, text: string): unknown {
  if (language === "json") return JSON.parse(text);
  return language === "text" ? tableOf(text) : undefined;
}

async function run(command: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await stage.tryKubectl(wordsOf(command).slice(1), input);
  if (code !== 0) throw new Error(`${command}\nended with ${code}: ${stderr}${stdout}\n${await stage.kubectl("get", "azure-identity", "-A", "-o", "wide")}`);
  return stdout;
}

function anyOrder(): fc.Arbitrary<ReturnType<typeof readObjects>[number][]> {
  const objects = readObjects().filter(({ kind }) => kind !== "Namespace");
  return fc.shuffledSubarray([...objects], { minLength: objects.length });
}

function leftIn(): readonly unknown[] {
  return [madeIn(stage.azure), identitiesOf(stage.azure)];
}

async function expectNothingLeft(before: readonly unknown[]): Promise<void> {
  expect(await run("kubectl get azure-identity -A -o name")).toBe("");
  expect(await run(`kubectl get namespace ${NAMESPACE} --ignore-not-found -o name`)).toBe("");
  expect(leftIn()).toEqual(before);
}
