import { expect, test } from "vitest";
import { createLog, type LogLevel } from "../../src/operate/log.ts";

function logTo(level: LogLevel) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, log: createLog({ level, destination, now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6) }) };
}

test("a line is one JSON object with level, time, fields and message", () => {
  const { lines, log } = logTo("info");
  log.info({ kind: "UserAssignedIdentity", namespace: "apps", name: "web" }, "Created identity");
  expect(lines).toEqual([
    '{"level":"info","ts":"2026-01-02T03:04:05.006Z","kind":"UserAssignedIdentity","namespace":"apps","name":"web","msg":"Created identity"}\n',
  ]);
});

test.each<[LogLevel, readonly LogLevel[]]>([
  ["debug", ["debug", "info", "warn", "error"]],
  ["info", ["info", "warn", "error"]],
  ["warn", ["warn", "error"]],
  ["error", ["error"]],
])("at %s it shows %s", (level, want) => {
  const { lines, log } = logTo(level);
  log.debug({}, "d");
  log.info({}, "i");
  log.warn({}, "w");
  log.error({}, "e");
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(want);
});

test("nothing secret and nothing that a terminal obeys comes through, in fields, in children and in messages", () => {
  const { lines, log } = logTo("info");
  const child = log.child({ token: "t0p", where: "a\u001b[2J" });
  child.info({ headers: { authorization: "Bearer abcdefghijkl" } }, "Asked https://arm/op?sig=abc\nfaked line");
  const text = lines.join("");
  for (const secret of ["t0p", "abcdefghijkl", "sig=abc"]) expect(text).not.toContain(secret);
  expect(JSON.parse(text)).toMatchObject({
    token: "[redacted]",
    where: "a\\u001b[2J",
    headers: { authorization: "[redacted]" },
    msg: "Asked https://arm/op?[redacted]\\u000afaked line",
  });
  expect(lines).toHaveLength(1);
});

test.each(["err", "error"])("an error in the field %s has its type, message and stack", (field) => {
  const { lines, log } = logTo("info");
  log.error({ [field]: new TypeError("cannot read x", { cause: "y" }) }, "Failed");
  const { [field]: shown } = JSON.parse(lines.join("")) as Record<string, unknown>;
  expect(shown).toEqual({ type: "TypeError", message: "cannot read x", cause: "y", stack: expect.arrayContaining([expect.stringContaining("log.test.ts")]) });
});

test("a field cannot take the place of what the line itself says", () => {
  const { lines, log } = logTo("info");
  log.info({ level: "x", ts: 1, msg: "y" }, "Said");
  expect(lines).toEqual([
    '{"level":"info","ts":"2026-01-02T03:04:05.006Z","field_level":"x","field_ts":1,"field_msg":"y","msg":"Said"}\n',
  ]);
});
