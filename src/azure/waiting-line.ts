/** How urgent the work is that waits: somebody's edit, a retry, or the ordinary look. */
export type Urgency = "user" | "retry" | "resync";

/** All of them, the most urgent first. */
export const URGENCIES: readonly Urgency[] = ["user", "retry", "resync"];

/**
 * Shares of the classes while all of them wait. None starves: of 21 turns an ordinary look gets at least one.
 */
const WEIGHTS: Readonly<Record<Urgency, number>> = { user: 16, retry: 4, resync: 1 };

/** Who stands in a line. */
export interface Waiting {
  readonly urgency: Urgency;
  /** Whose share its turn counts against. */
  readonly namespace: string;
}

interface Place {
  readonly who: Waiting;
  readonly urgency: Urgency;
  /** When its turn ends in the time of its class, in which every namespace that waits gets one turn at a time. */
  readonly tag: number;
  readonly order: number;
}

/**
 * One line for one bucket. Between the classes, and within a class between namespaces, turns are shared by start-time fair
 * queueing: whoever comes new gets the next turn of its share, however many others wait already.
 */
export class WaitingLine<Who extends Waiting> {
  readonly #classes: Readonly<Record<Urgency, FairClass>> = { user: new FairClass(WEIGHTS.user), retry: new FairClass(WEIGHTS.retry), resync: new FairClass(WEIGHTS.resync) };
  readonly #places = new Map<Who, Place>();
  #order = 0;
  /** Virtual time among the classes: when the last turn began. */
  #now = 0;

  get size(): number {
    return this.#places.size;
  }

  has(who: Who): boolean {
    return this.#places.has(who);
  }

  /** Joins the line; a senior has waited elsewhere and stands before all of its class. */
  enter(who: Who, isSenior: boolean): void {
    this.leave(who);
    const { urgency, namespace } = who;
    const of = this.#classes[urgency];
    of.startsAt = this.#startOf(of);
    const place = { who, urgency, tag: isSenior ? of.floor : of.nextTag(namespace), order: this.#order++ };
    if (!isSenior) of.note(namespace, place.tag);
    of.insert(place);
    this.#places.set(who, place);
  }

  leave(who: Who): void {
    const place = this.#places.get(who);
    if (place === undefined) return;
    this.#places.delete(who);
    this.#classes[place.urgency].remove(place);
    if (this.#places.size === 0) this.#forget();
  }

  /** Takes a turn: from its place in the line, or past it by rank. */
  serve(who: Who): void {
    if (this.#places.size === 0) return;
    const place = this.#places.get(who);
    const of = this.#classes[place?.urgency ?? who.urgency];
    const startsAt = this.#startOf(of);
    this.#now = Math.max(this.#now, startsAt);
    of.serve(place?.tag ?? of.nextTag(who.namespace), who.namespace, startsAt);
    this.leave(who);
  }

  /** How many have their turn before it, where it stands or where it would. */
  aheadOf(who: Who): number {
    const place = this.#places.get(who);
    const urgency = place?.urgency ?? who.urgency;
    const own = this.#classes[urgency];
    const before = place === undefined ? own.countBefore(own.nextTag(who.namespace), Infinity) : own.countBefore(place.tag, place.order);
    const finish = this.#startOf(own) + (before + 1) / own.weight;
    return URGENCIES.reduce((sum, each) => (each === urgency ? sum : sum + this.#servedUntil(each, urgency, finish)), before);
  }

  /** Those with whom the turns of the classes go on next. */
  heads(): readonly Who[] {
    return URGENCIES.flatMap((urgency) => (this.#classes[urgency].head?.who as Who | undefined) ?? []);
  }

  /** How many of another class have had their turn when one of ours ends. */
  #servedUntil(other: Urgency, own: Urgency, finish: number): number {
    const { startsAt, weight, size } = this.#classes[other];
    const turns = (finish - startsAt) * weight;
    const isFirst = URGENCIES.indexOf(other) < URGENCIES.indexOf(own);
    return Math.min(size, Math.max(0, isFirst ? Math.floor(turns + 1e-9) : Math.ceil(turns - 1e-9) - 1));
  }

  /** When the next turn of a class begins: one that had nobody waiting has no claim on the time before. */
  #startOf(of: FairClass): number {
    return of.size === 0 ? Math.max(of.startsAt, this.#now) : of.startsAt;
  }

  #forget(): void {
    this.#now = 0;
    for (const urgency of URGENCIES) this.#classes[urgency].forget();
  }
}

/** The places of one class, in the order of their turns. */
class FairClass {
  readonly weight: number;
  startsAt = 0;
  /** When the last turn of this class began, in its own time. */
  floor = 0;
  readonly #places: Place[] = [];
  readonly #last = new Map<string, number>();

  constructor(weight: number) {
    this.weight = weight;
  }

  get size(): number {
    return this.#places.length;
  }

  get head(): Place | undefined {
    return this.#places[0];
  }

  nextTag(namespace: string): number {
    return Math.max(this.floor, this.#last.get(namespace) ?? 0) + 1;
  }

  note(namespace: string, tag: number): void {
    this.#last.set(namespace, tag);
  }

  insert(place: Place): void {
    this.#places.splice(this.countBefore(place.tag, place.order), 0, place);
  }

  remove(place: Place): void {
    const index = this.countBefore(place.tag, place.order);
    if (this.#places[index] === place) this.#places.splice(index, 1);
  }

  serve(tag: number, namespace: string, startsAt: number): void {
    this.startsAt = startsAt + 1 / this.weight;
    this.floor = Math.max(this.floor, tag - 1);
    this.#last.set(namespace, Math.max(tag, this.#last.get(namespace) ?? 0));
  }

  /** How many places come before one, by bisection. */
  countBefore(tag: number, order: number): number {
    let [low, high] = [0, this.#places.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const place = this.#places[middle];
      if (place !== undefined && (place.tag < tag || (place.tag === tag && place.order < order))) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  forget(): void {
    this.startsAt = 0;
    this.floor = 0;
    this.#last.clear();
  }
}
