import type { Answer } from "./errors.ts";
import { identityThrottled, webError } from "./errors.ts";
import type { Fault } from "./faults.ts";
import type { ArmRequest } from "./gateway.ts";
import { kindOf } from "./quota.ts";
import type { Caller } from "./resource-type.ts";
import { subscriptionOf } from "./target.ts";

/** What is answered in place of Azure's own answer. */
interface Refused {
  readonly arm: ArmRequest;
  readonly caller: Caller | undefined;
}

/** 504 of ARM when a provider does not answer in time (arm.md 2.1). */
export const gatewayTimeout: Answer = {
  status: 504,
  headers: { "x-ms-failure-cause": "gateway" },
  body: { error: { code: "GatewayTimeout", message: "The gateway did not receive a response from the resource provider within the specified time period." } },
};

type Throttle = Omit<Extract<Fault, { readonly do: "throttle" }>, "do">;

/** 429 with Retry-After, in the words of who throttles (arm.md 2.6, 3.6, 6). */
export function throttled(request: Refused, limit: Throttle): Answer {
  const answer = flavoured(request, limit);
  return { ...answer, headers: { ...answer.headers, "retry-after": String(limit.retryAfterSeconds) } };
}

function flavoured(request: Refused, { flavour = "arm", retryAfterSeconds, code }: Throttle): Answer {
  switch (flavour) {
    case "arm":
      return {
        status: 429,
        headers: { "x-ms-failure-cause": "gateway" },
        body: { error: { code: code ?? "SubscriptionRequestsThrottled", message: quotaMessage(request, retryAfterSeconds) } },
      };
    case "msi":
      return identityThrottled(retryAfterSeconds).answer;
    case "web":
      return webError(429, "429", "Cannot acquire exclusive lock to create, update or delete this site. Retry the request later.", "59206").answer;
  }
}

function quotaMessage({ arm, caller }: Refused, retryAfterSeconds: number): string {
  const kind = kindOf(arm.method).slice(0, -1);
  const subscription = subscriptionOf(arm.target) ?? "";
  return (
    `Number of '${kind}' requests for subscription '${subscription}' actor '${caller?.principalId ?? ""}' exceeded. ` +
    `Please try again after '${retryAfterSeconds}' seconds after additional tokens are available.`
  );
}

const html = (status: number): string =>
  `<!DOCTYPE html><html><head><title>${status}</title></head><body><h1>Server Error</h1><p>The service is unavailable.</p></body></html>`;

/** An error whose body is of no use to a client (arm.md 2.1). */
export function broken({ status, body }: Pick<Extract<Fault, { readonly do: "break" }>, "status" | "body">): Answer {
  switch (body) {
    case "html":
      return { status, headers: { "content-type": "text/html" }, text: html(status) };
    case "empty":
      return { status, text: "" };
    case "half":
      return { status, headers: { "content-type": "application/json; charset=utf-8" }, half: true, text: JSON.stringify({ error: { code: "InternalServerError", message: "The server has met an error." } }) };
  }
}
