import { expect, test } from "vitest";
import { createGate, type Verdict } from "../../src/operate/gate.ts";

function scene(verdict: () => Promise<Verdict>) {
  const asked: string[] = [];
  const told: string[] = [];
  let nowMs = 0;
  const gate = createGate({
    review: ({ token, path, verb }) => {
      asked.push(`${verb} ${path} ${token}`);
      return verdict();
    },
    clock: { now: () => nowMs },
    onFailed: (message) => told.push(message),
  });
  const knock = async (authorization?: string) => (await gate({ path: "/metrics", authorization }))?.status ?? 200;
  return { asked, told, knock, pass: (ms: number) => (nowMs += ms) };
}

const allowed = async (): Promise<Verdict> => ({ is: "allowed" });

test.each([
  ["no header", undefined],
  ["nothing", ""],
  ["another scheme", "Basic dXNlcjpwYXNz"],
  ["no token", "Bearer "],
  ["two tokens", "Bearer one two"],
  ["a token with other characters", "Bearer one\u0000two"],
  ["a token that is far too long", `Bearer ${"a".repeat(9000)}`],
])("%s is 401, and nobody is asked", async (_what, authorization) => {
  const { knock, asked } = scene(allowed);
  expect(await knock(authorization)).toBe(401);
  expect(asked).toEqual([]);
});

test.each<[Verdict, number, number]>([
  [{ is: "allowed" }, 200, 60_000],
  [{ is: "unauthenticated" }, 401, 10_000],
  [{ is: "forbidden", user: "system:serviceaccount:default:default" }, 403, 10_000],
])("%j is %i, and counts for %i ms", async (verdict, status, lifeMs) => {
  const { knock, asked, pass } = scene(async () => verdict);
  expect(await knock("Bearer one")).toBe(status);
  pass(lifeMs - 1);
  expect(await knock("bearer  one")).toBe(status);
  expect(asked).toEqual(["get /metrics one"]);
  pass(1);
  await knock("Bearer one");
  expect(asked).toHaveLength(2);
});

test("without a verdict it is 403 and told, and is asked again at once", async () => {
  const { knock, asked, told } = scene(async () => ({ is: "failed", message: "no answer" }));
  expect([await knock("Bearer one"), await knock("Bearer one")]).toEqual([403, 403]);
  expect(asked).toHaveLength(2);
  expect(told).toEqual(["no answer", "no answer"]);
});

test("those who come at a time share one question, and strangers make eight at most", async () => {
  const answer = Promise.withResolvers<Verdict>();
  const { knock, asked } = scene(() => answer.promise);
  const same = Array.from({ length: 5 }, () => knock("Bearer friend"));
  const strangers = Array.from({ length: 20 }, (_, index) => knock(`Bearer stranger-${index}`));
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toHaveLength(8);
  answer.resolve({ is: "allowed" });
  expect(await Promise.all(same)).toEqual([200, 200, 200, 200, 200]);
  expect((await Promise.all(strangers)).filter((status) => status === 403)).toHaveLength(13);
});

test("it remembers 256 at most", async () => {
  const { knock, asked } = scene(allowed);
  for (let index = 0; index <= 256; index++) await knock(`Bearer token-${index}`);
  await knock("Bearer token-256");
  expect(asked).toHaveLength(257);
  await knock("Bearer token-0");
  expect(asked).toHaveLength(258);
});
