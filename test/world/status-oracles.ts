import { conditionOf, conditionsOf } from "../../src/api/conditions.ts";
import { isJsonObject } from "../../src/api/json.ts";
import { keyOf, type KubeObject } from "../../src/api/object.ts";
import { illegalConditions } from "./legal-conditions.ts";
import { SECRET_VALUE } from "./operator.ts";
import { TOKEN } from "./principals.ts";

/** Texts of which no part may reach a status: secrets, tokens, signatures of polling URLs (invariant 8). */
const SECRETS = [SECRET_VALUE, TOKEN, TOKEN.replaceAll(" ", "-"), "sig=", "&s=", "&c="];

/** Watches every status that is written: nothing secret, conditions as the table of outcomes has them, and no message that flips. */
export class StatusWatch {
  readonly faults: string[] = [];
  readonly #messages = new Map<string, string[]>();

  /** A status is about to be stored. */
  take(object: KubeObject, status: unknown): void {
    const name = `${object.kind} ${object.metadata.name}`;
    const text = JSON.stringify(status);
    for (const secret of SECRETS) if (text.includes(secret)) this.faults.push(`${name} shows "${secret}" in its status (invariant 8)`);
    this.faults.push(...illegalConditions(object, { ...object, status }));
    this.#flips(object, { ...object, status });
  }

  /** Somebody acted, so that messages may well return. */
  forget(): void {
    this.#messages.clear();
  }

  /** A message that came back three times while nothing else changed says that two passes see the same state differently. */
  #flips(before: KubeObject, after: KubeObject): void {
    if (withoutMessages(before) !== withoutMessages(after)) {
      this.#messages.delete(keyOf(after));
      return;
    }
    const said = [...(this.#messages.get(keyOf(after)) ?? []), messageOf(after)];
    this.#messages.set(keyOf(after), said);
    if (said.filter((message) => message === said.at(-1)).length < 3) return;
    this.faults.push(`the message of ${after.kind} ${after.metadata.name} flips: "${said.at(-2) ?? ""}" and "${said.at(-1) ?? ""}" (invariant 7)`);
  }
}

function messageOf(object: KubeObject): string {
  return conditionOf(conditionsOf(object), "Ready")?.message ?? "";
}

function withoutMessages(object: KubeObject): string {
  const { lastSyncTime: _time, conditions: _conditions, ...rest } = isJsonObject(object.status) ? object.status : {};
  return JSON.stringify([rest, conditionsOf(object).map(({ type, status, reason }) => [type, status, reason])]);
}
