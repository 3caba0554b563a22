import type { JsonObject, JsonValue } from "./json.ts";
import { compared, comparison, expanded, functions, KustoError, memberAt, plain, tests, tokenized } from "./kusto-values.ts";

export { KustoError } from "./kusto-values.ts";

type Step = (rows: readonly JsonObject[]) => readonly JsonObject[];
type Value = (row: JsonObject) => JsonValue | undefined;
type Condition = (row: JsonObject) => boolean;

/** A column with the name that it has unless it is given another. */
interface Column {
  readonly name: string;
  readonly value: Value;
}

/**
 * Runs the part of the Kusto language that inventories use: `where`, `project`, `project-away`, `extend`, `mv-expand`, `distinct`,
 * `order by`, `sort by`, `top`, `take`, `limit`, `count` and `summarize count() by`. Throws a KustoError for anything else. A row has
 * its columns in the order of its members.
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
      case "project-away":
        return this.#projectAway();
      case "extend":
        return this.#extend();
      case "mv-expand":
        return this.#expand();
      case "distinct":
        return this.#distinct();
      case "top":
        return this.#top();
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
    return (rows) => rows.map((row) => rowOf(columns, row));
  }

  #extend(): Step {
    const columns = this.#columns();
    return (rows) => rows.map((row) => ({ ...row, ...rowOf(columns, row) }));
  }

  #projectAway(): Step {
    const names = new Set(this.#columns().map(({ name }) => name));
    return (rows) => rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !names.has(name))));
  }

  #expand(): Step {
    const { name, value } = this.#column();
    if (this.#takes("to")) {
      for (const token of ["typeof", "("]) this.#must(token);
      this.word();
      this.#must(")");
    }
    return (rows) => rows.flatMap((row) => expanded(value(row)).map((one) => ({ ...row, [name]: one })));
  }

  #distinct(): Step {
    const columns = this.#columns();
    return (rows) => [...new Set(rows.map((row) => JSON.stringify(rowOf(columns, row))))].map((text) => JSON.parse(text) as JsonObject);
  }

  #top(): Step {
    const take = this.#take();
    const order = this.#order();
    return (rows) => take(order(rows));
  }

  #order(): Step {
    this.#must("by");
    const by = [this.#direction()];
    while (this.#takes(",")) by.push(this.#direction());
    return (rows) => rows.toSorted((a, b) => by.map((compare) => compare(a, b)).find((order) => order !== 0) ?? 0);
  }

  #direction(): (a: JsonObject, b: JsonObject) => number {
    const { value } = this.#value();
    const sign = this.#takes("asc") || (this.#takes("desc"), false) ? 1 : -1;
    return (a, b) => sign * compared(value(a), value(b));
  }

  #take(): Step {
    const count = Number(this.#tokens[this.#at]);
    if (!Number.isInteger(count)) throw this.#unexpected();
    this.#at += 1;
    return (rows) => rows.slice(0, count);
  }

  #summarize(): Step {
    const counted = this.#tokens[this.#at + 1] === "=" ? this.word() : "count_";
    if (counted !== "count_") this.#must("=");
    for (const token of ["count", "(", ")"]) this.#must(token);
    const columns = this.#takes("by") ? this.#columns() : [];
    return (rows) => {
      const groups = Map.groupBy(rows, (row) => JSON.stringify(columns.map(({ value }) => value(row) ?? null)));
      return [...groups].map(([key, group]) => {
        const values = JSON.parse(key) as readonly JsonValue[];
        return { ...Object.fromEntries(columns.map(({ name }, index) => [name, values[index]])), [counted]: group.length };
      });
    };
  }

  #columns(): readonly Column[] {
    const columns = [this.#column()];
    while (this.#takes(",")) columns.push(this.#column());
    return columns;
  }

  #column(): Column {
    if (this.#tokens[this.#at + 1] !== "=") return this.#value();
    const name = this.word();
    this.#must("=");
    return { name, value: this.#value().value };
  }

  #either(): Condition {
    const parts = [this.#all()];
    while (this.#takes("or")) parts.push(this.#all());
    return (row) => parts.some((part) => part(row));
  }

  #all(): Condition {
    const parts = [this.#condition()];
    while (this.#takes("and")) parts.push(this.#condition());
    return (row) => parts.every((part) => part(row));
  }

  #condition(): Condition {
    if (this.#tokens[this.#at]?.toLowerCase() === "not" && this.#tokens[this.#at + 1] === "(") {
      this.#at += 1;
      const inner = this.#condition();
      return (row) => !inner(row);
    }
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

  #comparison(): Condition {
    const { value } = this.#value();
    const operator = this.#tokens[this.#at]?.toLowerCase() ?? "";
    const compare = comparison(operator);
    if (!compare) throw this.#unexpected();
    this.#at += 1;
    const wanted = /^!?in~?$/.test(operator) ? this.#list() : [this.#text()];
    return (row) => compare(plain(value(row)), wanted);
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

  /** A column or a function of one, with a path into it. */
  #value(): Column {
    const name = this.word();
    const change = functions[name.toLowerCase()];
    if (!change || !this.#takes("(")) return this.#within({ name, value: (row) => row[name] });
    const inner = this.#value();
    this.#must(")");
    return this.#within({ name: inner.name, value: (row) => change(inner.value(row)) });
  }

  #within({ name, value }: Column): Column {
    const path: string[] = [];
    for (;;) {
      if (this.#takes(".")) path.push(this.word());
      else if (this.#takes("[")) {
        path.push(this.#text());
        this.#must("]");
      } else return { name: [name, ...path].join("_"), value: (row) => memberAt(value(row), path) };
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

function rowOf(columns: readonly Column[], row: JsonObject): JsonObject {
  return Object.fromEntries(columns.map(({ name, value }) => [name, value(row) ?? null]));
}
