import { KubeConfig, type KubernetesObject, ListWatch, Watch } from "@kubernetes/client-node";
import PQueue from "p-queue";
import { USER_ASSIGNED_IDENTITY } from "../../../src/api/resources.ts";
import { createCacheForm } from "../../../src/kubernetes/cached-object.ts";
import { ObjectStore } from "../../../src/kubernetes/store.ts";
import { systemClock } from "../../../src/queue/clock.ts";
import { KeyedQueue } from "../../../src/queue/queue.ts";
import { decideHost } from "../../../src/reconcile/decide-host.ts";
import { identity } from "../../e2e/objects.ts";
import { claim, factsOf } from "../../reconcile/hosts.ts";
import { readyStatus } from "../load-client.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";

const KEYS = 50_000;
const EVENTS = 50_000;
const DECISIONS = 20_000;

/** What the innermost parts do in a second of this machine, beside what others do with the same. */
export async function kernel(): Promise<readonly Figure[]> {
  const scenario = "kernel";
  const bare = KEYS / (await timed("kernel, a bare p-queue", bareQueue));
  const queue = KEYS / (await timed("kernel, the queue", keyedQueue));
  const lines = eventLines();
  const informer = EVENTS / (await timed("kernel, client-node's informer", () => informed(lines)));
  const reflector = EVENTS / (await timed("kernel, the cache", () => cached(lines)));
  const decisions = DECISIONS / (await timed("kernel, decisions", decided));
  return [
    figure({ scenario, figure: "keys added and run, each in a lane of its own; peer: functions in a bare p-queue", value: queue, unit: "1/s", peer: bare }),
    figure({ scenario, figure: "watch events parsed and stored; peer: client-node's informer", value: reflector, unit: "1/s", peer: informer }),
    figure({ scenario, figure: "decisions over a host with three claims and five identities", value: decisions, unit: "1/s" }),
  ];
}

async function bareQueue(): Promise<void> {
  const queue = new PQueue({ concurrency: 16 });
  for (let index = 0; index < KEYS; index += 1) void queue.add(nothing);
  await queue.onIdle();
}

async function keyedQueue(): Promise<void> {
  const queue = new KeyedQueue({
    concurrency: 16,
    run: nothing,
    laneOf: (key) => key,
    clock: systemClock,
    random: Math.random,
    deadlineMs: 300_000,
    backoff: { baseMs: 500, maxMs: 60_000 },
  });
  queue.start();
  for (let index = 0; index < KEYS; index += 1) queue.add(`key-${index}`, { priority: "user" });
  await queue.idle();
}

function nothing(): Promise<object> {
  return Promise.resolve({});
}

/** Changes of a thousand objects, as the API server tells them. */
function eventLines(): readonly string[] {
  return Array.from({ length: EVENTS }, (_, index) => {
    const name = `identity-${index % 1000}`;
    const { metadata, ...rest } = identity("default", name, { tags: { team: "web" } }) as { readonly metadata: object };
    const managedFields = [{ manager: "kubectl", operation: "Apply", apiVersion: "azureidentity.dev/v1alpha1", fieldsType: "FieldsV1", fieldsV1: { "f:spec": { "f:tags": { "f:team": {} } } } }];
    const server = { uid: `uid-${index % 1000}`, resourceVersion: String(index + 1), generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", managedFields };
    return JSON.stringify({ type: index < 1000 ? "ADDED" : "MODIFIED", object: { ...rest, metadata: { ...metadata, ...server }, status: readyStatus(name) } });
  });
}

interface Told {
  readonly type: string;
  readonly object: KubernetesObject;
}

async function cached(lines: readonly string[]): Promise<void> {
  const store = new ObjectStore();
  const form = createCacheForm(USER_ASSIGNED_IDENTITY);
  let events = 0;
  for (const line of lines) {
    const object = form((JSON.parse(line) as Told).object);
    if (object !== undefined) events += store.put(object).length;
  }
  if (events !== lines.length) throw new Error(`of ${lines.length} events ${events} were stored`);
}

/** A watch that tells lines which are there already. */
class LinesWatch extends Watch {
  readonly #lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(new KubeConfig());
    this.#lines = lines;
  }

  override watch(_path: string, _query: object, callback: (phase: string, object: KubernetesObject, watch?: object) => void): Promise<AbortController> {
    for (const line of this.#lines) {
      const told = JSON.parse(line) as Told;
      callback(told.type, told.object, told);
    }
    return Promise.resolve(new AbortController());
  }
}

async function informed(lines: readonly string[]): Promise<void> {
  const list = () => Promise.resolve({ metadata: { resourceVersion: "0" }, items: [] as KubernetesObject[] });
  const informer = new ListWatch<KubernetesObject>("/apis/azureidentity.dev/v1alpha1/userassignedidentities", new LinesWatch(lines), list, false);
  let events = 0;
  for (const verb of ["add", "update"] as const) informer.on(verb, () => void (events += 1));
  await informer.start();
  if (events !== lines.length) throw new Error(`of ${lines.length} events ${events} were told`);
  await informer.stop();
}

async function decided(): Promise<void> {
  const claims = ["a", "b", "c"].map((name, age) => claim(name, { ids: ["one", "two", name], holdsNames: ["one"], age }));
  const facts = factsOf(claims, ["one", "two", "a", "others"]);
  let changes = 0;
  for (let index = 0; index < DECISIONS; index += 1) if (decideHost(facts).change !== undefined) changes += 1;
  if (changes !== DECISIONS) throw new Error(`${changes} decisions of ${DECISIONS} change the host`);
}
