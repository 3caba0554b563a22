import { isObject } from "./json.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/** A query that cannot be read, or asks for a table that is not there. */
export class KustoError extends Error {
  override readonly name = "KustoError";
}

type Step = (rows: readonly JsonObject[]) => readonly JsonObject[];
type Value = (row: JsonObject) => JsonValue | undefined;

const TOKEN = /\s*(?:("[^"]*"|'[^']*')|(\d+)|([=!]=|[=!]~|in~|[()|,=<>\]])|([A-Za-z_$][\w$]*)|(\.|\[))/y;

/**
 * Runs the part of the Kusto language that inventories use: `where`, `project`, `extend`, `order by`, `sort by`, `take`, `limit`,
 * `count` and `summarize count() by`. Throws a KustoError for anything else. A row has its columns in the order of its members.
 */
export function runQuery(query: string, tableOf: (name: string) => readonly JsonObject[] | undefined): readonly JsonObject[] {
  const parser = new Parser(query);
  const name = parser.word();
  const rows = tableOf(name);
  if (!rows) throw new KustoError(`Table '${name}' is unsupported.`);
  return parser.steps().reduce((left, step) => step(left), rows);
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(query: string) {
    this.#tokens = tokenized(query.replaceAll(/\/\/.*$/gm, ""));
  }

  steps(): readonly Step[] {
    const steps: Step[] = [];
    while (this.#takes("|")) steps.push(this.#step());
    if (this.#at < this.#tokens.length) throw this.#unexpected();
    return steps;
  }

  word(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined || !/^[A-Za-z_$]/.test(token)) throw this.#unexpected();
    this.#at += 1;
    return token;
  }

  #step(): Step {
    const operator = this.word().toLowerCase();
    switch (operator) {
      case "where":
        return this.#where();
      case "project":
        return this.#project();
      case "extend":
        return this.#extend();
      case "order":
      case "sort":
        return this.#order();
      case "take":
      case "limit":
        return this.#take();
      case "count":
        return (rows) => [{ Count: rows.length }];
      case "summarize":
        return this.#summarize();
      default:
        throw new KustoError(`Operator '${operator}' is unsupported.`);
    }
  }

  #where(): Step {
    const condition = this.#either();
    return (rows) => rows.filter(condition);
  }

  #project(): Step {
    const columns = this.#columns();
    return (rows) => rows.map((row) => Object.fromEntries(columns.map(({ name, value }) => [name, value(row) ?? null])));
  }

  #extend(): Step {
    const columns = this.#columns();
    return (rows) => rows.map((row) => ({ ...row, ...Object.fromEntries(columns.map(({ name, value }) => [name, value(row) ?? null])) }));
  }

  #order(): Step {
    this.#must("by");
    const value = this.#value().value;
    const ascending = this.#takes("asc") || (this.#takes("desc"), false);
    return (rows) => rows.toSorted((a, b) => (ascending ? 1 : -1) * compared(value(a), value(b)));
  }

  #take(): Step {
    const count = Number(this.#tokens[this.#at]);
    if (!Number.isInteger(count)) throw this.#unexpected();
    this.#at += 1;
    return (rows) => rows.slice(0, count);
  }

  #summarize(): Step {
    for (const token of ["count", "(", ")"]) this.#must(token);
    const columns = this.#takes("by") ? this.#columns() : [];
    return (rows) => {
      const groups = Map.groupBy(rows, (row) => JSON.stringify(columns.map(({ value }) => value(row) ?? null)));
      return [...groups].map(([key, group]) => {
        const values = JSON.parse(key) as readonly JsonValue[];
        return { ...Object.fromEntries(columns.map(({ name }, index) => [name, values[index]])), count_: group.length };
      });
    };
  }

  #columns(): readonly { readonly name: string; readonly value: Value }[] {
    const columns = [this.#column()];
    while (this.#takes(",")) columns.push(this.#column());
    return columns;
  }

  #column(): { readonly name: string; readonly value: Value } {
    if (this.#tokens[this.#at + 1] !== "=") return this.#value();
    const name = this.word();
    this.#must("=");
    return { name, value: this.#value().value };
  }

  #either(): (row: JsonObject) => boolean {
    const parts = [this.#all()];
    while (this.#takes("or")) parts.push(this.#all());
    return (row) => parts.some((part) => part(row));
  }

  #all(): (row: JsonObject) => boolean {
    const parts = [this.#condition()];
    while (this.#takes("and")) parts.push(this.#condition());
    return (row) => parts.every((part) => part(row));
  }

  #condition(): (row: JsonObject) => boolean {
    if (this.#takes("(")) {
      const inner = this.#either();
      this.#must(")");
      return inner;
    }
    const test = this.#tokens[this.#at + 1] === "(" ? tests[this.#tokens[this.#at]?.toLowerCase() ?? ""] : undefined;
    if (test) {
      this.#at += 2;
      const { value } = this.#value();
      this.#must(")");
      return (row) => test(value(row));
    }
    return this.#comparison();
  }

  #comparison(): (row: JsonObject) => boolean {
    const { value } = this.#value();
    const operator = this.#tokens[this.#at]?.toLowerCase() ?? "";
    const compare = comparisons[operator];
    if (!compare) throw this.#unexpected();
    this.#at += 1;
    const wanted = operator.startsWith("in") ? this.#list() : [this.#text()];
    return (row) => wanted.some((one) => compare(plain(value(row)), one));
  }

  #list(): readonly string[] {
    this.#must("(");
    const texts = [this.#text()];
    while (this.#takes(",")) texts.push(this.#text());
    this.#must(")");
    return texts;
  }

  #text(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined || !/^["'\d]/.test(token)) throw this.#unexpected();
    this.#at += 1;
    return token.replaceAll(/^["']|["']$/g, "");
  }

  /** A column with a path into it, or `tostring`, `tolower` and `toupper` of one. */
  #value(): { readonly name: string; readonly value: Value } {
    const name = this.word();
    const change = changes[name.toLowerCase()];
    if (change && this.#takes("(")) {
      const inner = this.#value();
      this.#must(")");
      return { name: inner.name, value: (row) => change(plain(inner.value(row))) };
    }
    const path = [name];
    for (;;) {
      if (this.#takes(".")) path.push(this.word());
      else if (this.#takes("[")) {
        path.push(this.#text());
        this.#must("]");
      } else return { name: path.join("_"), value: (row) => memberAt(row, path) };
    }
  }

  #takes(text: string): boolean {
    if (this.#tokens[this.#at]?.toLowerCase() !== text) return false;
    this.#at += 1;
    return true;
  }

  #must(text: string): void {
    if (!this.#takes(text)) throw this.#unexpected();
  }

  #unexpected(): KustoError {
    return new KustoError(`Unexpected '${this.#tokens[this.#at] ?? "end of query"}'.`);
  }
}

const tests: Readonly<Record<string, (value: JsonValue | undefined) => boolean>> = {
  isnull: (value) => value === undefined || value === null,
  isnotnull: (value) => value !== undefined && value !== null,
  isempty: (value) => plain(value) === "",
  isnotempty: (value) => plain(value) !== "",
};

const changes: Readonly<Record<string, (text: string) => string>> = {
  tostring: (text) => text,
  tolower: (text) => text.toLowerCase(),
  toupper: (text) => text.toUpperCase(),
};

const folded = (test: (have: string, wanted: string) => boolean) => (have: string, wanted: string) => test(have.toLowerCase(), wanted.toLowerCase());

const comparisons: Readonly<Record<string, (have: string, wanted: string) => boolean>> = {
  "==": (have, wanted) => have === wanted,
  "!=": (have, wanted) => have !== wanted,
  "=~": folded((have, wanted) => have === wanted),
  "!~": folded((have, wanted) => have !== wanted),
  in: (have, wanted) => have === wanted,
  "in~": folded((have, wanted) => have === wanted),
  contains: folded((have, wanted) => have.includes(wanted)),
  has: folded((have, wanted) => have.split(/[^\p{L}\p{N}]+/u).join(" ").includes(wanted.split(/[^\p{L}\p{N}]+/u).join(" "))),
  startswith: folded((have, wanted) => have.startsWith(wanted)),
  endswith: folded((have, wanted) => have.endsWith(wanted)),
};

function memberAt(row: JsonObject, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((value, member) => (isObject(value) ? value[member] : undefined), row);
}

function plain(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function compared(left: JsonValue | undefined, right: JsonValue | undefined): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  const [a, b] = [plain(left), plain(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function tokenized(query: string): readonly string[] {
  const tokens: string[] = [];
  const text = query.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) throw new KustoError(`Unexpected text at position ${at}.`);
    tokens.push(found[0].trim());
  }
  return tokens;
}
