/**
 * Whether a text matches a pattern in which `*` stands for any characters, none included; everything else is compared as it is.
 * The time grows with the length of both, whatever the pattern: no regular expression is made of it.
 */
export function matchesWildcard(text: string, pattern: string): boolean {
  const [first = "", ...pieces] = pattern.split("*");
  const last = pieces.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const piece of pieces) {
    const at = text.indexOf(piece, from);
    if (at < 0 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return true;
}
