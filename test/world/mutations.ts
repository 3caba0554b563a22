import { HOST_MUTATIONS } from "./host-mutations.ts";
import { TEAM_MUTATIONS } from "./team-mutations.ts";

/** One way to break the engine: a text of a source file that occurs in it once, and what stands there instead. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The source with a mutation. Throws when what is to be replaced does not occur exactly once: then the mutation tests nothing. */
export function mutated(source: string, { name, file, find, replace }: Mutation): string {
  const [before, after, ...more] = source.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`cannot apply mutation "${name}": its text occurs ${source.split(find).length - 1} times in ${file}, and must occur once`);
  }
  return `${before}${replace}${after}`;
}

/** What is broken about holding, owning and giving back. */
const HOLDING: readonly Mutation[] = [
  {
    name: "the finalizer comes after the write",
    file: "src/reconcile/pass.ts",
    find: "const object = await withFinalizer(kube, claim);",
    replace: "const { object } = claim;",
  },
  {
    name: "holds come after the write",
    file: "src/reconcile/pass.ts",
    find: "  accept(await kube.applyStatus(claim.kind.type, object, status), claim);\n  return { ...held",
    replace: "  return { ...held",
  },
  {
    name: "a write that Kubernetes refused counts as taken",
    file: "src/reconcile/pass.ts",
    find: "throw new PassAborted(`cannot write ${claim.key}: ${write.message}`, write.afterSeconds);",
    replace: 'return "";',
  },
  {
    name: "deletion goes by what the spec says now",
    file: "src/reconcile/claim.ts",
    find: "const target = held ?? (declared.ok ? declared.target : undefined);",
    replace: "const target = declared.ok ? declared.target : held;",
  },
  {
    name: "a moved grant is made before the old one is gone",
    file: "src/reconcile/claim.ts",
    find: "const target = held ?? (declared.ok ? declared.target : undefined);",
    replace: 'const target = kind.type.kind === "RoleAssignment" && declared.ok ? declared.target : (held ?? (declared.ok ? declared.target : undefined));',
  },
  {
    name: "a mark is not checked",
    file: "src/reconcile/decide-resource.ts",
    find: "if (mark !== undefined) return mark === facts.markFor(claim);",
    replace: "if (mark !== undefined) return true;",
  },
  {
    name: "what has no mark is ours when it is held",
    file: "src/reconcile/decide-resource.ts",
    find: "return incarnation !== undefined && claim.holds !== undefined && shape.recorded?.(claim.object.status) === incarnation;",
    replace: "return incarnation !== undefined && claim.holds !== undefined;",
  },
  {
    name: "a held credential is ours unconfirmed",
    file: "src/reconcile/decide-resource.ts",
    find: "if (holds.confirmed || (claim.spec !== undefined && differences(facts, claim, actual).length === 0)) return true;",
    replace: "if (holds.target !== \"\") return true;",
  },
  {
    name: "foreign resources are adopted unasked",
    file: "src/reconcile/decide-resource.ts",
    find: 'if (!adopts) return { do: "refuse", refusal: alreadyExists(facts), drift: [] };',
    replace: "",
  },
  {
    name: "what is not ours is deleted",
    file: "src/reconcile/decide-resource.ts",
    find: 'if (!isOurs(facts, claim)) return { do: "release", because: "notOurs" };',
    replace: "",
  },
  {
    name: "protectors are ignored",
    file: "src/reconcile/decide-resource.ts",
    find: "if (protectors.length > 0) return",
    replace: "if (protectors.length > 99) return",
  },
  {
    name: "Retain is ignored",
    file: "src/reconcile/claim.ts",
    find: 'return policy === "Retain" || (policy !== "Delete" && holds?.adopted === true);',
    replace: 'return policy !== "Retain" && policy !== "Delete" && holds?.adopted === true;',
  },
  {
    name: "what is retained keeps our mark",
    file: "src/reconcile/decide-resource.ts",
    find: 'return step === undefined ? { do: "release", because: "retained" } : { do: "unmark", step };',
    replace: 'return { do: step === undefined ? "release" : "release", because: "retained" };',
  },
  {
    name: "a resource is handed over without holds",
    file: "src/reconcile/resource-perform.ts",
    find: '  await storeHolds(pass, heir, { holds, reason: "Updating", message: `taking over ${pass.target}` });\n',
    replace: "",
  },
  {
    name: "nothing is handed over",
    file: "src/reconcile/decide-resource.ts",
    find: 'if (heir !== undefined) return { do: "handOver", to: heir };',
    replace: 'if (heir !== undefined) return { do: "delete" };',
  },
  {
    name: "a deletion of which the answer was lost counts as done",
    file: "src/reconcile/resource-perform.ts",
    find: 'return settled(ended(claim, outcomeOf(answer.failure, claim, "delete the resource of")));',
    replace: 'return settled({ claim, outcome: { is: "released", reason: "Deleted", message: "gone" }, holds: undefined, shown: undefined, done: [made] });',
  },
  {
    name: "intended content is not remembered",
    file: "src/reconcile/resource-perform.ts",
    find: "const before = holds?.confirmed === false ? (holds.intended ?? []) : [];",
    replace: "const before: string[] = holds === undefined ? [] : [];",
  },
];

/** What is broken about time, order and attention. */
const ATTENTION: readonly Mutation[] = [
  {
    name: "Retry-After is ignored",
    file: "src/azure/retry-after.ts",
    find: "return bounded(Number(value));",
    replace: "return 1;",
  },
  {
    name: "what was unavailable is not tried again",
    file: "src/reconcile/timing.ts",
    find: 'return { afterSeconds: backoffSeconds(attempts, MAX_UNAVAILABLE_SECONDS, timing), priority: "retry" };',
    replace: "return undefined;",
  },
  {
    name: "who refers to a thing is not woken by it",
    file: "src/reconcile/engine.ts",
    find: "if (wakesDependants(change)) for (const claim of dependantsOf(change, this.#units, this.#world.cache)) this.#reclaim(claim);",
    replace: "",
  },
  {
    name: "what is no longer referred to is not woken",
    file: "src/reconcile/usage-wake.ts",
    find: "referent.object.metadata.namespace === namespace ? [referent.unit] : []));",
    replace: "referent.object.metadata.namespace === namespace ? [] : []));",
  },
  {
    name: "a key that is added while it runs is lost",
    file: "src/queue/queue.ts",
    find: "    if (this.#isDraining) return;\n    if (this.#ready.has(key))",
    replace: "    if (this.#isDraining || this.#running.has(key)) return;\n    if (this.#ready.has(key))",
  },
  {
    name: "a failed run does not come back",
    file: "src/queue/queue.ts",
    find: "if (result.failed === true) return this.#retry(key, result);",
    replace: "if (result.failed === true) return;",
  },
  {
    name: "stale objects are not awaited",
    file: "src/reconcile/awaited-objects.ts",
    find: "if (!concerned.some(({ object }) => this.#own.isBehind(object))) return undefined;",
    replace: "if (concerned.length < 99) return undefined;",
  },
  {
    name: "echoes hide the edits of people",
    file: "src/reconcile/engine.ts",
    find: "this.#own.isOwn(next) ? wakesBeforeOwn(change) : wakesItself(change);",
    replace: "this.#own.isOwn(next) ? undefined : wakesItself(change);",
  },
  {
    name: "pausing is ignored",
    file: "src/reconcile/claim.ts",
    find: 'if (isPaused(claim.object)) return "frozen";',
    replace: "",
  },
  {
    name: "ObserveOnly is ignored",
    file: "src/reconcile/claim.ts",
    find: 'if (rawText(claim.object, "managementPolicy") === "ObserveOnly") return "observing";',
    replace: "",
  },
  {
    name: "children of one parent have lanes of their own",
    file: "src/reconcile/claim.ts",
    find: "return parentOf(target) ?? target;",
    replace: "return target;",
  },
  {
    name: "a lane is not kept while an operation runs",
    file: "src/queue/lanes.ts",
    find: "lane.holder = hold ? key : undefined;",
    replace: "lane.holder = hold ? undefined : undefined;",
  },
  {
    name: "a status is written at every look",
    file: "src/reconcile/conclude.ts",
    find: "const isNew = !isUnsaid(conclusion, verdict) && !isSameJson(comparable(status), comparable(previous));",
    replace: "const isNew = !isUnsaid(conclusion, verdict) && !isSameJson(status, comparable(previous));",
  },
  {
    name: "drift is not healed",
    file: "src/reconcile/decide-resource.ts",
    find: 'if (due.length === 0) return { do: "nothing", drift: [] };',
    replace: 'if (due.length === 0 || claim.object.metadata.generation === facts.claims[0]?.object.metadata.generation) return { do: "nothing", drift: [] };',
  },
  {
    name: "a unit that awaits its object gives up its lane",
    file: "src/reconcile/engine.ts",
    find: "if (again !== undefined) return { again, holdLane: this.#memories.of(unit).running !== undefined };",
    replace: "if (again !== undefined) return { again };",
  },
  {
    name: "an object leaves its unit before its own write is seen",
    file: "src/reconcile/engine.ts",
    find: "return this.#own.isAhead(object) ? stayingWith(this.#units.get(claim.key), claim) : claim;",
    replace: "return this.#own.isAhead(object) ? stayingWith(undefined, claim) : claim;",
  },
  {
    name: "what else is due comes before Retry-After",
    file: "src/reconcile/engine-result.ts",
    find: "Math.max(soonest.afterSeconds, ...earliest)",
    replace: "Math.max(soonest.afterSeconds, ...earliest.slice(99))",
  },
  {
    name: "Retry-After is forgotten when Kubernetes refuses the status",
    file: "src/reconcile/settle.ts",
    find: 'if (!(error instanceof PassAborted) || outcome.is !== "throttled") return error;',
    replace: 'if (!(error instanceof PassAborted) || outcome.is !== "nothing") return error;',
  },
  {
    name: "an operation that failed is polled on",
    file: "src/reconcile/running.ts",
    find: 'const isUnasked = failure.class === "credential";',
    replace: 'const isUnasked = failure.class === "credential" || failure.class === "unavailable";',
  },
  {
    name: "lists are not forgotten after an unexpected end",
    file: "src/reconcile/snapshots.ts",
    find: "    this.#listed.delete(keyOf(collection, credential));",
    replace: "    void keyOf(collection, credential);",
  },
  {
    name: "lists do not learn of what we write",
    file: "src/reconcile/snapshots.ts",
    find: ".set(armIdKey(written.id), { id: written.id, ...written.body });",
    replace: ";",
  },
];

/** Every mutation; each is caught within 1,000 seeds. */
export const MUTATIONS: readonly Mutation[] = [...HOLDING, ...ATTENTION, ...HOST_MUTATIONS, ...TEAM_MUTATIONS];
