import { type ActOfAdministrators, isOfAdministrators } from "./administrators.ts";
import { type Declared, declared, declaredAgain, drawnTheme, HOSTS, IDENTITIES, keysAbout, type Theme } from "./specs.ts";
import type { Chance } from "./random.ts";

/** What others do in Azure behind the operator's back. */
export type ActOfOthers =
  /** They change a tag, delete an identity, or make one of that name their own, with a mark of theirs or without. */
  | { readonly do: "retag" | "unmake" | "squat" | "squatMarked"; readonly identity: string }
  /** They grant an identity what our objects grant it, too, or make a federated credential of a name that our objects use; at
   * once, or while the next one of ours is told to come later. */
  | { readonly do: "grantForeign" | "squatCredential" | "raceCredential"; readonly identity: string }
  /**
   * They attach an identity of theirs to a host, take all identities away, switch its
   * system-assigned identity on, or make or remove the host itself; a deaf host takes writes without effect, until it heeds them again.
   */
  | { readonly do: "attachForeign" | "detachAll" | "switchOn" | "unmakeHost" | "makeHost" | "deafen" | "heed"; readonly host: string }
  /** For two hours they put a tag, or the identities of a host, back as they want them. */
  | { readonly do: "rival"; readonly identity: string }
  | { readonly do: "rivalOn"; readonly host: string }
  /** They use up the quota of the operator's principal. */
  | { readonly do: "drain" }
  /** The next long-running operation fails after it was accepted. */
  | { readonly do: "failOperation" };

/** One thing that somebody does. */
export type Act =
  | ActOfOthers
  | ActOfAdministrators
  | ({ readonly do: "apply" } & Declared)
  | { readonly do: "delete" | "pause" | "resume" | "ask"; readonly key: string }
  /** A namespace, default unless another is named, is deleted with everything in it. */
  | { readonly do: "vanish"; readonly namespace?: string }
  /** The API server is away, or a second operator works beside the first, for so long. */
  | { readonly do: "outage" | "secondLeader"; readonly forMs: number }
  /** Every watch ends with 410, and what is there is listed anew. */
  | { readonly do: "relist" }
  | { readonly do: "restart" };

/** What happens, and how long after what happened before, in milliseconds. */
export interface Step {
  readonly afterMs: number;
  readonly act: Act;
}

/** A story that a seed tells: objects come, change and go, while others do as they like. */
export function toldBy(chance: Chance): readonly Step[] {
  const steps: Step[] = [];
  const length = 4 + chance.below(9);
  const theme = drawnTheme(chance);
  for (let index = 0; index < length; index += 1) {
    const last = steps.at(-1)?.act;
    if (last?.do === "apply" && chance.happens(0.12)) steps.push({ afterMs: chance.pick([300, 700, 1500]), act: { do: "apply", ...declaredAgain(chance, theme, last) } });
    else steps.push({ afterMs: chance.pick([0, 0, 50, 400, 3000, 30_000, 200_000]), act: drawn(chance, theme) });
  }
  return steps;
}

function drawn(chance: Chance, theme: Theme): Act {
  const keys = keysAbout(theme);
  const roll = chance.below(100);
  if (roll < 55) return { do: "apply", ...declared(chance, theme) };
  if (roll < 66) return { do: "delete", key: chance.pick(keys) };
  if (roll < 75) return { do: chance.pick(["pause", "pause", "resume", "ask"]), key: chance.pick(keys) };
  if (roll < 84 && theme === "credentials") return { do: chance.pick(["squatCredential", "raceCredential", "raceCredential", "unmake"]), identity: "ida" };
  if (roll < 84) return { do: chance.pick(["retag", "unmake", "squat", "squatMarked", "grantForeign", "squatCredential", "rival"]), identity: chance.pick(IDENTITIES) };
  if (roll < 92) return { do: chance.pick(["attachForeign", "attachForeign", "detachAll", "switchOn", "switchOn", "unmakeHost", "makeHost", "deafen", "heed", "rivalOn"]), host: chance.pick(HOSTS) };
  return seldom(chance);
}

function seldom(chance: Chance): Act {
  const roll = chance.below(100);
  if (roll < 15) return { do: "failOperation" };
  if (roll < 25) return { do: "vanish" };
  if (roll < 40) return { do: "outage", forMs: chance.pick([2000, 20_000, 90_000]) };
  if (roll < 50) return { do: "secondLeader", forMs: chance.pick([2000, 10_000]) };
  if (roll < 70) return { do: "relist" };
  return { do: "restart" };
}

/** Whether an act is one of others. */
export function isOfOthers(act: Act): act is ActOfOthers {
  return "identity" in act || "host" in act || act.do === "failOperation" || act.do === "drain";
}

/** What others do meets a world at rest, or how it ends would depend on who comes first. */
export function isMeddling(act: Act): boolean {
  if (isOfAdministrators(act)) return false;
  if (act.do !== "apply") return !["delete", "resume", "ask", "restart", "relist", "outage", "drain", "squatCredential", "raceCredential"].includes(act.do);
  const { spec, name } = act;
  return ["ownership", "adoptionPolicy", "managementPolicy", "systemAssigned"].some((field) => field in spec) || name === "twin";
}

/** Whether how a story ends depends on time alone: what was counted, or who was faster. */
export function isTimely(act: Act): boolean {
  return ["deafen", "rival", "rivalOn", "vanish", "secondLeader", "failOperation", "squatCredential", "raceCredential", "account", "cleanUp"].includes(act.do);
}
