import { expect, test } from "vitest";
import { redacted, redactedText } from "../../src/operate/redact.ts";

const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl";

test.each([
  ["a token", `got ${jwt}.`, "got [redacted]."],
  ["an authorization header", "authorization: Bearer abcdefgh12345", "authorization: Bearer [redacted]"],
  ["basic credentials", "Basic dXNlcjpwYXNz", "Basic [redacted]"],
  [
    "a signed URL",
    "polling https://management.azure.com/subscriptions/1/operations/2?api-version=2024-01-01&t=1&c=MII&s=sig&h=x failed",
    "polling https://management.azure.com/subscriptions/1/operations/2?[redacted] failed",
  ],
  ["a URL without a query", "https://login.microsoftonline.com/tenant", "https://login.microsoftonline.com/tenant"],
  ["line ends and escapes", "a\nb\r\u001b[31mred\u009b0m", "a\\u000ab\\u000d\\u001b[31mred\\u009b0m"],
  ["the direction of text", "a\u202eb\u2066c\u2028d", "a\\u202eb\\u2066c\\u2028d"],
  ["letters of every language", "Zürich 東京 🦊", "Zürich 東京 🦊"],
])("%s", (_name, text, want) => expect(redactedText(text)).toBe(want));

test("a long text is cut", () => {
  expect(redactedText("x".repeat(10_000))).toBe(`${"x".repeat(8192)}… (10000 characters)`);
});

test.each([
  "authorization", "Authorization", "token", "access_token", "clientAssertion", "client_assertion", "clientSecret", "password", "set-cookie",
  "accountKey", "connectionString", "sig", "secret",
])("the member %s is hidden, at any depth", (name) => {
  expect(redacted({ request: [{ [name]: "value" }] })).toEqual({ request: [{ [name]: "[redacted]" }] });
});

test.each(["secretName", "tokenFile", "namespace", "key", "design", "tokenEndpoint"])("the member %s is shown", (name) => {
  expect(redacted({ [name]: "value" })).toEqual({ [name]: "value" });
});

test("that a secret is missing is shown", () => {
  expect(redacted({ token: undefined, password: null, secret: false })).toEqual({ token: undefined, password: null, secret: false });
});

test("errors are shown with their causes, and their texts are redacted", () => {
  const cause = Object.assign(new TypeError(`no ${jwt}`), { code: "ECONNRESET" });
  const shown = redacted({ error: new Error("cannot read https://x/y?sig=1", { cause }) });
  expect(shown).toMatchObject({
    error: { type: "Error", message: "cannot read https://x/y?[redacted]", cause: { type: "TypeError", message: "no [redacted]", code: "ECONNRESET" } },
  });
  expect(JSON.stringify(shown)).toContain("redact.test.ts");
});

test("every kind of value becomes JSON", () => {
  const value = {
    big: 10n,
    when: new Date(0),
    url: new URL("https://x/?a=b"),
    map: new Map([["token", "t"]]),
    set: new Set([1]),
    symbol: Symbol("s"),
    named: function name() {},
  };
  expect(redacted(value)).toEqual({
    big: "10",
    when: "1970-01-01T00:00:00.000Z",
    url: "https://x/?[redacted]",
    map: { token: "[redacted]" },
    set: [1],
    symbol: "Symbol(s)",
    named: "[function name]",
  });
});

test("a value that holds itself ends, and a long list is cut", () => {
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  expect(JSON.stringify(redacted(loop))).toBe('{"self":{"self":{"self":{"self":{"self":{"self":"[too deep]"}}}}}}');
  const list = redacted(Array.from({ length: 150 }, (_, index) => index));
  expect(list).toHaveLength(101);
  expect(list).toContain("… (150 items)");
});
