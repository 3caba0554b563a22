import type { PipelinePolicy, PipelineRequest, PipelineResponse, SendRequest } from "@azure/core-rest-pipeline";
import { createHttpHeaders } from "@azure/core-rest-pipeline";
import { bodyTextOf } from "./arm-client.ts";
import type { ArmCall } from "./contract.ts";

/** One step of a call: its request itself, or one question about the operation that it began. */
interface Step {
  readonly signal: AbortSignal;
  /** Where the operation is asked about, verbatim; undefined for the request itself, whose address the SDK knows. */
  readonly url?: string;
  answer?: PipelineResponse;
}

/**
 * What an SDK may send for one call. The SDK decides what is asked when; the body is the call's own and the answer is taken
 * raw, because the SDK's models drop what they do not know (stack.md 2.6): of what is given nothing is lost, and the body
 * that is handed to the SDK beside is only there because its types want one.
 *
 * Each step is one request. The SDKs like to send more: a question right after the write, a GET of the resource at the end.
 * These are answered here with "still running", since the engine reads the resource itself. Nor is an SDK shown the signature
 * of an operation's address, since it logs what it polls when AZURE_LOG_LEVEL says so.
 */
export class SdkCall {
  readonly policy: PipelinePolicy = { name: "sdkCallPolicy", sendRequest: (request, next) => this.#send(request, next) };
  readonly #call: ArmCall;
  #step: Step;

  constructor(call: ArmCall) {
    this.#call = call;
    this.#step = { signal: call.signal };
  }

  /** Makes the SDK send the request of the call; `result` is what it resolved to, if it did. Throws when there is no answer. */
  async begin<Result>(send: () => Promise<Result>): Promise<{ readonly answer: PipelineResponse; readonly result?: Result }> {
    const step: Step = { signal: this.#call.signal };
    const result = await this.#take(step, send);
    if (step.answer === undefined) throw new TypeError("the SDK returned without an answer");
    return { answer: step.answer, ...(result === undefined ? {} : { result }) };
  }

  /** Makes the SDK's poller ask once, at this address; undefined when the poller has nothing to ask any more. */
  async ask(url: string, signal: AbortSignal, poll: () => Promise<unknown>): Promise<PipelineResponse | undefined> {
    const step: Step = { url, signal };
    await this.#take(step, poll);
    return step.answer;
  }

  async #take<Result>(step: Step, act: () => Promise<Result>): Promise<Result | undefined> {
    this.#step = step;
    try {
      return await act();
    } catch (error) {
      // The SDK throws for every status that is no success; the answer says more than its error.
      if (step.answer === undefined) throw error;
      return undefined;
    }
  }

  async #send(request: PipelineRequest, next: SendRequest): Promise<PipelineResponse> {
    const step = this.#step;
    if (step.answer !== undefined) return stillRunning(request);
    request.abortSignal = step.signal;
    if (step.url === undefined) this.#fill(request);
    else request.url = step.url;
    const answer = await next(request);
    step.answer = answer;
    const isAboutTheRequest = answer.status < 200 || answer.status >= 300;
    // A poller that sees an outage would give up for good; any error but its own leaves it as it is.
    if (step.url !== undefined && isAboutTheRequest) throw new Error("the answer is about the request, not the operation");
    return { ...answer, headers: withoutSignatures(answer.headers) };
  }

  #fill(request: PipelineRequest): void {
    const { body, ifMatch, query = {} } = this.#call;
    if (body !== undefined) {
      request.body = bodyTextOf(body);
      request.headers.set("Content-Type", "application/json");
    }
    if (ifMatch !== undefined) request.headers.set("If-Match", ifMatch);
    for (const [name, value] of Object.entries(query)) request.url += `&${name}=${encodeURIComponent(value)}`;
  }
}

const POINTERS = ["azure-asyncoperation", "operation-location", "location"];

function withoutSignatures(headers: PipelineResponse["headers"]): PipelineResponse["headers"] {
  const shown = createHttpHeaders(headers.toJSON());
  for (const name of POINTERS) {
    const pointer = shown.get(name);
    if (pointer !== undefined) shown.set(name, pointer.split("?")[0] ?? "");
  }
  return shown;
}

function stillRunning(request: PipelineRequest): PipelineResponse {
  return { request, status: 202, headers: createHttpHeaders(), bodyAsText: "" };
}
