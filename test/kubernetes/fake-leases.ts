import type { LeaseAnswer, LeaseRecord, LeaseStore } from "../../src/kubernetes/lease.ts";

/** What becomes of one request: answered, lost on the way there, lost on the way back, refused, or never answered. */
export type Fate = "answered" | "lost" | "unheard" | "refused" | "hanging";

/** One Lease in memory, as the API server keeps it: a write of another version than the present one is a conflict. */
export class FakeLease {
  record: LeaseRecord | undefined;
  #version = 0;

  /** A way to the Lease on which each request has the fate that the function says. */
  store(fate: () => Fate = () => "answered"): LeaseStore {
    const ask = async (effect: () => LeaseAnswer, signal: AbortSignal): Promise<LeaseAnswer> => {
      const unanswered: LeaseAnswer = { is: "unanswered", message: "the API server does not answer: ECONNRESET" };
      await Promise.resolve();
      switch (fate()) {
        case "answered":
          return effect();
        case "unheard":
          effect();
          return unanswered;
        case "lost":
          return unanswered;
        case "refused":
          return { is: "refused", message: 'leases "operator" is forbidden' };
        case "hanging":
          return new Promise((resolve) => signal.addEventListener("abort", () => resolve(unanswered)));
      }
    };
    return {
      title: "system/operator",
      read: (signal) => ask(() => this.#stored(), signal),
      create: (record, signal) => ask(() => (this.record === undefined ? this.write(record) : { is: "conflict" }), signal),
      replace: (lease, record, signal) =>
        ask(() => (lease.resourceVersion === String(this.#version) ? this.write(record) : this.record === undefined ? { is: "absent" } : { is: "conflict" }), signal),
    };
  }

  /** Writes it as anybody could, whatever was there. */
  write(record: LeaseRecord): LeaseAnswer {
    this.record = record;
    this.#version += 1;
    return this.#stored();
  }

  #stored(): LeaseAnswer {
    if (this.record === undefined) return { is: "absent" };
    return { is: "stored", lease: { record: this.record, resourceVersion: String(this.#version), object: {} } };
  }
}
