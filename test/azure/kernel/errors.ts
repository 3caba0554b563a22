import type { JsonObject, JsonValue } from "./json.ts";

/** What is sent back for a request. A body of `undefined` sends none. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonValue | undefined;
  /** Sent instead of a JSON body. */
  readonly text?: string;
  /** Set where the connection ends in the middle of the body. */
  readonly half?: true;
}

/** An answer that ends the handling of a request wherever it is thrown. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer, message: string) {
    super(message);
    this.name = "Refusal";
    this.answer = answer;
  }
}

/** The parts of an ARM error (arm.md 2.1). */
export interface ArmError {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
  readonly details?: readonly JsonObject[];
}

/** An error that ARM itself raises: standard envelope and `x-ms-failure-cause: gateway` (arm.md 2.1). */
export function gatewayError(status: number, code: string, message: string): Refusal {
  return new Refusal({ status, headers: { "x-ms-failure-cause": "gateway" }, body: { error: { code, message } } }, message);
}

/** An error of a provider that keeps to the standard envelope. */
export function providerError(status: number, error: ArmError): Refusal {
  return new Refusal({ status, body: { error: { ...error } } }, error.message);
}

/** Microsoft.Web's flat PascalCase error (arm.md 2.1); `extendedCode` is its inner number. */
export function webError(status: number, code: string, message: string, extendedCode?: string): Refusal {
  const entity = {
    ...(extendedCode === undefined ? {} : { ExtendedCode: extendedCode, MessageTemplate: message, Parameters: [] }),
    Code: code,
    Message: message,
  };
  const details = [{ Message: message }, { Code: code }, { ErrorEntity: entity }];
  return new Refusal({ status, body: { Code: code, Message: message, Target: null, Details: details, Innererror: null } }, message);
}

/** The identity provider's 429: the code is the number as text (arm.md 2.6). */
export function identityThrottled(retryAfterSeconds: number): Refusal {
  const message = "The request was throttled. Please retry after some time.";
  const headers = { "retry-after": String(retryAfterSeconds) };
  return new Refusal({ status: 429, headers, body: { error: { code: "429", message } } }, message);
}
