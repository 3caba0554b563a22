import { gatewayError } from "./errors.ts";

/** The texts that a filter may ask an item for, by lower-cased field. */
export type FilterFields = Readonly<Record<string, string | undefined>>;

/** Says whether an item meets a filter. */
export type Filter = (fields: FilterFields) => boolean;

const TOKEN = /\s*(?:([A-Za-z][\w/.]*)|'((?:[^']|'')*)'|([(),]))/y;

type Token =
  | { readonly is: "word"; readonly text: string }
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "mark"; readonly text: string };

/**
 * Reads an OData `$filter` of the kind ARM's lists take: `eq`, `ne`, `and`, `or`, brackets, and `substringof`, `startswith` and
 * `contains`; texts compare without regard to case. Refuses with 400 what is none, and fields that the list does not have.
 */
export function parsedFilter(text: string, fields: readonly string[]): Filter {
  return new Parser(text, fields).whole();
}

class Parser {
  readonly #text: string;
  readonly #fields: readonly string[];
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string, fields: readonly string[]) {
    this.#text = text;
    this.#fields = fields.map((field) => field.toLowerCase());
    this.#tokens = this.#tokenized();
  }

  whole(): Filter {
    const filter = this.#either();
    if (this.#at < this.#tokens.length) throw this.#refusal();
    return filter;
  }

  #either(): Filter {
    const parts = [this.#all()];
    while (this.#takes("word", "or")) parts.push(this.#all());
    return (fields) => parts.some((part) => part(fields));
  }

  #all(): Filter {
    const parts = [this.#one()];
    while (this.#takes("word", "and")) parts.push(this.#one());
    return (fields) => parts.every((part) => part(fields));
  }

  #one(): Filter {
    if (this.#takes("mark", "(")) {
      const inner = this.#either();
      this.#must("mark", ")");
      return inner;
    }
    const word = this.#next("word").toLowerCase();
    if (this.#takes("mark", "(")) return this.#call(word);
    const field = this.#known(word);
    const operator = this.#next("word").toLowerCase();
    const wanted = this.#next("text").toLowerCase();
    if (operator === "eq") return (fields) => valueOf(fields, field) === wanted;
    if (operator === "ne") return (fields) => valueOf(fields, field) !== wanted;
    throw this.#refusal();
  }

  /** `substringof` has its text before the field, the others after it. */
  #call(name: string): Filter {
    const textFirst = name === "substringof";
    const before = textFirst ? this.#next("text") : this.#known(this.#next("word").toLowerCase());
    this.#must("mark", ",");
    const after = textFirst ? this.#known(this.#next("word").toLowerCase()) : this.#next("text");
    this.#must("mark", ")");
    const [field, part] = textFirst ? [after, before.toLowerCase()] : [before, after.toLowerCase()];
    if (name === "startswith") return (fields) => valueOf(fields, field)?.startsWith(part) === true;
    if (textFirst || name === "contains") return (fields) => valueOf(fields, field)?.includes(part) === true;
    throw this.#refusal();
  }

  #tokenized(): readonly Token[] {
    const tokens: Token[] = [];
    const text = this.#text.trimEnd();
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const [, word, quoted, mark] = TOKEN.exec(text) ?? [];
      if (word !== undefined) tokens.push({ is: "word", text: word });
      else if (quoted !== undefined) tokens.push({ is: "text", text: quoted.replaceAll("''", "'") });
      else if (mark !== undefined) tokens.push({ is: "mark", text: mark });
      else throw this.#refusal();
    }
    return tokens;
  }

  #known(field: string): string {
    if (this.#fields.includes(field)) return field;
    throw this.#refusal();
  }

  #next(is: Token["is"]): string {
    const token = this.#tokens[this.#at];
    if (token?.is !== is) throw this.#refusal();
    this.#at += 1;
    return token.text;
  }

  #takes(is: Token["is"], text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.is !== is || token.text.toLowerCase() !== text) return false;
    this.#at += 1;
    return true;
  }

  #must(is: Token["is"], text: string): void {
    if (!this.#takes(is, text)) throw this.#refusal();
  }

  #refusal(): Error {
    return gatewayError(400, "InvalidFilterInQueryString", `Invalid $filter '${this.#text}' specified in the query string.`);
  }
}

function valueOf(fields: FilterFields, field: string): string | undefined {
  return fields[field]?.toLowerCase();
}
