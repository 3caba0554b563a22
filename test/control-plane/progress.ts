/** Where progress goes; a terminal gets one line that is rewritten, anything else plain lines. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  /** Steps shorter than this stay silent, by default 2 s. */
  readonly quietMs?: number;
  write(text: string): unknown;
}

const defaultQuietMs = 2_000;
const terminalIntervalMs = 1_000;
const plainIntervalMs = 30_000;

/**
 * Runs `work` and returns its result. When it takes longer than the stream's quiet time, says what is being done and for how long, and
 * at the end how long it took. Throws what `work` throws.
 */
export async function withProgress<T>(what: string, stream: ProgressStream, work: () => Promise<T>): Promise<T> {
  const line = new ProgressLine(what, stream);
  try {
    const result = await work();
    line.end("done after");
    return result;
  } catch (error) {
    line.end("failed after");
    throw error;
  }
}

class ProgressLine {
  readonly #what: string;
  readonly #stream: ProgressStream;
  readonly #startedAt = Date.now();
  #told = false;
  #timer: NodeJS.Timeout;

  constructor(what: string, stream: ProgressStream) {
    this.#what = what;
    this.#stream = stream;
    this.#timer = setTimeout(() => this.#tell(), stream.quietMs ?? defaultQuietMs);
  }

  end(verb: string): void {
    clearTimeout(this.#timer);
    if (this.#told) this.#stream.write(`${this.#lineStart()}${this.#what}: ${verb} ${this.#seconds()} s\n`);
  }

  #tell(): void {
    this.#told = true;
    const text = `${this.#lineStart()}${this.#what} … ${this.#seconds()} s`;
    this.#stream.write(this.#stream.isTTY === true ? text : `${text}\n`);
    this.#timer = setTimeout(() => this.#tell(), this.#stream.isTTY === true ? terminalIntervalMs : plainIntervalMs);
  }

  /** On a terminal: back to the first column, and clear what the line before left. */
  #lineStart(): string {
    return this.#stream.isTTY === true ? "\r\u001B[2K" : "";
  }

  #seconds(): number {
    return Math.round((Date.now() - this.#startedAt) / 1_000);
  }
}
