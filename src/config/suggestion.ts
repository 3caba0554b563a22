/** The candidate that is nearest to a misspelt text, when one is near enough to be meant. */
export function suggestion(text: string, candidates: readonly string[]): string | undefined {
  const wanted = text.toLowerCase().replaceAll("_", "-");
  const near = candidates
    .map((candidate) => ({ candidate, edits: edits(wanted, candidate) }))
    .filter(({ candidate, edits: count }) => count <= Math.max(1, candidate.length / 3))
    .sort((a, b) => a.edits - b.edits);
  return near[0]?.candidate ?? candidates.find((candidate) => wanted.length >= 3 && candidate.includes(wanted));
}

/** How many characters must be added, removed or replaced to get from one text to the other. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] ?? 0) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
