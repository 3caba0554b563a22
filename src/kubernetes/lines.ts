const NEWLINE = 0x0a;

/**
 * Splits a stream of bytes into lines. A character of several bytes may be cut between two chunks, so a line becomes
 * text only when it is whole; U+2028 does not end a line, as it does for Node's readline.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      start = end + 1;
      if (line.trim() !== "") yield line;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
}
