import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Backoff } from "../../src/kubernetes/backoff.ts";

describe("the backoff", () => {
  it("never exceeds its ceiling, which doubles from 0.8 to 30 s", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 }), (draws) => {
        const rest = [...draws];
        const backoff = new Backoff(() => rest.shift() ?? 0);
        for (const [failures, draw] of draws.entries()) {
          const ceilingMs = Math.min(30_000, 800 * 2 ** failures);
          expect(backoff.failures).toBe(failures);
          expect(backoff.failed()).toBeCloseTo(draw * ceilingMs);
        }
      }),
    );
  });

  it("adds at most a second to Retry-After and never comes before it", () => {
    const retryAfter = fc.integer({ min: 1, max: 600 });
    fc.assert(
      fc.property(retryAfter, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (afterSeconds, draw) => {
        const waitMs = new Backoff(() => draw).failed(afterSeconds);
        expect(waitMs).toBeGreaterThanOrEqual(afterSeconds * 1000);
        expect(waitMs).toBeLessThanOrEqual(afterSeconds * 1000 + 1000);
      }),
    );
  });

  it("does not believe a Retry-After of more than ten minutes", () => {
    expect(new Backoff(() => 0).failed(1e9)).toBe(600_000);
  });

  it("begins anew after a reset", () => {
    const backoff = new Backoff(() => 0.5);
    backoff.failed();
    backoff.failed();
    backoff.reset();
    expect([backoff.failures, backoff.failed()]).toEqual([0, 400]);
  });
});
