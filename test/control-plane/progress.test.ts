import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { withProgress } from "./progress.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Runs a step that takes `seconds` and returns what was written. */
async function written(seconds: number, isTTY: boolean, fails = false): Promise<string> {
  let text = "";
  const stream = { isTTY, write: (part: string) => (text += part) };
  const work = Promise.withResolvers<void>();
  const step = withProgress("building", stream, () => work.promise);
  await vi.advanceTimersByTimeAsync(seconds * 1_000);
  if (fails) work.reject(new Error("no disk"));
  else work.resolve();
  await step.catch(() => undefined);
  return text;
}

it("is silent about a short step", async () => {
  expect(await written(1.9, false)).toBe("");
});

it("writes plain lines after 2 s and every 30 s where there is no terminal", async () => {
  expect(await written(65, false)).toBe(
    "building … 2 s\nbuilding … 32 s\nbuilding … 62 s\nbuilding: done after 65 s\n",
  );
});

it("rewrites one line each second on a terminal", async () => {
  const start = "\r\u001B[2K";
  expect(await written(3.5, true)).toBe(`${start}building … 2 s${start}building … 3 s${start}building: done after 4 s\n`);
});

it("says that a step failed, and passes its error on", async () => {
  expect(await written(2.4, false, true)).toBe("building … 2 s\nbuilding: failed after 2 s\n");
  const failing = withProgress("building", { write: () => true }, () => Promise.reject(new Error("no disk")));
  await expect(failing).rejects.toThrow("no disk");
});
