import { AsyncLocalStorage } from "node:async_hooks";
import type { PipelinePolicy, PipelineResponse } from "@azure/core-rest-pipeline";
import type { Clock } from "./contract.ts";
import { AzureError, failureOf } from "./errors.ts";
import type { Governor } from "./governor.ts";
import { demandOf } from "./quota-draws.ts";
import type { QuotaAnswer, RateRefusal } from "./quota-headers.ts";

/** On whose behalf requests are sent, however many of them a client makes of one call. */
export interface Sender {
  /** The unit of work; what it was granted is used by its requests. */
  readonly unit?: string | undefined;
  /** The region of the resource, where the request itself does not say it. */
  readonly region?: string | undefined;
}

const senders = new AsyncLocalStorage<Sender>();

/** Runs what sends requests on somebody's behalf. */
export function onBehalfOf<Result>(sender: Sender, send: () => Promise<Result>): Promise<Result> {
  return senders.run(sender, send);
}

/** Keeps the requests of one credential within Azure's quotas: what they do not allow now is not sent. */
export function governorPolicy({ governor, credential, clock }: { readonly governor: Governor; readonly credential: string; readonly clock: Clock }): PipelinePolicy {
  return {
    name: "governorPolicy",
    sendRequest: async (request, next) => {
      const { unit, region } = senders.getStore() ?? {};
      const admission = governor.admit(demandOf(request, { credential, region }), unit);
      if (admission.is === "refused") throw new AzureError(notYet(admission.afterMs));
      let answer: PipelineResponse | undefined;
      try {
        answer = await next(request);
        return answer;
      } finally {
        governor.answered(admission.sending, answer === undefined ? undefined : quotaAnswer(answer, clock));
      }
    },
  };
}

function notYet(afterMs: number) {
  const message = "Azure's quota allows no such request yet; nothing was sent, and it is tried again when it does";
  return { class: "throttled", code: "QuotaExhausted", message, afterSeconds: afterMs / 1000, isUnsent: true } as const;
}

function quotaAnswer(answer: PipelineResponse, clock: Clock): QuotaAnswer {
  const refused = answer.status >= 400 ? refusalIn(answer, clock) : undefined;
  return refused === undefined ? { headers: answer.headers } : { headers: answer.headers, refused };
}

/** When to come back where Azure does not say it, in seconds. */
const DEFAULT_SECONDS = 10;

/** The codes by which ARM itself refuses; its providers have others (arm.md 2.6). */
const OF_ARM = /^(?:subscription|tenant|resource)requeststhrottled$/i;

/** A 429 of the identity provider arrives inside of a host's FailedIdentityOperation, and concerns that host alone (peers.md 3). */
function refusalIn(answer: PipelineResponse, clock: Clock): RateRefusal | undefined {
  const failure = failureOf(answer, clock.now());
  if (failure.class !== "throttled") return undefined;
  const afterSeconds = failure.afterSeconds ?? DEFAULT_SECONDS;
  if (answer.status !== 429) return { by: "resource", afterSeconds };
  return { by: OF_ARM.test(failure.code) ? "arm" : "provider", afterSeconds };
}
