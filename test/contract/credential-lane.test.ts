import { describe, expect, test } from "vitest";
import type { AzurePort } from "../../src/reconcile/ports.ts";
import type { RecordedRequest } from "../azure/azure.ts";
import { at, fic, get, makeIdentity, uai } from "./places.ts";
import { ISSUER, setStage, type Stage, type StageOptions } from "./stage.ts";

const KIND = "FederatedIdentityCredential";
const TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
/** One write now, and one every 4 s (arm.md 4). */
const BOUND_MS = 19 * 4000;

/** Counts the writes of federated credentials that are on their way at one time, by identity. */
class InFlight {
  most = 0;
  readonly #byIdentity = new Map<string, number>();

  readonly between: NonNullable<StageOptions["between"]> = ({ azure, kube }) => ({
    kube,
    azure: {
      ...azure,
      put: (...call) => this.#counted(call[0], () => azure.put(...call)),
      delete: (...call) => this.#counted(call[0], () => azure.delete(...call)),
    },
  });

  async #counted<Answer>(id: Parameters<AzurePort["put"]>[0], send: () => Promise<Answer>): Promise<Answer> {
    const [identity = "", name] = id.split("/federatedIdentityCredentials/");
    if (name === undefined) return send();
    const count = (this.#byIdentity.get(identity) ?? 0) + 1;
    this.#byIdentity.set(identity, count);
    this.most = Math.max(this.most, count);
    return send().finally(() => this.#byIdentity.set(identity, (this.#byIdentity.get(identity) ?? 1) - 1));
  }
}

const ofCredentials = (stage: Stage): readonly RecordedRequest[] => stage.requests().filter(({ type }) => type === TYPE);
const writesOf = (stage: Stage) => ofCredentials(stage).filter(({ method }) => method !== "GET");
const listsOf = (stage: Stage) => ofCredentials(stage).filter(({ method, path }) => method === "GET" && path.endsWith("/federatedIdentityCredentials"));
const getsOf = (stage: Stage) => ofCredentials(stage).filter(({ method, path }) => method === "GET" && !path.endsWith("/federatedIdentityCredentials"));
const refusals = (stage: Stage) =>
  ofCredentials(stage)
    .filter(({ status }) => status === 409 || status === 429)
    .map(({ method, path, status }) => `${status} ${method} ${path.split("/").slice(-2).join("/")}`);
const refusedWrites = (stage: Stage) => refusals(stage).filter((text) => !text.includes("GET"));

const names = (count: number) => Array.from({ length: count }, (_, index) => `c${String(index + 1).padStart(2, "0")}`);

function declare(stage: Stage, identity: string, of: readonly string[]): void {
  for (const name of of) stage.cluster.apply(KIND, `${identity}-${name}`, { identityRef: { name: identity }, azureName: name, serviceAccountRef: { name } });
}

async function identityOn(stage: Stage, name: string): Promise<void> {
  await stage.apply("UserAssignedIdentity", name, at(stage));
  stage.bench.azure.clearRequests();
}

describe("twenty credentials of one identity, at the documented rates", () => {
  test("are made within 5 % of the bound, one at a time, without a refusal, and observed by one LIST", async () => {
    const flight = new InFlight();
    const stage = await setStage({ workers: 8, between: flight.between, azure: { settings: { federatedCredentialRates: "documented" } } });
    await identityOn(stage, "ident");
    const startMs = stage.bench.clock.now();
    declare(stage, "ident", names(20));
    await stage.settle();
    const writes = writesOf(stage);
    const lastMs = Math.max(...writes.map(({ at: atMs }) => atMs));
    expect(names(20).map((name) => stage.state(KIND, `ident-${name}`))).toEqual(names(20).map(() => "True Succeeded"));
    expect([writes.map(({ method }) => method), refusals(stage), flight.most]).toEqual([names(20).map(() => "PUT"), [], 1]);
    expect((lastMs - startMs) / BOUND_MS).toBeLessThanOrEqual(1.05);
    expect(listsOf(stage)).toHaveLength(1);
    // Each but those that were written in the first seconds looks whether a stranger came while it waited.
    expect(getsOf(stage)).toHaveLength(18);
    await stage.close();
  });

  test("are observed by one LIST when they are settled, and nothing is written", async () => {
    const stage = await setStage({ workers: 8, azure: { settings: { federatedCredentialRates: "documented" } } });
    await identityOn(stage, "ident");
    declare(stage, "ident", names(20));
    await stage.settle();
    stage.bench.azure.clearRequests();
    await stage.look();
    expect([listsOf(stage).length, getsOf(stage).length, writesOf(stage).length]).toEqual([1, 0, 0]);
    await stage.close();
  });

  test("ask Azure for their list once more when a restarted process was told to wait", async () => {
    const stage = await setStage({ workers: 8, azure: { settings: { federatedCredentialRates: "documented" } } });
    await identityOn(stage, "ident");
    declare(stage, "ident", names(20));
    await stage.settle();
    await stage.look();
    stage.bench.azure.clearRequests();
    await stage.restart();
    expect([listsOf(stage).map(({ status }) => status), getsOf(stage).length, writesOf(stage).length]).toEqual([[429, 200], 0, 0]);
    await stage.close();
  });

  test("go within the bound, too", async () => {
    const flight = new InFlight();
    const stage = await setStage({ workers: 8, between: flight.between, azure: { settings: { federatedCredentialRates: "documented" } } });
    await identityOn(stage, "ident");
    declare(stage, "ident", names(20));
    await stage.settle();
    stage.bench.clock.advance(60_000);
    stage.bench.azure.clearRequests();
    const startMs = stage.bench.clock.now();
    for (const name of names(20)) stage.cluster.delete(KIND, `ident-${name}`);
    await stage.settle();
    const writes = writesOf(stage);
    expect([writes.map(({ method }) => method), refusals(stage), flight.most]).toEqual([names(20).map(() => "DELETE"), [], 1]);
    expect((Math.max(...writes.map(({ at: atMs }) => atMs)) - startMs) / BOUND_MS).toBeLessThanOrEqual(1.05);
    expect(names(20).map((name) => get(stage, fic(stage, "ident", name)))).toEqual(names(20).map(() => undefined));
    await stage.close();
  });
});

test("writes that take longer than the interval still go one at a time below one identity, and side by side below two", async () => {
  const flight = new InFlight();
  const stage = await setStage({ workers: 8, between: flight.between, azure: { durations: { [TYPE]: 9 } } });
  for (const identity of ["one", "two"]) await identityOn(stage, identity);
  const startMs = stage.bench.clock.now();
  for (const identity of ["one", "two"]) declare(stage, identity, names(6));
  await stage.settle();
  const states = ["one", "two"].flatMap((identity) => names(6).map((name) => stage.state(KIND, `${identity}-${name}`)));
  expect([new Set(states), refusals(stage), flight.most]).toEqual([new Set(["True Succeeded"]), [], 1]);
  // When within its 9 s a write was counted is not known, so that the 4 s to the next begin when it is answered.
  expect(Math.max(...writesOf(stage).map(({ at: atMs }) => atMs)) - startMs).toBeLessThan(5 * (9000 + 4000) + 2000);
  await stage.close();
});

test("two writes a second go to one subscription, whatever the identities", async () => {
  const stage = await setStage({ workers: 8, azure: { settings: { federatedCredentialRates: "documented" } } });
  const identities = names(12);
  for (const name of identities) makeIdentity(stage, name);
  for (const name of identities) stage.cluster.apply(KIND, name, { identityArmId: uai(stage, name), serviceAccountRef: { name: "app" } });
  const startMs = stage.bench.clock.now();
  await stage.settle();
  expect([identities.map((name) => stage.state(KIND, name)), refusedWrites(stage)]).toEqual([identities.map(() => "True Succeeded"), []]);
  expect(Math.max(...writesOf(stage).map(({ at: atMs }) => atMs)) - startMs).toBeLessThanOrEqual(1.05 * 5000);
  await stage.close();
});

test("the twenty-first of those that are declared together is refused", async () => {
  const stage = await setStage({ workers: 8, azure: { settings: { federatedCredentialRates: "documented" } } });
  await identityOn(stage, "ident");
  declare(stage, "ident", names(21));
  await stage.settle();
  const states = names(21).map((name) => stage.state(KIND, `ident-${name}`)).toSorted();
  expect([states, refusals(stage)]).toEqual([["False FederatedCredentialLimit", ...names(20).map(() => "True Succeeded")], []]);
  await stage.close();
});

/** A stage on which something happens at the second PUT, when the third credential has its turn. */
async function atSecondPut(act: (stage: Stage) => void): Promise<Stage> {
  let puts = 0;
  const between: NonNullable<StageOptions["between"]> = ({ azure, kube }) => ({
    kube,
    azure: {
      ...azure,
      put: (...call) => {
        puts += call[0].includes("federatedIdentityCredentials") ? 1 : 0;
        if (puts === 2 && call[0].includes("federatedIdentityCredentials")) act(stage);
        return azure.put(...call);
      },
    },
  });
  const stage = await setStage({ workers: 8, between, azure: { settings: { federatedCredentialRates: "documented" } } });
  await identityOn(stage, "ident");
  declare(stage, "ident", names(3));
  await stage.settle();
  return stage;
}

test("a turn that was not used is no turn later", async () => {
  const stage = await atSecondPut(({ cluster }) => cluster.annotate(KIND, "ident-c03", { "azureidentity.dev/paused": "true" }));
  expect(stage.state(KIND, "ident-c03")).toBe("Unknown Paused");
  stage.bench.clock.advance(60_000);
  stage.cluster.annotate(KIND, "ident-c03", {});
  declare(stage, "ident", ["c04"]);
  await stage.settle();
  expect([names(4).map((name) => stage.state(KIND, `ident-${name}`)), refusals(stage)]).toEqual([names(4).map(() => "True Succeeded"), []]);
  await stage.close();
});

describe("what others do while a credential waits for its turn", () => {
  const theirs = (subject: string) => ({ properties: { issuer: ISSUER, subject, audiences: ["api://AzureADTokenExchange"] } });

  test("an equal one under another name satisfies it, once Azure has refused a second one", async () => {
    const stage = await atSecondPut(({ bench }) => void bench.azure.portal.put(fic(stageOf(bench), "ident", "theirs"), theirs("system:serviceaccount:default:c03")));
    expect([stage.state(KIND, "ident-c03"), stage.holds(KIND, "ident-c03")]).toEqual(["True Succeeded", undefined]);
    expect(stage.object(KIND, "ident-c03")?.status).toMatchObject({ resourceId: fic(stage, "ident", "theirs") });
    await stage.close();
  });

  test("another one under its name is refused, not overwritten", async () => {
    const stage = await atSecondPut(({ bench }) => void bench.azure.portal.put(fic(stageOf(bench), "ident", "c03"), theirs("somebody")));
    expect([stage.state(KIND, "ident-c03"), get(stage, fic(stage, "ident", "c03"))]).toEqual(["False AlreadyExists", expect.objectContaining(theirs("somebody"))]);
    await stage.close();
  });

  test("a look before the PUT that does not get through is made again", async () => {
    const isLook = ({ method, path }: { readonly method: string; readonly path: string }) => method === "GET" && path.endsWith("/c03");
    const stage = await atSecondPut(({ bench }) => void bench.azure.intercept(isLook, { do: "answer", status: 503, body: {} }, 1));
    expect([names(3).map((name) => stage.state(KIND, `ident-${name}`)), listsOf(stage).length]).toEqual([names(3).map(() => "True Succeeded"), 1]);
    await stage.close();
  });
});

/** The places of a stage need its bench only. */
function stageOf(bench: Stage["bench"]): Pick<Stage, "bench"> {
  return { bench };
}
