import type { TimerClock } from "../../src/queue/clock.ts";
import type { Chance } from "./random.ts";

/** How long somebody goes on changing things back. */
export const RIVALRY_MS = 2 * 60 * 60_000;

/**
 * What we may have undone in that time: a few changes within an hour, after that one each half an hour (DESIGN 1). A process that starts
 * knows nothing of it, and neither does who asks for a change.
 */
const MAX_UNDONE = 3 + 4 + 3;

interface Rivalry {
  readonly untilMs: number;
  undone: number;
}

/** Tools of others that put a thing back as they want it, every so often, whatever we do. */
export class Rivals {
  /** Told that they changed something back. */
  onUndone: () => void = () => undefined;
  readonly #clock: TimerClock;
  readonly #chance: Chance;
  readonly #rivalries = new Map<string, Rivalry>();
  #excused = 0;

  constructor(clock: TimerClock, chance: Chance) {
    this.#clock = clock;
    this.#chance = chance;
  }

  /** Has a tool begin; `putBack` returns whether it had to change anything. */
  begin(name: string, putBack: () => boolean): void {
    const rivalry = { untilMs: this.#clock.now() + RIVALRY_MS, undone: 0 };
    this.#rivalries.set(name, rivalry);
    const everyMs = this.#chance.pick([20_000, 60_000, 200_000]);
    const round = (): void => {
      if (this.#rivalries.get(name) !== rivalry || this.#clock.now() > rivalry.untilMs) return;
      if (putBack()) {
        rivalry.undone += 1;
        this.onUndone();
      }
      this.#clock.setTimer(everyMs, round);
    };
    round();
  }

  /** Somebody did what has a fight begin anew. */
  excuse(): void {
    this.#excused += 1;
  }

  /** They give up. */
  relent(): void {
    for (const [name, { undone }] of this.#rivalries) this.#rivalries.set(name, { untilMs: 0, undone });
  }

  /** Things about which we fought on. */
  get faults(): readonly string[] {
    const fights = [...this.#rivalries].filter(([, { undone }]) => undone > MAX_UNDONE + 4 * this.#excused);
    return fights.map(([name, { undone }]) => `${name} was written ${undone} times although others undid it each time`);
  }
}
