import { describe, expect, test } from "vitest";
import { ACCOUNT_KIND, credentialName, parseCredential } from "../../src/api/credential.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Holds } from "../../src/api/shared.ts";
import { namespacesOfAccount } from "../../src/reconcile/account-changes.ts";
import { chooseCredential } from "../../src/reconcile/credential-choice.ts";
import type { Policy } from "../../src/reconcile/ports.ts";
import { HOST, POLICY } from "./hosts.ts";

const TENANT = POLICY.tenantId;
const CLIENT = "11112222-bbbb-3333-cccc-4444dddd5555";
const OTHER = "99992222-bbbb-3333-cccc-4444dddd5555";
const policy: Policy = {
  ...POLICY,
  sharedNamespaces: new Map([["shared", { accountNamespace: undefined }], ["lent", { accountNamespace: "platform" }]]),
};

interface Given {
  readonly namespace: string;
  /** Accounts by namespace: their uid, and what differs of their annotations. */
  readonly accounts?: Readonly<Record<string, { readonly uid: string; readonly clientId?: string; readonly tenantId?: string; readonly leaving?: true }>>;
  readonly ending?: readonly string[];
  readonly deleting?: true;
  readonly holds?: Partial<Holds>;
  readonly held?: readonly string[];
  readonly cleanup?: Policy["cleanup"];
  readonly retain?: true;
  readonly lockedOut?: true;
}

function meta(namespace: string, name: string, parts: object = {}): KubeObject["metadata"] {
  return { namespace, name, uid: "o", resourceVersion: "1", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", ...parts };
}

function accountOf(namespace: string, { uid, clientId = CLIENT, tenantId = TENANT, leaving }: NonNullable<Given["accounts"]>[string]): KubeObject {
  const annotations = { "azure.workload.identity/client-id": clientId, "azure.workload.identity/tenant-id": tenantId };
  return { apiVersion: "v1", kind: ACCOUNT_KIND, metadata: meta(namespace, "azure-identity", { uid, annotations, ...(leaving ? { deletionTimestamp: "2026-01-02T00:00:00Z" } : {}) }) };
}

function chosenFor(given: Given): string {
  const object: KubeObject = { apiVersion: "a", kind: "K", metadata: meta(given.namespace, "it", given.deleting ? { deletionTimestamp: "2026-01-02T00:00:00Z" } : {}) };
  const holds = given.holds === undefined ? undefined : { target: HOST, tenantId: TENANT, credential: "shared", adopted: false, confirmed: true, ...given.holds };
  const ending = { deletionTimestamp: "2026-01-02T00:00:00Z" };
  const choice = chooseCredential(
    { object, holds, retain: given.retain === true },
    {
      policy: given.cleanup === undefined ? policy : { ...policy, cleanup: given.cleanup },
      cache: {
        get: (key) => {
          const [kind, namespace = ""] = key.split("/");
          const account = kind === ACCOUNT_KIND ? given.accounts?.[namespace] : undefined;
          return account === undefined ? undefined : accountOf(namespace, account);
        },
        namespace: (name) => ({ apiVersion: "v1", kind: "Namespace", metadata: meta("", name, given.ending?.includes(name) ? ending : {}) }),
      },
      isTokenHeld: (name) => given.held?.includes(name) === true,
      isLockedOut: () => given.lockedOut === true,
    },
  );
  return choice.is === "chosen" ? choice.credential : choice.refusal.reason;
}

const own = (namespace: string, uid = "u", clientId = CLIENT, tenantId = TENANT) => credentialName({ source: "Own", account: { namespace, uid, clientId, tenantId } });
const team = { team: { uid: "u" } };

describe("which credential an object uses", () => {
  test.each<[string, Given, string]>([
    ["a listed namespace: the operator's own", { namespace: "shared" }, "shared"],
    ["a listed namespace with an account of its own: still the operator's", { namespace: "shared", accounts: { shared: { uid: "u" } } }, "shared"],
    ["a listed namespace with another one's account", { namespace: "lent", accounts: { platform: { uid: "p" } } }, `shared:platform/azure-identity:p:${CLIENT}:${TENANT}`],
    ["and never its own", { namespace: "lent", accounts: { lent: { uid: "u" } } }, "CredentialUnavailable"],
    ["any other: its own account", { namespace: "team", accounts: team }, own("team")],
    ["and never another one's", { namespace: "team", accounts: { platform: { uid: "p" } } }, "CredentialNotAllowed"],
    ["an account without a client id", { namespace: "team", accounts: { team: { uid: "u", clientId: "" } } }, "CredentialNotAllowed"],
    ["an account whose client id is no GUID", { namespace: "team", accounts: { team: { uid: "u", clientId: `${CLIENT}|x` } } }, "CredentialNotAllowed"],
    ["an account that is being deleted", { namespace: "team", accounts: { team: { uid: "u", leaving: true } } }, "CredentialNotAllowed"],
    ["what it holds moves with it to the credential of now", { namespace: "team", accounts: team, holds: { credential: "shared" } }, own("team")],
    ["but not to another tenant", { namespace: "team", accounts: { team: { uid: "u", tenantId: OTHER } }, holds: {} }, "CredentialGone"],
    ["nor the operator's", { namespace: "shared", holds: { tenantId: OTHER } }, "CredentialGone"],
  ])("%s", (_name, given, want) => expect(chosenFor(given)).toBe(want));
});

describe("with which credential what is deleted leaves", () => {
  const leaving = { namespace: "team", deleting: true, holds: { credential: own("team") } } as const;
  const away = { ...leaving, ending: ["team"] };
  test.each<[string, Given, string]>([
    ["the account's, while a token can be had", { ...leaving, accounts: team }, own("team")],
    ["the token that is held, when the account is gone", { ...leaving, held: [own("team")] }, own("team")],
    ["or when the namespace ends", { ...away, accounts: team, held: [own("team")] }, own("team")],
    ["none without a token in a namespace that ends", { ...away, accounts: team }, "CredentialGone"],
    ["none of another namespace, whatever the status says", { ...leaving, holds: { credential: own("platform") }, held: [own("platform")] }, "CredentialGone"],
    ["none that is shared, whatever the status says", { ...leaving, holds: { credential: "shared" }, held: ["shared"] }, "CredentialGone"],
    ["the clean-up credential where there is one", { ...away, cleanup: { accountNamespace: undefined } }, "cleanup"],
    ["that of an account", { ...away, cleanup: { accountNamespace: "platform" }, accounts: { platform: { uid: "p" } } }, `cleanup:platform/azure-identity:p:${CLIENT}:${TENANT}`],
    ["not while its own can be had", { ...leaving, accounts: team, cleanup: { accountNamespace: undefined } }, own("team")],
    ["it cleans up what the account is refused", { ...leaving, accounts: team, lockedOut: true, cleanup: { accountNamespace: undefined } }, "cleanup"],
    ["which stays with the account where nobody may clean up", { ...leaving, accounts: team, lockedOut: true }, own("team")],
    ["and with a credential that is shared", { ...leaving, namespace: "shared", holds: {}, lockedOut: true, cleanup: { accountNamespace: undefined } }, "shared"],
    ["not for what stays in Azure", { ...away, cleanup: { accountNamespace: undefined }, retain: true }, "CredentialGone"],
    ["not in another tenant", { ...away, cleanup: { accountNamespace: undefined }, holds: { credential: own("team"), tenantId: OTHER } }, "CredentialGone"],
    ["not for what holds nothing", { ...away, cleanup: { accountNamespace: undefined }, holds: undefined } as unknown as Given, "CredentialNotAllowed"],
  ])("%s", (_name, given, want) => expect(chosenFor(given)).toBe(want));
});

test("an account is a reference of those who use it, and of nobody else", () => {
  expect(["team", "platform", "shared", "lent"].map((namespace) => namespacesOfAccount(namespace, policy))).toEqual([["team"], ["platform", "lent"], [], []]);
});

test("the name of a credential is read as it was written, and nothing else is one", () => {
  const account = { namespace: "team", uid: "u-1", clientId: CLIENT, tenantId: TENANT };
  for (const credential of [{ source: "Own", account }, { source: "Shared", account }, { source: "Cleanup", account: undefined }] as const) {
    expect(parseCredential(credentialName(credential))).toEqual(credential);
    expect(credentialName(credential)).not.toMatch(/[| ]/);
  }
  const nonsense = ["", "own", "other", `own:team/default:u:${CLIENT}:${TENANT}`, `own:team/azure-identity::${CLIENT}:${TENANT}`, `${own("team")}:x`, "shared:x"];
  expect(nonsense.map(parseCredential)).toEqual(nonsense.map(() => undefined));
});
