import { describe, expect, test } from "vitest";
import type { AzureFailure } from "../../src/azure/contract.ts";
import { CachedCredential } from "../../src/azure/credentials.ts";
import type { IssuedToken } from "../../src/azure/credentials.ts";
import { AzureError } from "../../src/azure/errors.ts";
import { FakeHttpClient, IDENTITY, MACHINE, TestClock, azureOver, requestOf } from "./fake-azure.ts";

const SCOPE = "https://arm.test/.default";
const HOUR_MS = 3_600_000;

/** A source whose tokens are given by hand. */
class ManualSource {
  asked = 0;
  #waiting: readonly PromiseWithResolvers<IssuedToken>[] = [];

  readonly fetch = (): Promise<IssuedToken> => {
    this.asked += 1;
    const waiting: PromiseWithResolvers<IssuedToken> = Promise.withResolvers();
    this.#waiting = [...this.#waiting, waiting];
    return waiting.promise;
  };

  /** Answers all who have asked by now. */
  give(token: string): Promise<void> {
    return this.#answer((waiting) => waiting.resolve({ token, lifetimeMs: HOUR_MS }));
  }

  refuse(failure: AzureFailure): Promise<void> {
    return this.#answer((waiting) => waiting.reject(new AzureError(failure)));
  }

  async #answer(answer: (waiting: PromiseWithResolvers<IssuedToken>) => void): Promise<void> {
    await everybodyElse();
    if (this.#waiting.length === 0) throw new Error("nobody has asked for a token");
    const answered = this.#waiting;
    this.#waiting = [];
    for (const waiting of answered) answer(waiting);
    await everybodyElse();
  }
}

/** Lets all that can go on without time passing go on. */
function everybodyElse(): Promise<unknown> {
  return new Promise(setImmediate);
}

const REFUSED: AzureFailure = { class: "credential", code: "AADSTS70021", message: "cannot get a token" };

function setUp() {
  const clock = new TestClock();
  const source = new ManualSource();
  const failures: AzureFailure[] = [];
  const credential = new CachedCredential({ source: source.fetch, clock, random: () => 0.5, onRefreshFailed: (failure) => failures.push(failure) });
  const token = async () => (await credential.getToken(SCOPE)).token;
  return { clock, source, credential, failures, token };
}

describe("one fetch for all", () => {
  test("who asks meanwhile waits for the same", async () => {
    const { source, token } = setUp();
    const all = Promise.all(Array.from({ length: 100 }, token));
    await source.give("a");
    expect(new Set(await all)).toEqual(new Set(["a"]));
    expect(source.asked).toBe(1);
  });

  test("each scope has its own", async () => {
    const { source, credential, token } = setUp();
    const both = Promise.all([token(), credential.getToken("other")]);
    await source.give("a");
    await both;
    expect(source.asked).toBe(2);
  });

  test("the token tells when it ends", async () => {
    const { source, credential, clock } = setUp();
    const asked = credential.getToken([SCOPE]);
    await source.give("a");
    expect(await asked).toMatchObject({ token: "a", expiresOnTimestamp: clock.now() + HOUR_MS });
  });
});

test("the abort of one request does not fail another that waits for the same token", async () => {
  const { source, credential } = setUp();
  const client = new FakeHttpClient(() => ({ status: 200, body: { location: "westeurope" } }));
  const azure = azureOver(client, { credential: () => credential });
  const aborting = new AbortController();
  const given = azure.read(IDENTITY, requestOf("2024-11-30", { signal: aborting.signal }));
  const innocent = azure.read(MACHINE, requestOf("2024-07-01"));
  aborting.abort();
  await source.give("a");
  expect(await given).toMatchObject({ is: "failed", failure: { class: "unavailable" } });
  expect(await innocent).toMatchObject({ is: "found" });
  expect(source.asked).toBe(1);
});

describe("renewal", () => {
  test("at four fifths of its life, in the background, once", async () => {
    const { source, clock, token } = setUp();
    const first = token();
    await source.give("a");
    await first;
    clock.advance(0.8 * HOUR_MS - 1);
    expect(await token()).toBe("a");
    expect(source.asked).toBe(1);
    clock.advance(1);
    expect(await token()).toBe("a");
    expect(await token()).toBe("a");
    expect(source.asked).toBe(2);
    await source.give("b");
    expect(await token()).toBe("b");
  });

  test.each([
    [0, 0.75],
    [0.999, 0.8499],
  ])("is spread: random %d begins at %d", async (random, share) => {
    const clock = new TestClock();
    let asked = 0;
    const source = async () => ({ token: `t${(asked += 1)}`, lifetimeMs: HOUR_MS });
    const credential = new CachedCredential({ source, clock, random: () => random });
    await credential.getToken(SCOPE);
    clock.advance(share * HOUR_MS - 1);
    await credential.getToken(SCOPE);
    expect(asked).toBe(1);
    clock.advance(1);
    await credential.getToken(SCOPE);
    expect(asked).toBe(2);
  });

  test("that fails is told, leaves the old token in use, and is tried again after a rest", async () => {
    const { source, clock, token, failures } = setUp();
    const first = token();
    await source.give("a");
    await first;
    clock.advance(0.8 * HOUR_MS);
    expect(await token()).toBe("a");
    await source.refuse(REFUSED);
    expect(failures).toEqual([REFUSED]);
    expect(await token()).toBe("a");
    expect(source.asked).toBe(2);
    clock.advance(10_000);
    expect(await token()).toBe("a");
    expect(source.asked).toBe(3);
    await source.give("b");
    expect(await token()).toBe("b");
  });

  test("a token about to end is not used any more", async () => {
    const { source, clock, token } = setUp();
    const first = token();
    await source.give("a");
    await first;
    clock.advance(HOUR_MS - 60_000);
    const second = token();
    await source.give("b");
    expect(await second).toBe("b");
  });
});

describe("no token", () => {
  test("fails everybody alike and leaves the authority alone for ten seconds", async () => {
    const { source, clock, token } = setUp();
    const both = Promise.allSettled([token(), token()]);
    await source.refuse(REFUSED);
    expect(await both).toMatchObject([{ reason: { failure: REFUSED } }, { reason: { failure: REFUSED } }]);
    clock.advance(9999);
    await expect(token()).rejects.toMatchObject({ failure: REFUSED });
    expect(source.asked).toBe(1);
    clock.advance(1);
    const third = token();
    await source.give("a");
    expect(await third).toBe("a");
  });
});

describe("a token that Azure does not take", () => {
  async function rejecting(taken: readonly string[]) {
    const world = setUp();
    const client = new FakeHttpClient((request) => {
      const token = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
      return taken.includes(token) ? { status: 200, body: { id: MACHINE } } : { status: 401, body: { error: { code: "InvalidAuthenticationToken", message: "m" } } };
    });
    const azure = azureOver(client, { credential: () => world.credential, clock: world.clock });
    const read = () => azure.read(MACHINE, requestOf("2024-07-01"));
    return { ...world, client, read };
  }

  test("is renewed once, and the request sent again", async () => {
    const { source, client, read } = await rejecting(["b"]);
    const asked = read();
    await source.give("a");
    await source.give("b");
    expect(await asked).toMatchObject({ is: "found" });
    expect(client.requests).toHaveLength(2);
    expect(source.asked).toBe(2);
  });

  test("is renewed once for all who got a 401", async () => {
    const { source, client, read } = await rejecting(["b"]);
    const all = Promise.all([read(), read(), read()]);
    await source.give("a");
    await source.give("b");
    expect((await all).map((answer) => answer.is)).toEqual(["found", "found", "found"]);
    expect(source.asked).toBe(2);
    expect(client.requests).toHaveLength(6);
  });

  test("is a failure of the credential when the new one is not taken either, and the authority rests then", async () => {
    const { source, clock, client, read } = await rejecting([]);
    const asked = read();
    await source.give("a");
    await source.give("b");
    expect(await asked).toMatchObject({ is: "failed", failure: { class: "credential", code: "InvalidAuthenticationToken" } });
    expect(client.requests).toHaveLength(2);
    expect(await read()).toMatchObject({ is: "failed", failure: { class: "credential" } });
    expect(client.requests).toHaveLength(3);
    expect(source.asked).toBe(2);
    clock.advance(10_000);
    const later = read();
    await source.give("c");
    expect(await later).toMatchObject({ is: "failed" });
    expect(source.asked).toBe(3);
  });

  test("is a failure of the credential when no other can be had", async () => {
    const { source, read } = await rejecting([]);
    const asked = read();
    await source.give("a");
    await source.refuse(REFUSED);
    expect(await asked).toEqual({ is: "failed", failure: REFUSED });
  });
});
