import * as fc from "fast-check";
import { expect, it } from "vitest";
import { linesOf } from "../../src/kubernetes/lines.ts";

async function* chunksOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [index, edge] of edges.entries()) yield bytes.subarray(edges[index - 1] ?? 0, edge);
}

async function readLines(chunks: AsyncIterable<Buffer>): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(chunks)) lines.push(line);
  return lines;
}

it("gives back the lines, wherever the chunks are cut", async () => {
  const line = fc.string({ unit: "grapheme", minLength: 1 }).map((text) => `x${text.replaceAll("\n", "")}`);
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
      expect(await readLines(chunksOf(bytes, cuts))).toEqual(lines);
    }),
  );
});

it("keeps back a line that has no end, and skips empty ones", async () => {
  const bytes = Buffer.from("whole\n\n \nhalf");
  expect(await readLines(chunksOf(bytes, []))).toEqual(["whole"]);
});
