import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments, parseDocument } from "yaml";
import { isJsonObject, type JsonObject } from "../../src/api/json.ts";
import { type Block, blocksOf, commandsOf, FOLDER, readTutorial, ROOT, type Row, rowsOf, wordsOf } from "./document.ts";

const text = readTutorial();
const blocks = blocksOf(text);
const yaml = blocks.filter(({ language }) => language === "yaml");
const files = readdirSync(join(ROOT, FOLDER)).map((name) => `${FOLDER}/${name}`);
const objects = yaml.flatMap((block) => parseAllDocuments(block.text).map((document) => ({ step: block.step, object: document.toJS() as JsonObject })));

/** What the tools are told that no object says: their words, regions, and what the object has by default. */
const WORDS = new Set([
  "SystemAssigned", "UserAssigned", "Linux", "ServicePrincipal", "api://AzureADTokenExchange", "identity", "${identity.id}", "$identityId",
  "Microsoft.Web", "sites", "2023-12-01", "PATCH", "<azure-region>", "oidcIssuerProfile.issuerUrl", "<name-of-existing-cluster>", "tsv",
  "cccccccc-dddd-eeee-3333-444444444444", "system:serviceaccount:identity-demo:msdocs-identity-pods",
]);

describe("the objects", () => {
  test("are those of the files, to the letter, and of every file", () => {
    expect(yaml.map((block) => [block.file, block.text])).toEqual(files.toSorted().map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));
  });

  test("begin with the namespace that the samples have, so that one command applies all files", () => {
    expect(readFileSync(join(ROOT, FOLDER, "00-namespace.yaml"), "utf8")).toBe(readFileSync(join(ROOT, "deploy/samples/namespace.yaml"), "utf8"));
  });

  test("say nowhere where they are: the resource group does", () => {
    expect(objects.filter(({ object }) => JSON.stringify(object).includes('"location":'))).toEqual([]);
  });
});

describe("the commands", () => {
  test("apply every file", () => {
    const applied = blocks.filter(({ language }) => language === "sh").flatMap(commandsOf).flatMap((command) => (command.startsWith("kubectl apply") ? wordsOf(command) : []));
    expect(files.filter((file) => !applied.includes(file))).toEqual([]);
  });

  test("are kubectl's", () => {
    const others = blocks.filter(({ language }) => language === "sh").flatMap(commandsOf).filter((command) => !command.startsWith("kubectl "));
    expect(others).toEqual([]);
  });
});

describe("the tools", () => {
  const values = new Set(objects.flatMap(({ object }) => scalarsOf(object)));
  const isKnown = (value: string) => WORDS.has(value) || values.has(value) || values.has(value.replace(/^.*\//, ""));

  test.each(blocksIn("azurecli").filter(({ text: lines }) => !/\b(?:show|list)\b/.test(lines)))("are told in $step by az what the objects say", (block) => {
    const told = commandsOf(block).flatMap((command) => wordsOf(command)).filter((word, index, words) => words[index - 1]?.startsWith("--") === true && !word.startsWith("--"));
    expect(told.length).toBeGreaterThan(1);
    expect(told.filter((value) => !isKnown(value) && !value.startsWith("$("))).toEqual([]);
  });

  test.each([...blocksIn("bicep"), ...blocksIn("powershell")])("are told in $step by $language what the objects say", (block) => {
    const told = [...block.text.matchAll(/'([^']*)'|"([^"]*)"|(?:=|:) (\d+)$/gm)].map(([, single, double, number]) => single ?? double ?? number ?? "");
    expect(told.length).toBeGreaterThan(1);
    expect(told.filter((value) => !isKnown(value) && !/^Microsoft\.\w+\/\w+@\d{4}-\d\d-\d\d$/.test(value))).toEqual([]);
  });
});

describe("the tables", () => {
  test.each(rowsOf(text))("show in $step where $here comes from", (row) => {
    for (const [language, cell] of [["azurecli", row.azureCli], ["bicep", row.bicep], ["powershell", row.powershell]] as const) {
      const code = blocks.filter((block) => block.language === language && block.step === row.step).map((block) => block.text).join("\n");
      expect(codeIn(cell).filter((word) => !code.includes(word))).toEqual([]);
    }
    expect(codeIn(row.here).filter((path) => !isShown(path, row))).toEqual([]);
  });

  test("are of the three steps of the source", () => {
    expect(new Set(rowsOf(text).map(({ step }) => step)).size).toBe(3);
  });
});

function blocksIn(language: string): readonly Block[] {
  return blocks.filter((block) => block.language === language);
}

/** What a cell has in code spans. */
function codeIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

/** Whether an object of the step has a path such as `spec.containers[].image`, or is of the kind that is named. */
function isShown(path: string, { step }: Row): boolean {
  const here = objects.filter((each) => each.step === step).map(({ object }) => object);
  if (path.startsWith("kind: ")) return here.some(({ kind }) => kind === path.slice("kind: ".length));
  return here.some((object) => parseDocument(JSON.stringify(object)).getIn(path.replaceAll("[]", ".0").split(".").map((part) => (part === "0" ? 0 : part))) !== undefined);
}

/** Every text and number of an object, as text. */
function scalarsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(scalarsOf);
  if (isJsonObject(value)) return Object.values(value).flatMap(scalarsOf);
  return [String(value)];
}
