import type { ArmId } from "../api/arm-id.ts";
import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import type { JsonObject } from "../api/json.ts";
import type { AzureFailure, AzureOperation, AzureProgress, Clock } from "./contract.ts";
import { envelopeOf, parseJson } from "./envelope.ts";
import type { ErrorAnswer } from "./errors.ts";
import { AzureError, failureOf, failureOfEnvelope } from "./errors.ts";
import type { HeaderReader } from "./retry-after.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import { trustedUrl } from "./trusted-url.ts";

/** When to ask again where Azure does not say it, in seconds (arm.md 2.3). */
export const DEFAULT_POLL_SECONDS = 10;
const MAX_POLL_SECONDS = 600;

/**
 * What is asked: the status that `Azure-AsyncOperation` names, the result that `Location` names, or, where a 202 gave
 * no header, the resource itself.
 */
type Target = "status" | "result" | "resource" | "removal";

/** What an operation needs to ask how it stands. */
export interface OperationContext {
  readonly id: ArmId;
  /** The endpoint of ARM: the only place to which an operation may point. */
  readonly endpoint: string;
  readonly clock: Clock;
  /** Sends one GET, verbatim; undefined when who would send it holds that the operation has ended. */
  readonly get: (url: string, signal: AbortSignal) => Promise<ErrorAnswer | undefined>;
}

/** A write that Azure accepted and has not finished, or a pointer that cannot be trusted. */
export type Started =
  | { readonly is: "running"; readonly operation: AzureOperation; readonly afterSeconds: number }
  | { readonly is: "failed"; readonly failure: AzureFailure };

/**
 * The operation that an answer to a write began, or undefined when the answer is the end of it. `Location` alone
 * begins one only with 202: identities name their own address in it (arm.md 3.1).
 */
export function startedOperation(
  context: OperationContext,
  answer: ErrorAnswer,
  resource: { readonly url: string; readonly deleting: boolean },
): Started | undefined {
  const accepted = answer.status === 202;
  const status = answer.headers.get("azure-asyncoperation");
  const location = accepted ? answer.headers.get("location") : undefined;
  if (status === undefined && !accepted) return undefined;
  const fallback = resource.deleting ? "removal" : "resource";
  const target: Target = status !== undefined ? "status" : location !== undefined ? "result" : fallback;
  const url = trustedUrl(context, status ?? location ?? resource.url);
  if (url === undefined) return { is: "failed", failure: UNTRUSTED_POINTER };
  const operation = new ArmOperation(context, target, url);
  return { is: "running", operation, afterSeconds: pollSeconds(answer.headers, context.clock) };
}

/** How long to wait before the next question, in seconds, at most 600. */
function pollSeconds(headers: HeaderReader, clock: Clock): number {
  return Math.min(retryAfterSeconds(headers, clock.now()) ?? DEFAULT_POLL_SECONDS, MAX_POLL_SECONDS);
}

const UNTRUSTED_POINTER: AzureFailure = {
  class: "invalid",
  code: "UntrustedOperationUrl",
  message: "Azure pointed to an operation outside of this endpoint and subscription; nothing was sent there",
};

/** Nothing of it can be printed or serialised: the URL is signed and lives in this object only. */
class ArmOperation implements AzureOperation {
  readonly #context: OperationContext;
  readonly #target: Target;
  #url: string;

  constructor(context: OperationContext, target: Target, url: string) {
    this.#context = context;
    this.#target = target;
    this.#url = url;
  }

  async poll(signal: AbortSignal): Promise<AzureProgress> {
    let answer: ErrorAnswer | undefined;
    try {
      answer = await this.#context.get(this.#url, signal);
    } catch (error) {
      return this.#unanswered(error);
    }
    if (answer === undefined) return { is: "unknown" };
    const next = this.#nextPointer(answer);
    if (next !== undefined) {
      const url = trustedUrl(this.#context, next);
      if (url === undefined) return { is: "failed", failure: UNTRUSTED_POINTER };
      this.#url = url;
    }
    return this.#progress(answer);
  }

  #nextPointer(answer: ErrorAnswer): string | undefined {
    if (this.#target === "status") return answer.headers.get("azure-asyncoperation");
    // Only a 202 says "ask there": a final answer may name the resource in the same header.
    return this.#target === "result" && answer.status === 202 ? answer.headers.get("location") : undefined;
  }

  #progress(answer: ErrorAnswer): AzureProgress {
    const { status } = answer;
    if (status === 404 || status === 410) return this.#target === "removal" ? { is: "succeeded" } : { is: "unknown" };
    if (status === 202) return this.#running(answer);
    if (status >= 200 && status < 300) return this.#standing(answer);
    const failure = failureOf(answer, this.#context.clock.now());
    // Not allowed to look is no failure of the operation: the resource itself will tell (arm.md 16).
    if (failure.class === "forbidden") return { is: "unknown" };
    // Neither is an outage of whoever answers.
    if (failure.class === "throttled" || failure.class === "unavailable") return this.#running(answer);
    return { is: "failed", failure };
  }

  #standing(answer: ErrorAnswer): AzureProgress {
    if (this.#target === "removal") return this.#running(answer);
    const parsed = parseJson(answer.bodyAsText ?? "");
    const body = isJsonObject(parsed) ? parsed : {};
    const word = (this.#target === "status" ? stringAt(body, "status") : undefined) ?? provisioningState(body);
    // A result without a state is the end; a status without one is no status.
    if (word === undefined) return this.#target === "status" && answer.status === 200 ? { is: "unknown" } : { is: "succeeded" };
    switch (word.toLowerCase()) {
      case "succeeded":
        return { is: "succeeded" };
      case "failed":
      case "canceled":
      case "cancelled":
        return { is: "failed", failure: operationFailure(body, word) };
      default:
        return this.#running(answer);
    }
  }

  #running(answer: ErrorAnswer): AzureProgress {
    return { is: "running", afterSeconds: pollSeconds(answer.headers, this.#context.clock) };
  }

  #unanswered(error: unknown): AzureProgress {
    if (!(error instanceof AzureError)) throw error;
    if (error.failure.class !== "unavailable" && error.failure.class !== "throttled") return { is: "failed", failure: error.failure };
    return { is: "running", afterSeconds: error.failure.afterSeconds ?? DEFAULT_POLL_SECONDS };
  }
}

function provisioningState(body: JsonObject): string | undefined {
  return stringAt(objectAt(body, "properties"), "provisioningState");
}

/** An operation that failed answers 200; the error is inside (arm.md 2.3). */
function operationFailure(body: JsonObject, word: string): AzureFailure {
  const inner = objectAt(body, "error") ?? objectAt(objectAt(body, "properties"), "error");
  const envelope = inner === undefined ? undefined : envelopeOf(inner);
  if (envelope?.code === undefined) {
    const message = `the operation ended as ${word} and Azure gave no cause`;
    return { class: "invalid", code: word, message };
  }
  return failureOfEnvelope(envelope, 400);
}
