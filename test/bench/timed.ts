const TELL_EVERY_MS = 2000;

/** Does the work and returns how many seconds it took; while it goes on, says so every two seconds on standard error. */
export async function timed(what: string, work: () => Promise<unknown>, state: () => string = () => ""): Promise<number> {
  const startMs = performance.now();
  const tell = () => console.error(`${what} … ${((performance.now() - startMs) / 1000).toFixed(0)} s ${state()}`.trimEnd());
  const timer = setInterval(tell, TELL_EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return (performance.now() - startMs) / 1000;
}

/** The middle of an odd number of values. */
export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}
