import { describe, expect, test } from "vitest";
import { createDigester } from "../../src/operate/digest.ts";

const key = Buffer.alloc(32, 7);

describe("a digester", () => {
  test("is HMAC-SHA-256, after the key's id", () => {
    // printf 's3cret' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…; printf '\a…' | sha256sum | cut -c1-8
    const digester = createDigester(key);
    expect(digester.digestKeyId).toBe("4bb06f8e");
    expect(digester.digest("s3cret")).toBe("4bb06f8e:a0ce682db4b1b641b913f31c0dcdee3de7ade9ef3c6e86843018ed1627a87963");
  });

  test("agrees with another one of the same key, also after a restart", () => {
    expect(createDigester(Buffer.from(key)).digest("a")).toBe(createDigester(key).digest("a"));
    expect(createDigester(key).digest("a")).not.toBe(createDigester(key).digest("b"));
  });

  test("with another key has another id and another digest", () => {
    const [one, other] = [createDigester(key), createDigester(Buffer.alloc(32, 8))];
    expect(other.digestKeyId).not.toBe(one.digestKeyId);
    expect(other.digest("a").split(":")[1]).not.toBe(one.digest("a").split(":")[1]);
  });

  test("shows no value, and takes any text", () => {
    const digester = createDigester(key);
    for (const value of ["", "pässword\n", "x".repeat(100_000)]) expect(digester.digest(value)).toMatch(/^[0-9a-f]{8}:[0-9a-f]{64}$/);
  });
});
