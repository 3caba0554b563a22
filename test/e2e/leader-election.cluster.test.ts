import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { identity, identityId } from "./objects.ts";
import type { OperatorProcess } from "./operator-process.ts";
import { isReady, setStage, type Stage } from "./stage.ts";

const NAMESPACE = "e2e-leader";
const ELECT = "--leader-elect=true";
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE] });
});

afterAll(() => stage.close());

async function leads(operator: OperatorProcess): Promise<boolean> {
  const body = await (await fetch(`${operator.metricsUrl}/metrics`)).text();
  return body.includes('leader_election_master_status{name="azure-identity-operator-leader"} 1');
}

/** Resolves with how long it took, in milliseconds; rejects after the limit. */
async function untilLeading(operator: OperatorProcess, limitMs: number): Promise<number> {
  const startMs = performance.now();
  while (!(await leads(operator))) {
    if (performance.now() - startMs > limitMs) throw new Error(`the operator does not lead after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return performance.now() - startMs;
}

const putsOf = (name: string) => stage.arm().filter(({ method, path }) => method === "PUT" && path.endsWith(`/${name}`));
const holder = () => stage.kubectl("get", "lease", "azure-identity-operator-leader", "-n", "azure-identity-system", "-o", "jsonpath={.spec.holderIdentity}");

describe("of two replicas", () => {
  test("one works and the other is ready, and goes on at once when the first is told to end", async () => {
    const first = await stage.startOperator([ELECT]);
    await untilLeading(first, 5000);
    const second = await stage.startOperator([ELECT]);
    const watches = () => second.output().then((log) => log.split("Caches are filled").length - 1);
    expect(await leads(second)).toBe(false);
    expect(await watches()).toBe(1);
    await stage.apply(identity(NAMESPACE, "one"));
    await stage.until("uai", "one", isReady);
    const before = await holder();
    expect(await first.stop("SIGTERM")).toBe(0);
    // A Lease that was not given back would have been waited for, 15 s.
    expect(await untilLeading(second, 10_000)).toBeLessThan(8000);
    expect(await holder()).not.toBe(before);
    await stage.apply(identity(NAMESPACE, "two"));
    await stage.until("uai", "two", isReady);
    await second.stop("SIGKILL");
    expect([putsOf("one").length, putsOf("two").length]).toEqual([1, 1]);
    await stage.kubectl("delete", "lease", "azure-identity-operator-leader", "-n", "azure-identity-system");
  });

  test("a leader that freezes in the middle of a pass, or is killed, is replaced; it does nothing any more when it wakes", async () => {
    const short = [ELECT, "--leader-elect-lease-seconds=3"];
    const first = await stage.startOperator(short);
    await untilLeading(first, 5000);
    const second = await stage.startOperator(short);
    const reads = () => stage.arm().filter(({ method, path }) => method === "GET" && path.endsWith("/frozen")).length;
    await stage.apply(identity(NAMESPACE, "frozen"));
    await stage.untilArm(() => reads() > 0);
    process.kill(first.pid, "SIGSTOP");
    await untilLeading(second, 10_000);
    await stage.until("uai", "frozen", isReady);
    await stage.apply(identity(NAMESPACE, "later"));
    await stage.until("uai", "later", isReady);
    const requests = stage.arm().length;
    process.kill(first.pid, "SIGCONT");
    expect(await first.stop("SIGTERM")).toBe(1);
    expect(await first.output()).toContain("The lead is lost: another replica goes on");
    expect(stage.azure.portal.get(identityId("frozen"))).toBeDefined();
    expect(stage.arm().slice(requests).filter(({ method }) => method !== "GET")).toEqual([]);
    expect(putsOf("later")).toHaveLength(1);
    const third = await stage.startOperator(short);
    await second.stop("SIGKILL");
    await untilLeading(third, 10_000);
    await stage.apply(identity(NAMESPACE, "last"));
    await stage.until("uai", "last", isReady);
    expect(["frozen", "later", "last"].map((name) => putsOf(name).length)).toEqual([1, 1, 1]);
  });
});
