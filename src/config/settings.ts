import { type EnvironmentName, type Flag, type FlagName, FLAGS } from "./flags.ts";
import type { Reader } from "./values.ts";

const MAX_SHOWN_LENGTH = 200;
const flags: readonly Flag[] = FLAGS;

/** Flags and environment, read one by one; what is wrong with them is collected. */
export class Settings {
  readonly #values: ReadonlyMap<FlagName, string>;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #errors: string[] = [];

  constructor(values: ReadonlyMap<FlagName, string>, environment: Readonly<Record<string, string | undefined>>) {
    this.#values = values;
    this.#environment = environment;
  }

  /** What was wrong so far, one sentence each. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  /** The value of a flag or its default; undefined when there is neither, or when it is wrong. */
  flag<T>(name: FlagName, reader: Reader<T>): T | undefined {
    const text = this.#values.get(name) ?? flags.find((flag) => flag.name === name)?.default;
    return text === undefined ? undefined : this.#read(`--${name}=${shown(text)}`, reader(text));
  }

  /** Whether a flag is given; its default is not. */
  isGiven(name: FlagName): boolean {
    return this.#values.has(name);
  }

  /** Whether a variable is set; an empty one is not. */
  has(name: EnvironmentName): boolean {
    return (this.#environment[name] ?? "") !== "";
  }

  /** The value of a variable; undefined when it is not set or wrong. */
  variable<T>(name: EnvironmentName, reader: Reader<T>): T | undefined {
    const text = this.#environment[name];
    return text === undefined || text === "" ? undefined : this.#read(`${name}=${shown(text)}`, reader(text));
  }

  /** The value of a variable that must be set. */
  required<T>(name: EnvironmentName, reader: Reader<T>, purpose: string): T | undefined {
    if (this.has(name)) return this.variable(name, reader);
    this.fault(`cannot start without ${name}: set it to ${purpose}`);
    return undefined;
  }

  /** Tells what is wrong. */
  fault(sentence: string): void {
    this.#errors.push(sentence);
  }

  #read<T>(setting: string, read: ReturnType<Reader<T>>): T | undefined {
    if (read.ok) return read.value;
    this.fault(`cannot use ${setting}: ${read.expected}`);
    return undefined;
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text);
}
