/**
 * Why a pattern might take more than linear time in a backtracking engine; undefined when it cannot. It demands more than
 * needed: no look-around, no back-reference; a repeated group begins with a character that nothing in it repeats, holds no
 * alternatives, and no repeated class is followed by another one that overlaps with it.
 */
export function doubtAbout(pattern: string): string | undefined {
  if (/\(\?<?[=!]/u.test(pattern)) return "it looks around";
  if (/\\[1-9]|\\k</u.test(pattern)) return "it refers back";
  const group = repeatedGroups(pattern).find((body) => !beginsUniquely(body));
  if (group !== undefined) return `the repeated group "${group}" can be split in more than one way`;
  const neighbours = [...pattern.matchAll(/(\[[^\]]*\])(?:[*+]|\{\d+,\d*\})(?=(\[[^\]]*\])(?:[*+]|\{\d+,\d*\}))/gu)];
  const [, first, second] = neighbours.find(([, one, other]) => overlap(one ?? "", other ?? "")) ?? [];
  return first === undefined ? undefined : `${first} and ${second} side by side can share a text in more than one way`;
}

function repeatedGroups(pattern: string): readonly string[] {
  const opened: number[] = [];
  const groups: string[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at];
    if (character === "\\") at += 1;
    else if (character === "[") at = pattern.indexOf("]", at);
    else if (character === "(") opened.push(at);
    else if (character === ")") {
      const from = opened.pop() ?? 0;
      if (/^[*+{]/u.test(pattern.slice(at + 1))) groups.push(pattern.slice(from + 1, at).replace(/^\?:/u, ""));
    }
  }
  return groups;
}

/** Whether a group's first character is one that no class in it contains, so that each repetition has one beginning. */
function beginsUniquely(body: string): boolean {
  const [, first] = /^\\?([-/.:])/u.exec(body) ?? [];
  if (first === undefined || body.includes("|")) return false;
  return (body.match(/\[[^\]]*\]/gu) ?? []).every((characters) => !new RegExp(characters, "u").test(first));
}

function overlap(one: string, other: string): boolean {
  const ascii = Array.from({ length: 128 }, (_, code) => String.fromCodePoint(code));
  return ascii.some((character) => new RegExp(one).test(character) && new RegExp(other).test(character));
}
