import { isJsonObject, type Json, type JsonObject } from "../../src/api/json.ts";
import { type ApiResource, RESOURCES } from "../../src/api/resources.ts";
import { structuralSchema } from "../../src/api/structural.ts";
import { GROUP, SUBSCRIPTION } from "./azure.ts";
import type { Chance } from "./random.ts";
import { declared } from "./specs.ts";

/** Texts that nobody should write: other scripts, controls, separators, lone surrogates, paths, and ids in the wrong casing. */
const WILD = [
  "",
  " ",
  "\u0000",
  "\u202Eright to left",
  "ß\u0301\u{1F600}",
  "\uD800",
  "line\nbreak\u2028separator",
  "../../..",
  "%2e%2e%2f",
  "null",
  "__proto__",
  "constructor",
  `${GROUP}/providers/microsoft.managedidentity/USERASSIGNEDIDENTITIES/IDA`,
  `/SUBSCRIPTIONS/${SUBSCRIPTION.toUpperCase()}/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/VM`,
  `${GROUP}/providers/Microsoft.Web/sites/web/`,
  `${GROUP}//providers/Microsoft.Web/sites/web?x=1#y`,
];

/** Texts that somebody might write, also with ids in casings of their own. */
const TAME = [
  "a",
  "app",
  "rg",
  "ida",
  "Reader",
  "westeurope",
  "https://issuer.example.com",
  SUBSCRIPTION,
  `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/missing`,
  `${GROUP}/PROVIDERS/microsoft.managedidentity/USERASSIGNEDIDENTITIES/FOREIGN`,
  `${GROUP}/providers/microsoft.compute/VIRTUALMACHINES/VM`,
  GROUP.toUpperCase(),
];

/** Values of another type than the schema says. */
const STRANGE: readonly Json[] = [null, 0, -1, 1e308, true, "", [], {}, [null], { a: { b: { c: null } } }, [[[]]]];

/** An object whose spec is sound but for one or two fields, so that more of it is looked at than its spec. */
export function almostSound(chance: Chance): { readonly kind: string; readonly spec: Json } {
  const { kind, spec } = declared(chance, "anything");
  const resource = RESOURCES.find((each) => each.kind === kind);
  const wild = resource === undefined ? {} : wildSpec(resource, chance);
  const fields = isJsonObject(wild) ? Object.entries(wild) : [];
  const taken = fields.length === 0 ? [] : [chance.pick(fields), chance.pick(fields)].slice(chance.below(2));
  return { kind, spec: { ...spec, ...Object.fromEntries(taken) } };
}

/** A spec of a kind in the shape of its schema, with wild values and with some of another type: an older CRD may have let it in. */
export function wildSpec(resource: ApiResource, chance: Chance): Json {
  return wildValue(structuralSchema(resource.spec, resource.kind), { chance, wildness: chance.pick([0, 0.02, 0.2, 1]) }, 0);
}

interface Wild {
  readonly chance: Chance;
  /** How likely a value is wild. */
  readonly wildness: number;
}

function wildValue(schema: JsonObject, wild: Wild, depth: number): Json {
  const { chance, wildness } = wild;
  if (chance.happens(0.03 * wildness)) return chance.pick(STRANGE);
  const choices = schema["enum"];
  if (Array.isArray(choices) && !chance.happens(0.1 * wildness)) return chance.pick(choices);
  switch (schema["type"]) {
    case "object":
      return wildObject(schema, wild, depth);
    case "array":
      return wildList(schema, wild, depth);
    case "boolean":
      return chance.happens(0.5);
    case "integer":
    case "number":
      return chance.happens(wildness) ? chance.pick([numberAt(schema, "maximum", 1e9), -1, 0.5]) : numberAt(schema, "minimum", 1);
    default:
      return chance.happens(wildness) ? wildText(numberAt(schema, "maxLength", 64), chance) : chance.pick(TAME);
  }
}

function wildObject(schema: JsonObject, wild: Wild, depth: number): JsonObject {
  const { chance, wildness } = wild;
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const known = Object.entries(properties).filter(([name]) => (required.includes(name) ? !chance.happens(0.1 * wildness) : chance.happens(0.3)));
  const entries: [string, Json][] = known.map(([name, member]) => [name, wildValue(isJsonObject(member) ? member : {}, wild, depth + 1)]);
  const open = schema["additionalProperties"];
  if (isJsonObject(open)) for (let count = chance.below(4); count > 0; count -= 1) entries.push([wildText(64, chance), wildValue(open, wild, depth + 1)]);
  if (chance.happens(0.05 * wildness)) entries.push(["unknownField", chance.pick(STRANGE)]);
  return { ...Object.fromEntries(entries), ...(depth === 0 && "subscriptionId" in properties && chance.happens(0.6) ? { subscriptionId: SUBSCRIPTION, resourceGroup: "rg" } : {}) };
}

function wildList(schema: JsonObject, wild: Wild, depth: number): readonly Json[] {
  const items = isJsonObject(schema["items"]) ? schema["items"] : {};
  const { chance, wildness } = wild;
  const most = Math.min(numberAt(schema, "maxItems", 4), 40);
  const length = chance.pick([0, 1, 2, chance.happens(0.1 * wildness) ? most : 1]);
  return Array.from({ length }, () => wildValue(items, wild, depth + 1));
}

function wildText(maxLength: number, chance: Chance): string {
  const roll = chance.below(10);
  if (roll < 3) return chance.pick(WILD);
  if (roll < 6) return "x".repeat(maxLength);
  if (roll < 7) return "\u{1F600}".repeat(Math.floor(maxLength / 2));
  return Array.from({ length: chance.below(Math.min(maxLength, 40)) }, () => String.fromCodePoint(chance.pick([chance.below(128), chance.below(0xd7ff)]))).join("");
}

function numberAt(schema: JsonObject, keyword: string, otherwise: number): number {
  const value = schema[keyword];
  return typeof value === "number" ? value : otherwise;
}
