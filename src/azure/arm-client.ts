import type { Pipeline, PipelineResponse } from "@azure/core-rest-pipeline";
import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import type { JsonObject } from "../api/json.ts";
import type { ArmCall, Method } from "./contract.ts";
import { AzureError } from "./errors.ts";
import type { PipelineOptions } from "./pipeline.ts";
import { createPipeline } from "./pipeline.ts";
import { MAX_BODY_BYTES } from "./transport.ts";

/** One request by path or URL. */
export interface ArmHttpRequest {
  readonly method: Method;
  readonly url: string;
  readonly signal: AbortSignal;
  readonly body?: string;
  readonly ifMatch?: string;
}

/**
 * Raw JSON by ARM id: what a type does not know of a resource, an SDK drops, so that everything which is read and
 * written back goes through here (stack.md 2.6).
 */
export class ArmClient {
  readonly #pipeline: Pipeline;
  readonly #options: PipelineOptions;
  readonly #endpoint: string;

  constructor(endpoint: string, options: PipelineOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#pipeline = createPipeline(options);
  }

  /** Sends a call; one answer, whatever its status. Throws when there is no answer. */
  async send(call: ArmCall): Promise<PipelineResponse> {
    const body = call.body === undefined ? undefined : bodyTextOf(call.body);
    return this.request({
      method: call.method,
      url: this.urlOf(pathOf(call), { "api-version": call.apiVersion, ...call.query }),
      signal: call.signal,
      ...(body === undefined ? {} : { body }),
      ...(call.ifMatch === undefined ? {} : { ifMatch: call.ifMatch }),
    });
  }

  /** Sends one request as it is. */
  async request(request: ArmHttpRequest): Promise<PipelineResponse> {
    const headers = createHttpHeaders({ Accept: "application/json" });
    if (request.body !== undefined) {
      headers.set("Content-Type", "application/json");
    }
    if (request.ifMatch !== undefined) headers.set("If-Match", request.ifMatch);
    const { method, url, signal } = request;
    const sent = createPipelineRequest({ method, url, headers, abortSignal: signal, ...(request.body === undefined ? {} : { body: request.body }) });
    return this.#pipeline.sendRequest(this.#options.httpClient, sent);
  }

  /** The address of a path below the endpoint; segments are encoded, since names may hold spaces and parentheses. */
  urlOf(path: string, query: Readonly<Record<string, string>>): string {
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${this.#endpoint}${encoded}?${parameters.join("&")}`;
  }
}

/** The path of a call: that of its resource, or of the action on it. */
export function pathOf({ id, action }: Pick<ArmCall, "id" | "action">): string {
  return action === undefined ? id : `${id}/${action}`;
}

/** A body as it is sent. Throws an {@link AzureError} when it is larger than ARM takes. */
export function bodyTextOf(body: JsonObject): string {
  const text = JSON.stringify(body);
  if (Buffer.byteLength(text) <= MAX_BODY_BYTES) return text;
  const message = "the request is larger than the 8 MiB that Azure takes; shorten what is declared";
  throw new AzureError({ class: "invalid", code: "RequestTooLarge", message });
}
