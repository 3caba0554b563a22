import type { ArmClient } from "./arm-client.ts";
import { foundOf } from "./answers.ts";
import type { AzureRead, Clock } from "./contract.ts";
import { parseEnvelope } from "./envelope.ts";
import { failureOf } from "./errors.ts";

/** How long the location of a group is remembered, in milliseconds; it can only change with the group itself. */
const REMEMBERED_MS = 600_000;
/** arm.md 2.8. */
const API_VERSION = "2021-04-01";
const MAX_REMEMBERED = 1000;

/** A resource group as one credential sees it. */
export interface GroupKey {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly credential: string;
}

interface Remembered {
  readonly answer: Promise<AzureRead>;
  readonly untilMs: number;
}

/**
 * Resource groups, each asked for once however many objects wait for it. What is shared ends with nobody's signal, only
 * with the connection's time-out; only what was found is remembered.
 */
export class GroupLocations {
  readonly #clock: Clock;
  readonly #remembered = new Map<string, Remembered>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Reads the group, at most once in ten minutes when it is found. */
  read(client: () => ArmClient, group: GroupKey): Promise<AzureRead> {
    const key = [group.credential, group.subscriptionId, group.resourceGroup].join("/").toLowerCase();
    const known = this.#remembered.get(key);
    if (known !== undefined && this.#clock.now() < known.untilMs) return known.answer;
    this.#forgetOldest();
    const answer = this.#ask(client, group).then(
      (read) => {
        if (read.is !== "found") this.#remembered.delete(key);
        return read;
      },
      (error: unknown) => {
        this.#remembered.delete(key);
        throw error;
      },
    );
    this.#remembered.set(key, { answer, untilMs: this.#clock.now() + REMEMBERED_MS });
    return answer;
  }

  async #ask(client: () => ArmClient, group: GroupKey): Promise<AzureRead> {
    const arm = client();
    const url = arm.urlOf(`/subscriptions/${group.subscriptionId}/resourceGroups/${group.resourceGroup}`, { "api-version": API_VERSION });
    const answer = await arm.request({ method: "GET", url, signal: new AbortController().signal });
    if (answer.status >= 200 && answer.status < 300) return foundOf(answer);
    const { code } = parseEnvelope(answer.bodyAsText);
    if (answer.status === 404 && code?.toLowerCase() === "resourcegroupnotfound") return { is: "absent", code };
    return { is: "failed", failure: failureOf(answer, this.#clock.now()) };
  }

  #forgetOldest(): void {
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
  }
}
