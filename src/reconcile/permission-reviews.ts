import type { ObjectKey } from "../api/object.ts";
import type { Permission } from "../api/permission.ts";
import type { Claim } from "./claim.ts";
import type { AccessPort, Answer, Permitted } from "./permissions.ts";
import type { Clock } from "./ports.ts";

/** How long an answer counts: so long a permission that was taken back may still be believed. */
const MAX_AGE_MS = 60_000;

/** The most questions that one look at old answers asks the API server. */
const PER_RECHECK = 20;

interface Question {
  readonly namespace: string;
  readonly permission: Permission;
  /** The claims that need it, by their objects. */
  readonly claims: Map<ObjectKey, Claim>;
  answer: Answer;
  atMs: number;
}

/**
 * What the API server said about the permissions that objects need. A question is shared by all objects of a namespace, is asked
 * at most once a minute, and is forgotten with the last object that needs it. Where the API server does not answer nothing is
 * permitted.
 */
export class PermissionReviews {
  readonly #access: AccessPort | undefined;
  readonly #clock: Clock;
  readonly #reclaim: (claim: Claim) => void;
  readonly #questions = new Map<string, Question>();
  readonly #byObject = new Map<ObjectKey, readonly string[]>();
  /** What is known of a permission of a namespace; undefined where permissions are not required. */
  readonly permitted: Permitted | undefined;
  #isRechecking = false;

  /** Without a port permissions are not required. `reclaim` makes a claim anew with what is known now. */
  constructor(access: AccessPort | undefined, clock: Clock, reclaim: (claim: Claim) => void) {
    this.#access = access;
    this.#clock = clock;
    this.#reclaim = reclaim;
    this.permitted = access === undefined ? undefined : (namespace, permission) => this.#answer(namespace, permission);
  }

  /** Takes what an object needs now; nothing once it is gone. */
  track(object: ObjectKey, claim: Claim | undefined): void {
    if (this.#access === undefined) return;
    const before = this.#byObject.get(object) ?? [];
    const now = claim === undefined ? [] : claim.permissions.needed.map((permission) => this.#note(permission, claim));
    for (const key of before) if (!now.includes(key)) this.#drop(key, object);
    if (now.length === 0) this.#byObject.delete(object);
    else this.#byObject.set(object, now);
  }

  /** Has what an object needs asked again before its next pass: somebody asks to look anew. */
  distrust(object: ObjectKey): void {
    for (const key of this.#byObject.get(object) ?? []) {
      const question = this.#questions.get(key);
      if (question !== undefined) question.atMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** Asks what is not known, or not known any more, of what claims need. Returns whether some were made anew for it. */
  async refresh(claims: readonly Claim[]): Promise<boolean> {
    if (this.#access === undefined) return false;
    const keys = new Set(claims.flatMap(({ key }) => this.#byObject.get(key) ?? []));
    await this.#ask([...keys].flatMap((key) => this.#questions.get(key) ?? []).filter((question) => this.#isDue(question)));
    return this.#remake(claims);
  }

  /** Asks the oldest questions again, some at a time; claims for which an answer is another one now are made anew. */
  async recheck(): Promise<void> {
    if (this.#isRechecking) return;
    this.#isRechecking = true;
    try {
      const due = [...this.#questions.values()].filter((question) => this.#isDue(question)).toSorted((left, right) => left.atMs - right.atMs);
      const asked = due.slice(0, PER_RECHECK);
      await this.#ask(asked);
      this.#remake([...new Map(asked.flatMap(({ claims }) => [...claims])).values()]);
    } finally {
      this.#isRechecking = false;
    }
  }

  #answer(namespace: string, permission: Permission): Answer {
    return this.#questions.get(keyOf(namespace, permission))?.answer ?? "unknown";
  }

  #note(permission: Permission, claim: Claim): string {
    const { namespace } = claim.object.metadata;
    const key = keyOf(namespace, permission);
    const known = this.#questions.get(key);
    if (known === undefined) this.#questions.set(key, { namespace, permission, claims: new Map([[claim.key, claim]]), answer: "unknown", atMs: Number.NEGATIVE_INFINITY });
    else known.claims.set(claim.key, claim);
    return key;
  }

  #drop(key: string, object: ObjectKey): void {
    const question = this.#questions.get(key);
    question?.claims.delete(object);
    if (question?.claims.size === 0) this.#questions.delete(key);
  }

  #isDue({ answer, atMs }: Question): boolean {
    return answer === "unknown" || this.#clock.now() - atMs >= MAX_AGE_MS;
  }

  async #ask(due: readonly Question[]): Promise<void> {
    const access = this.#access;
    if (access === undefined) return;
    const asked = due.map(async (question) => {
      question.answer = await access.review(question.namespace, question.permission);
      question.atMs = this.#clock.now();
    });
    await Promise.all(asked);
  }

  #remake(claims: readonly Claim[]): boolean {
    const outdated = claims.filter(({ object, permissions: { needed, answers } }) => needed.some((each, index) => this.#answer(object.metadata.namespace, each) !== answers[index]));
    for (const claim of outdated) this.#reclaim(claim);
    return outdated.length > 0;
  }
}

function keyOf(namespace: string, { verb, resource, namespace: of = "", name }: Permission): string {
  return `${namespace} ${verb} ${resource} ${of} ${name}`;
}
