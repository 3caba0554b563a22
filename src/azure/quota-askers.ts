import type { QuotaBucket } from "./quota-bucket.ts";
import type { Draw } from "./quota-draws.ts";
import type { Urgency, Waiting } from "./waiting-line.ts";

/** Tokens of one bucket. */
export interface Counted {
  readonly draw: Draw;
  readonly count: number;
}

/** How many tokens of a bucket there are in a map. */
export function countOf(tokens: ReadonlyMap<string, Counted>, key: string): number {
  return tokens.get(key)?.count ?? 0;
}

/** Who asks for turns: a unit of work, with what it needs, has got and has used in its pass. */
export class Asker implements Waiting {
  readonly unit: string;
  readonly namespace: string;
  urgency: Urgency;
  readonly needs = new Map<string, Counted>();
  /** What passes before turned out to need on their way. */
  readonly learned = new Map<string, Counted>();
  readonly held = new Map<string, Counted>();
  readonly used = new Map<string, Counted>();
  /** The bucket in whose line it stands. */
  standsIn: QuotaBucket<Asker> | undefined;
  /** When it was told to come again. */
  dueAtMs = 0;

  constructor(unit: string, { namespace, urgency }: Waiting) {
    this.unit = unit;
    this.namespace = namespace;
    this.urgency = urgency;
  }

  /** Needs at least one token of each. */
  wants(draws: readonly Draw[]): void {
    for (const draw of draws) this.needs.set(draw.key, { draw, count: Math.max(1, countOf(this.needs, draw.key)) });
  }

  holds(draw: Draw, more: number): void {
    this.held.set(draw.key, { draw, count: countOf(this.held, draw.key) + more });
  }

  /** A token that is held goes to a request. */
  use(draw: Draw): void {
    const left = countOf(this.held, draw.key) - 1;
    if (left > 0) this.held.set(draw.key, { draw, count: left });
    else this.held.delete(draw.key);
    this.used.set(draw.key, { draw, count: countOf(this.used, draw.key) + 1 });
  }
}

/** All who ask, by their units. */
export class Askers {
  readonly #askers = new Map<string, Asker>();

  get(unit: string): Asker | undefined {
    return this.#askers.get(unit);
  }

  /** Who asks, made when it is new. A person's edit makes it urgent; nothing makes it less so while it waits. */
  obtain(unit: string, as: Waiting): Asker {
    const known = this.#askers.get(unit);
    if (known === undefined) {
      const made = new Asker(unit, as);
      this.#askers.set(unit, made);
      return made;
    }
    if (as.urgency !== "user" || known.urgency === "user") return known;
    const line = known.standsIn?.line;
    line?.leave(known);
    known.urgency = "user";
    line?.enter(known, false);
    return known;
  }

  forget({ unit }: Asker): void {
    this.#askers.delete(unit);
  }
}
