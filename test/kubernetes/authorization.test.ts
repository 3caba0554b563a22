import { describe, expect, it } from "vitest";
import { createAuthorization } from "../../src/kubernetes/authorization.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** An authorization whose source is a list of values; the last one stays, an Error is thrown. */
function authorizationOf(values: readonly (string | Error)[]) {
  const clock = new VirtualClock();
  let readings = 0;
  const authorization = createAuthorization(() => {
    const value = values[Math.min(readings, values.length - 1)];
    readings += 1;
    return value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
  }, clock);
  return { authorization, clock, readings: () => readings };
}

describe("the authorization", () => {
  it("is read once a minute, and once for all who ask at the same time", async () => {
    const { authorization, clock, readings } = authorizationOf(["first", "second"]);
    expect(await Promise.all([authorization.value(), authorization.value()])).toEqual(["first", "first"]);
    clock.advance(59_999);
    expect([await authorization.value(), readings()]).toEqual(["first", 1]);
    clock.advance(1);
    expect([await authorization.value(), readings()]).toEqual(["second", 2]);
  });

  it("is read again when it was refused, unless that was done already", async () => {
    const { authorization, readings } = authorizationOf(["first", "second", "third"]);
    await authorization.value();
    expect(await Promise.all([authorization.renewed("first"), authorization.renewed("first")])).toEqual(["second", "second"]);
    expect([await authorization.renewed("first"), readings()]).toEqual(["second", 2]);
    expect(await authorization.renewed("second")).toBe("third");
  });

  it("stays the last one when it cannot be read for a while", async () => {
    const { authorization, clock } = authorizationOf(["first", new Error("no file"), "third"]);
    await authorization.value();
    clock.advance(60_000);
    expect(await authorization.value()).toBe("first");
    clock.advance(60_000);
    expect(await authorization.value()).toBe("third");
  });

  it("that cannot be read at the start is an error, and is tried again", async () => {
    const { authorization } = authorizationOf([new Error("no file"), "second"]);
    await expect(authorization.value()).rejects.toThrow("no file");
    expect(await authorization.value()).toBe("second");
  });
});
