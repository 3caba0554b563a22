import { isJsonObject, type Json, type JsonObject } from "../../src/api/json.ts";
import { wordsOf } from "./document.ts";

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Compares outputs with those of the document, whose ids are fictitious: wherever the document has one id, the outputs must have one
 * and the same, and different ones for different ones.
 */
export class Outputs {
  readonly #actual = new Map<string, string>();

  /** Says where an output differs from the document; a null of the document may be absent. Empty when it does not. */
  differences(documented: unknown, actual: unknown, path = "$"): readonly string[] {
    if (documented === null) return actual === null || actual === undefined ? [] : [`${path}: ${JSON.stringify(actual)} where the document has none`];
    if (Array.isArray(documented)) return this.#ofLists(documented, actual, path);
    if (isJsonObject(documented)) return this.#ofObjects(documented, actual, path);
    return this.#isSame(documented, actual) ? [] : [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(documented)}`];
  }

  #ofLists(documented: readonly unknown[], actual: unknown, path: string): readonly string[] {
    if (!Array.isArray(actual) || actual.length !== documented.length) return [`${path}: ${JSON.stringify(actual)} instead of ${documented.length} entries`];
    return documented.flatMap((each, index) => this.differences(each, actual[index], `${path}[${index}]`));
  }

  #ofObjects(documented: JsonObject, actual: unknown, path: string): readonly string[] {
    if (!isJsonObject(actual)) return [`${path}: ${JSON.stringify(actual)} instead of an object`];
    const found = lowerKeys(actual);
    const surplus = Object.keys(found).filter((key) => !(key in lowerKeys(documented)) && found[key] !== null);
    const common = Object.entries(documented).flatMap(([key, value]) => this.differences(value, found[key.toLowerCase()], `${path}.${key}`));
    return [...surplus.map((key) => `${path}.${key}: the document does not have it`), ...common];
  }

  /** Ids of Azure Resource Manager come in different cases. */
  #isSame(documented: unknown, actual: unknown): boolean {
    if (typeof documented !== "string" || typeof actual !== "string") return documented === actual;
    if (!GUID.test(documented)) return documented.toLowerCase() === actual.toLowerCase();
    const known = this.#actual.get(documented);
    if (known !== undefined) return known === actual;
    if (!GUID.test(actual) || [...this.#actual.values()].includes(actual)) return false;
    this.#actual.set(documented, actual);
    return true;
  }
}

function lowerKeys(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key.toLowerCase(), value]));
}

/** A table of kubectl as a list of objects: columns are two spaces and more apart. */
export function tableOf(text: string): readonly JsonObject[] {
  const [head = [], ...rows] = text.trim().split("\n").map((line) => line.trim().split(/\s{2,}/));
  return rows.map((cells) => Object.fromEntries(head.map((name, index) => [name, cells[index] ?? null])));
}

/** Resource types by the group of az that shows them. */
const SHOWN_BY_AZ: Readonly<Record<string, string>> = {
  container: "Microsoft.ContainerInstance/containerGroups",
  identity: "Microsoft.ManagedIdentity/userAssignedIdentities",
  webapp: "Microsoft.Web/sites",
};

/**
 * What `az <group> show --query <member or {name: member}>` prints of a resource of Azure Resource Manager: az lifts the members
 * of `properties` up. Throws for other commands.
 */
export function shownByAz(command: string, get: (type: string, name: string) => JsonObject | undefined): unknown {
  const words = wordsOf(command);
  const flag = (name: string) => words[words.indexOf(`--${name}`) + 1] ?? "";
  const type = SHOWN_BY_AZ[words[1] ?? ""];
  const body = type === undefined || words[2] !== "show" ? undefined : get(type, flag("name"));
  if (body === undefined) throw new Error(`cannot show what is not there, or is not shown like this: ${command}`);
  const { properties } = body;
  const members: JsonObject = { ...body, ...(isJsonObject(properties) ? properties : {}) };
  return queried(members, flag("query"));
}

function queried(members: JsonObject, query: string): Json | undefined {
  const hash = /^\{(.+)\}$/.exec(query)?.[1];
  if (hash === undefined) return members[query];
  const pairs = hash.split(", ").map((pair) => pair.split(": "));
  return Object.fromEntries(pairs.map(([name = "", member = ""]) => [name, members[member] ?? null]));
}
