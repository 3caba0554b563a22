import { randomBytes } from "node:crypto";

/** Tokens of Kubernetes and of Entra; the signed members of the URL of an operation (arm.md 2.3). */
const SHAPES: readonly (readonly [string, RegExp])[] = [
  ["a token", /\beyJ[\w-]{6,}\.[\w-]{6,}/],
  ["a signed query", /[?&](?:[tcsh]|sig)=[\w%-]{8,}/],
];

/** Secrets that can be told from everything else, by what they are for. */
export class Canaries {
  readonly #values = new Map<string, string>();

  /** A new secret. */
  add(purpose: string, value = `canary-${randomBytes(12).toString("hex")}`): string {
    this.#values.set(purpose, value);
    return value;
  }

  /** All of them, as Azure would repeat a request. */
  get all(): readonly string[] {
    return [...this.#values.values()];
  }

  /** What a text shows of them, in whatever form, and of what looks like a token or a signature. */
  seenIn(text: string): readonly string[] {
    const shapes = SHAPES.filter(([, shape]) => shape.test(text)).map(([what]) => what);
    const values = [...this.#values].filter(([, value]) => formsOf(value).some((form) => text.includes(form))).map(([purpose]) => purpose);
    return [...values, ...shapes];
  }
}

/** A secret as it is, in JSON, in a URL, in hexadecimal, and in base64 wherever it may begin. */
function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value, "utf8");
  const base64 = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // The first and the last group depend on what stands beside it.
    return encoded.slice(before === 0 ? 0 : 4, -4);
  });
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), bytes.toString("hex"), ...base64, ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}
