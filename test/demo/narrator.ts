/** Tells what happens: plain text, with colour only on a terminal. */
export class Narrator {
  readonly #out: NodeJS.WriteStream;
  #ended = false;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** A headline of the story. */
  title(text: string): void {
    this.text(`\n${this.#styled("1", `== ${text}`)}`);
  }

  /** A command that is about to run. */
  command(words: readonly string[]): void {
    this.text(this.#styled("36", `$ ${words.join(" ")}`));
  }

  /** Output, as it is. */
  text(text: string): void {
    if (!this.#ended) this.#out.write(`${text}\n`);
  }

  /** What went wrong. */
  failure(text: string): void {
    this.text(this.#styled("31", text));
  }

  /** Nothing is told after this: what was interrupted may still be going on. */
  end(): void {
    this.#ended = true;
  }

  /** Runs something, and says so every two seconds while it takes longer. */
  async during<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    const startedMs = Date.now();
    const timer = setInterval(() => this.text(`… ${what} (${Math.round((Date.now() - startedMs) / 1000)} s)`), 2000);
    try {
      return await work();
    } finally {
      clearInterval(timer);
    }
  }

  #styled(code: string, text: string): string {
    return this.#out.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
