import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { blocksOf, commandsOf, FOLDER, readTutorial, ROOT, wordsOf } from "../tutorial/document.ts";
import { FEWEST_REQUESTS, FEWEST_WRITES, OPERATIONS } from "../tutorial/figures.ts";
import { readObjects } from "../tutorial/objects.ts";
import { Outputs, shownByAz, tableOf } from "../tutorial/outputs.ts";
import { grantRoles, SCOPE, SPRING_ACTIONS } from "../tutorial/roles.ts";
import { identitiesOf, madeIn, makeServices } from "../tutorial/services.ts";
import { armId } from "./objects.ts";
import { setStage, type Stage } from "./stage.ts";

const NAMESPACE = "identity-demo";
const LOOKS_AGAIN = 10;
const APPLY_ALL = /^kubectl (?:apply -f deploy\/samples\/tutorial\/$|wait .* azure-identity )/;
const blocks = blocksOf(readTutorial());

let stage: Stage;

beforeAll(async () => {
  const permissions = (principalId: string) => [{ principalId, actions: SPRING_ACTIONS, scope: SCOPE }];
  // Operations end before they are asked for the first time.
  const durations = Object.fromEntries(OPERATIONS.map((type) => [type, 0.5]));
  stage = await setStage({ namespaces: [NAMESPACE], permissions, durations });
  makeServices(stage.azure);
  grantRoles(stage.azure, stage.principalId);
  await stage.startOperator([`--policy-file=${join(ROOT, "deploy/samples/policy.yaml")}`]);
});

afterAll(() => stage.close());

test("whoever follows the tutorial sees what it shows, and in the end nothing is left", async () => {
  const before = leftIn();
  const isAllAtOnce = (command: string) => APPLY_ALL.test(command);
  await follow((command) => isAllAtOnce(command) || command.startsWith("kubectl apply -n "));
  expect(writesTo(stage.azure)).toHaveLength(FEWEST_WRITES);
  // A host of somebody else is looked at again when what its assignments refer to changes. The exact number is that of orders.test.ts.
  expect(stage.arm().length).toBeLessThanOrEqual(FEWEST_REQUESTS + LOOKS_AGAIN);
  await follow((command) => !isAllAtOnce(command));
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

/** A POST that lists only reads. */
function writesTo({ requests }: Stage["azure"]): Stage["azure"]["requests"] {
  return requests.filter(({ type, method, path }) => type !== "entra" && method !== "GET" && !path.endsWith("/list"));
}

function leftIn(): readonly unknown[] {
  return [madeIn(stage.azure), identitiesOf(stage.azure)];
}

async function expectNothingLeft(before: readonly unknown[]): Promise<void> {
  expect(await run("kubectl get azure-identity -A -o name")).toBe("");
  expect(await run(`kubectl get namespace ${NAMESPACE} --ignore-not-found -o name`)).toBe("");
  expect(leftIn()).toEqual(before);
}
