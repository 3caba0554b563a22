import { assert, constantFrom, integer, property, string, stringMatching } from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../src/azure/errors.ts";
import { oneLine, redact } from "../../src/azure/redaction.ts";
import { OPERATOR_REMEDIES, tokenFailure } from "../../src/azure/token-failure.ts";
import { START_MS, answer } from "./fake-azure.ts";

/** The places in which Azure's texts could hold something secret. */
const PLACES: readonly ((secret: string) => string)[] = [
  (secret) => `Bearer ${secret}`,
  (secret) => `authorization: bearer ${secret}, x`,
  (secret) => `eyJhbGciOiJ${secret}.${secret}.${secret}`,
  (secret) => `{"access_token":"${secret}","x":1}`,
  (secret) => String.raw`{\"access_token\":\"${secret}\",\"x\":1}`,
  (secret) => `{"client_secret": "a b ${secret}"}`,
  (secret) => `{"client_secret": "a b ${secret}`,
  (secret) => `client_assertion=${secret}&grant_type=client_credentials`,
  (secret) => `client_secret: ${secret}`,
  (secret) => `DefaultEndpointsProtocol=https;AccountKey=${secret};EndpointSuffix=x`,
  (secret) => `https://arm.test/subscriptions/s/operations/o?api-version=1&t=1&c=${secret}&s=${secret}&h=${secret}`,
  (secret) => `/subscriptions/s/operations/o?t=${secret}`,
  (secret) => `t=1&c=${secret}&s=x${secret}&h=${secret}`,
  (secret) => `https://x.blob.test/c/b?sv=2020&sig=${secret}`,
  (secret) => `https://user:${secret}@proxy.test:8080/`,
  (secret) => secret.repeat(10),
];

const secrets = stringMatching(/^Zq[A-Za-z0-9_-]{20,40}$/);
const around = string({ maxLength: 40 });

describe("no secret survives", () => {
  test("in a redacted text", () => {
    assert(
      property(secrets, constantFrom(...PLACES), around, around, (secret, place, before, after) => {
        const text = `${before} ${place(secret)} ${after}`;
        expect(redact(text)).not.toContain(secret);
        expect(oneLine(text)).not.toContain(secret);
      }),
      { numRuns: 500 },
    );
  });

  test("in a failure, whatever the envelope", () => {
    assert(
      property(secrets, constantFrom(...PLACES), integer({ min: 400, max: 599 }), (secret, place, status) => {
        const message = place(secret);
        const bodies = [{ error: { code: message, message } }, { Message: message }, { Code: message, Message: message }, message];
        for (const body of bodies) expect(JSON.stringify(failureOf(answer({ status, body }), START_MS))).not.toContain(secret);
      }),
      { numRuns: 200 },
    );
  });

  test("in a failure to get a token", () => {
    assert(
      property(secrets, constantFrom(...PLACES), integer({ min: 400, max: 599 }), (secret, place, status) => {
        const text = place(secret);
        const body = { error: text, error_description: `AADSTS70021: ${text}` };
        const refused = tokenFailure({ answer: answer({ status, body }) }, new Error(text), { nowMs: START_MS, remedies: OPERATOR_REMEDIES });
        const local = tokenFailure({}, new Error(text), { nowMs: START_MS, remedies: OPERATOR_REMEDIES });
        expect(JSON.stringify([refused, local])).not.toContain(secret);
      }),
      { numRuns: 200 },
    );
  });
});

test("what is no secret stays", () => {
  const text = "The Resource 'Microsoft.Web/sites/shop' under resource group 'g' was not found. See https://aka.ms/ARMResourceNotFoundFix";
  expect(oneLine(text)).toBe(text);
});
