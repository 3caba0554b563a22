/** How long after it was received a write may take its effect here: the longest delay among the faults, and a busy machine. */
const EFFECT_MS = 3_000;

interface Line {
  readonly atMs: number;
  readonly isRead: boolean;
}

/**
 * Whether an edit of others may have fallen between our GET of a host and the write of all its identities that followed: such a write
 * puts back what they took away, or takes away what they added, where a host knows no If-Match (DESIGN 2 admits it). `answered` has a
 * line for each request, in the order of the answers.
 */
export function fellInGap(answered: readonly string[], id: string, editedAtMs: number): boolean {
  const lines = answered.flatMap((line) => lineOf(line, id.toLowerCase()) ?? []).toSorted((left, right) => left.atMs - right.atMs);
  return lines.some(({ atMs, isRead }, index) => {
    const read = lines.slice(0, index).findLast((before) => before.isRead);
    return !isRead && read !== undefined && read.atMs <= editedAtMs && editedAtMs <= atMs + EFFECT_MS;
  });
}

function lineOf(line: string, id: string): Line | undefined {
  const [at = "", , method = "", path = ""] = line.split(" ");
  const isRead = method === "GET";
  return path.toLowerCase() === id && (isRead || method === "PATCH" || method === "PUT") ? { atMs: Date.parse(at), isRead } : undefined;
}
