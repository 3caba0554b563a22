import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { type Urgency, type Waiting, WaitingLine } from "../../src/azure/waiting-line.ts";

interface Person extends Waiting {
  readonly name: number;
}

const people = array(record({ urgency: constantFrom<Urgency>("user", "retry", "resync"), namespace: constantFrom("a", "b", "c") }), { minLength: 1, maxLength: 120 });

function lined(all: readonly Waiting[]): { readonly line: WaitingLine<Person>; readonly waiting: readonly Person[] } {
  const line = new WaitingLine<Person>();
  const waiting = all.map((each, name) => ({ ...each, name }));
  for (const person of waiting) line.enter(person, false);
  return { line, waiting };
}

/** Serves whoever is next, so many times; returns who it was. */
function served(line: WaitingLine<Person>, waiting: readonly Person[], count: number): readonly Person[] {
  const left = new Set(waiting);
  return Array.from({ length: count }, () => {
    const next = [...left].find((person) => line.aheadOf(person) === 0);
    if (next === undefined) throw new Error("nobody is next");
    left.delete(next);
    line.serve(next);
    return next;
  });
}

function many(count: number, urgency: Urgency, namespace: string): readonly Waiting[] {
  return Array.from({ length: count }, () => ({ urgency, namespace }));
}

describe("a line", () => {
  test("gives each a place of its own, and they are served in that order", () => {
    assert(
      property(people, (all) => {
        const { line, waiting } = lined(all);
        const places = waiting.map((person) => line.aheadOf(person));
        expect(places.toSorted((left, right) => left - right)).toEqual(places.map((_, index) => index));
        const order = served(line, waiting, waiting.length);
        expect(order.map(({ name }) => places[name])).toEqual(places.map((_, index) => index));
        expect(line.size).toBe(0);
      }),
    );
  });

  test("serves namespaces that wait in turn, however much each has", () => {
    assert(
      property(integer({ min: 20, max: 60 }), integer({ min: 20, max: 60 }), (a, b) => {
        const { line, waiting } = lined([...many(a, "user", "a"), ...many(b, "user", "b")]);
        const first = served(line, waiting, 40).filter(({ namespace }) => namespace === "a").length;
        expect(Math.abs(first - 20)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("gives every class its share, and no more to those that only look again while people wait", () => {
    const { line, waiting } = lined([...many(200, "user", "a"), ...many(200, "retry", "a"), ...many(200, "resync", "a")]);
    const counts = Map.groupBy(served(line, waiting, 210), ({ urgency }) => urgency);
    expect(["user", "retry", "resync"].map((urgency) => counts.get(urgency as Urgency)?.length)).toEqual([160, 40, 10]);
  });

  test("lets who comes new wait for one other at most, however many have waited longer", () => {
    const { line, waiting } = lined([...many(100, "user", "hot"), ...many(100, "resync", "hot")]);
    served(line, waiting, 50);
    const newcomer = { urgency: "user", namespace: "calm", name: 1000 } as const;
    expect(line.aheadOf(newcomer)).toBeLessThanOrEqual(1);
    line.enter(newcomer, false);
    expect(line.aheadOf(newcomer)).toBeLessThanOrEqual(1);
    expect(line.aheadOf({ urgency: "retry", namespace: "calm", name: 1001 })).toBeLessThanOrEqual(6);
  });

  test("puts who has waited elsewhere before all of its class", () => {
    const { line } = lined(many(10, "retry", "a"));
    const senior = { urgency: "retry", namespace: "a", name: 1000 } as const;
    line.enter(senior, true);
    expect(line.aheadOf(senior)).toBe(0);
  });
});
