import { expect, test } from "vitest";
import { type Account, credentialName } from "../../src/api/credential.ts";
import { CredentialSet } from "../../src/azure/credential-set.ts";
import { AzureError } from "../../src/azure/errors.ts";
import { TestClock } from "./fake-azure.ts";

const SCOPE = "https://arm.test/.default";
const HOUR_MS = 3_600_000;
const account: Account = { namespace: "team", uid: "u1", clientId: "11112222-bbbb-3333-cccc-4444dddd5555", tenantId: "aaaabbbb-0000-cccc-1111-dddd2222eeee" };
const own = (parts: Partial<Account> = {}) => credentialName({ source: "Own", account: { ...account, ...parts } });

function jwt(claims: object): string {
  return ["e30", Buffer.from(JSON.stringify(claims)).toString("base64url"), "x"].join(".");
}

function setUp() {
  const clock = new TestClock();
  const asked: Account[] = [];
  const state = { refuses: false };
  const failures: string[] = [];
  const set = new CredentialSet({
    operator: undefined,
    sourceOf: (each) => () => {
      asked.push(each);
      if (state.refuses) throw new AzureError({ class: "credential", code: "TokenRequestRefused", message: "the namespace is terminating" });
      return Promise.resolve({ token: jwt({ oid: `oid-of-${each.uid}`, n: asked.length }), lifetimeMs: HOUR_MS });
    },
    clock,
    random: () => 0.5,
    onRefreshFailed: (name) => failures.push(name),
  });
  const token = async (name: string) => (await set.provider(name)?.getToken(SCOPE))?.token;
  return { clock, asked, state, failures, set, token };
}

test("one token serves all who use the same account, by whatever right", async () => {
  const { asked, token } = setUp();
  const tokens = [await token(own()), await token(own()), await token(credentialName({ source: "Shared", account }))];
  expect([new Set(tokens).size, asked]).toEqual([1, [account]]);
});

test("an account that is made anew, or signs in as another application, begins without a token", async () => {
  const { asked, set, token } = setUp();
  await token(own());
  const others = [own({ uid: "u2" }), own({ clientId: "99992222-bbbb-3333-cccc-4444dddd5555" })];
  expect([set.isHeld(own()), ...others.map((name) => set.isHeld(name))]).toEqual([true, false, false]);
  for (const name of others) await token(name);
  expect(asked).toHaveLength(3);
});

test("what is forgotten is gone also for who got it before", async () => {
  const { set, asked } = setUp();
  const provider = set.provider(own());
  await provider?.getToken(SCOPE);
  set.forget(own());
  expect(set.isHeld(own())).toBe(false);
  await provider?.getToken(SCOPE);
  expect(asked).toHaveLength(2);
});

test("a token is renewed in time although nobody uses it, and is held when none can be had any more, until it ends", async () => {
  const { asked, clock, failures, set, state, token } = setUp();
  await token(own());
  await set.renewDue();
  expect(asked).toHaveLength(1);
  clock.advance(0.9 * HOUR_MS);
  await set.renewDue();
  expect(asked).toHaveLength(2);
  state.refuses = true;
  clock.advance(0.9 * HOUR_MS);
  await set.renewDue();
  expect([failures, set.isHeld(own())]).toEqual([[own()], true]);
  clock.advance(0.1 * HOUR_MS);
  expect(set.isHeld(own())).toBe(false);
  await expect(token(own())).rejects.toThrow("the namespace is terminating");
});

test("a credential is counted by its principal once a token was had, before by its application", async () => {
  const { set, token } = setUp();
  expect([set.principalOf(own()), set.principalOf("shared")]).toEqual([account.clientId, "shared"]);
  await token(own());
  expect(set.principalOf(own())).toBe("oid-of-u1");
});

test("without an identity of its own the operator has no credential to share", () => {
  const { set } = setUp();
  expect([set.provider("shared"), set.provider("nonsense"), set.isHeld("shared")]).toEqual([undefined, undefined, false]);
});
