/** One question that is asked of a world, and what it proves. */
export interface Oracle {
  readonly name: string;
  /** What never happens while it is content, in a few words. */
  readonly proves: string;
  /** What it says when it is not content. */
  readonly says: RegExp;
}

/** Every oracle, the more telling first. `README.md` lists them. */
export const ORACLES: readonly Oracle[] = [
  { name: "finalizer", proves: "invariant 1: no write to Azure before the finalizer is stored", says: /no finalizer stands before/ },
  { name: "holds", proves: "invariant 1: no write to Azure of what is not recorded in `status.holds`", says: /nobody holds what is written|does not hold it before the mark/ },
  { name: "foreign", proves: "invariant 2: nothing of others is changed, deleted or detached", says: /\(invariant 2\)/ },
  { name: "needed", proves: "nothing goes that an object needs, retains or inherits", says: /refers to it|inherits it|says Retain|it detaches .*, which .* names/ },
  { name: "destroy", proves: "no system-assigned identity goes unless somebody says Destroy", says: /nobody says Destroy/ },
  { name: "consent", proves: "no host is disturbed more than is allowed", says: /nobody allows that/ },
  { name: "unwanted", proves: "nothing is written for who is paused or only observes", says: /is paused or only observes/ },
  { name: "gone", proves: "invariant 3: what was declared goes with its objects, and they go", says: /does not go:|is still attached to|keeps our mark|^grant .* is left/ },
  { name: "leak", proves: "invariant 3: nothing carries our mark that belongs to no object", says: /\(leak\)/ },
  { name: "stillness", proves: "invariant 4: a look at a settled world writes nothing", says: /a look at a settled world/ },
  { name: "repeated", proves: "invariant 4: no credential is written that is like that already", says: /like that already/ },
  { name: "lane", proves: "invariant 5: one write or operation of ours in a lane at a time", says: /in its lane/ },
  { name: "ending", proves: "invariant 6: a disturbed world ends as an undisturbed one", says: /it ends otherwise than undisturbed/ },
  { name: "rest", proves: "every world comes to rest", says: /does not come to rest/ },
  { name: "flips", proves: "invariant 7: no message returns while nothing else changes", says: /flips:/ },
  { name: "secret", proves: "invariant 8: no secret, token or signature in a status", says: /\(invariant 8\)/ },
  { name: "conditions", proves: "conditions are legal, and kstatus reads them as they are meant", says: /no Ready condition|^\S+ \S+ says Ready|another generation|to kstatus|with a hole/ },
  { name: "truth", proves: "what says Ready is in Azure as it is declared", says: /is Ready, and/ },
  { name: "principal", proves: "the principal of every write is the credential of the claims that it carries", says: /is served by/ },
  { name: "withheld", proves: "without the consent of its owner no identity is attached, and what the owner wants back is given back", says: /its owner does not consent|wants it back/ },
  { name: "permitted", proves: "without the permission nothing is attached", says: /has no permission on/ },
  { name: "listed", proves: "nothing is written to a host that is not listed for a namespace", says: /are not listed for it/ },
  { name: "told", proves: "what may not be named looks like what does not exist", says: /tells of what it may not name/ },
  { name: "counted", proves: "an identity counts the objects of other namespaces that use it", says: /of other namespaces, and there are/ },
  { name: "healed", proves: "who was refused a right or a credential goes on once it is there", says: /lacks nothing any more/ },
  { name: "exclusive", proves: "no Exclusive claim stands beside another", says: /is Exclusive and Ready beside/ },
  { name: "culprit", proves: "one identity that is at fault keeps no other one out", says: /because of another identity/ },
  { name: "own", proves: "nothing is refused as somebody else's that the object made itself", says: /refuses what it made itself/ },
  { name: "woken", proves: "who waits is woken by what it waits for", says: /still waits for|has not looked at its spec/ },
  { name: "later", proves: "nobody comes before Retry-After allows it", says: /before Retry-After allows it/ },
  { name: "contested", proves: "what others keep undoing is left to them after a few times", says: /although others undid it/ },
  { name: "busy", proves: "nothing is asked again and again", says: /times in a minute/ },
  { name: "budget", proves: "a story costs no more requests and writes than it needs", says: /a story cost/ },
  { name: "defect", proves: "no pass throws what it does not expect", says: /a pass threw/ },
];

/** Which oracle says so. Throws when none does: then the table above lacks one. */
export function oracleOf(fault: string): Oracle {
  const found = ORACLES.find(({ says }) => says.test(fault.split("\n")[0] ?? ""));
  if (found === undefined) throw new Error(`no oracle says "${fault}"; add it to test/world/oracles.ts`);
  return found;
}
