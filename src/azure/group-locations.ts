import { groupScope } from "../api/arm-id.ts";
import type { ArmClient } from "./arm-client.ts";
import { foundOf } from "./answers.ts";
import type { AzureRead, Clock } from "./contract.ts";
import { parseEnvelope } from "./envelope.ts";
import { failureOf } from "./errors.ts";
import { RememberedReads } from "./remembered-reads.ts";

/** arm.md 2.8. */
const API_VERSION = "2021-04-01";

/** A resource group as one credential sees it. */
export interface GroupKey {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly credential: string;
}

/** Resource groups, whose location can only change with the group itself. */
export class GroupLocations {
  readonly #clock: Clock;
  readonly #remembered: RememberedReads;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#remembered = new RememberedReads(clock);
  }

  /** Reads the group, at most once in ten minutes when it is found. */
  read(client: () => ArmClient, group: GroupKey): Promise<AzureRead> {
    const key = [group.credential, group.subscriptionId, group.resourceGroup].join("/").toLowerCase();
    return this.#remembered.read(key, () => this.#ask(client, group));
  }

  async #ask(client: () => ArmClient, group: GroupKey): Promise<AzureRead> {
    const arm = client();
    const url = arm.urlOf(groupScope(group.subscriptionId, group.resourceGroup), { "api-version": API_VERSION });
    const answer = await arm.request({ method: "GET", url, signal: new AbortController().signal });
    if (answer.status >= 200 && answer.status < 300) return foundOf(answer);
    const { code } = parseEnvelope(answer.bodyAsText);
    if (answer.status === 404 && code?.toLowerCase() === "resourcegroupnotfound") return { is: "absent", code };
    return { is: "failed", failure: failureOf(answer, this.#clock.now()) };
  }
}
