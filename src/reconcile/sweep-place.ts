import type { UnitKey } from "./claim.ts";
import type { Coverage } from "./sweep-list.ts";

/** What the sweep knows of a unit. */
export interface Place {
  readonly coverage: Coverage;
  /** The list that stands for it. */
  readonly key: UnitKey;
  /** Whether it was settled when this process first saw it, and no pass has looked at it since. */
  isAwaited: boolean;
  /** When a pass of its own ended last, in milliseconds since the epoch; undefined before the first. */
  passedAtMs: number | undefined;
  /** When it has to be read by its own id at the latest; infinite when never. */
  readAtMs: number;
  /** The reading of the list in which it was seen last. */
  seenIn: number;
  /** What a page said that was found to be as declared, of the claims as they are: the same need not be compared again. */
  sameAs: number | undefined;
  /** What a page said that differed, and in how many passes since then nothing was found to differ. */
  alarm: Alarm | undefined;
}

interface Alarm {
  readonly said: number | "absent";
  readonly atMs: number;
  /** Whether no pass has looked at it yet. */
  readonly isDue: boolean;
  readonly times: number;
}

/** Lists and caches lag behind GET by seconds to minutes (arm.md 15): what was looked at so shortly before a list began is not judged by it. */
const LAG_MS = 120_000;

/** Passes that found nothing, after which a page that goes on to say the same is taken for how Azure lists that resource. */
const MAX_FALSE_ALARMS = 3;

/** How long that is believed. */
const BELIEVED_MS = 6 * 3_600_000;

/** Whether a list that began then can say nothing new of a unit. */
export function isFresh({ passedAtMs }: Place, startedAtMs: number): boolean {
  return passedAtMs !== undefined && passedAtMs > startedAtMs - LAG_MS;
}

/** Takes what a page says that differs; returns whether a pass has to find out. */
export function alarmed(place: Place, said: Alarm["said"], nowMs: number): boolean {
  const { alarm } = place;
  const known = alarm?.said === said && nowMs - alarm.atMs < BELIEVED_MS ? alarm : undefined;
  if (known !== undefined && known.times >= MAX_FALSE_ALARMS) return false;
  place.alarm = { said, atMs: known?.atMs ?? nowMs, isDue: true, times: known?.times ?? 0 };
  return true;
}

/** Takes the end of a pass, before which what it wrote has ended the alarm. `readMs`: until the next one that no page spares. */
export function passed(place: Place, { nowMs, readMs }: { readonly nowMs: number; readonly readMs: number }): void {
  place.isAwaited = false;
  place.passedAtMs = nowMs;
  place.readAtMs = nowMs + readMs;
  const { alarm } = place;
  if (alarm?.isDue === true) place.alarm = { ...alarm, isDue: false, times: alarm.times + 1 };
}
