import { randomUUID } from "node:crypto";
import type { HttpClient, Pipeline, PipelinePolicy } from "@azure/core-rest-pipeline";
import { createEmptyPipeline } from "@azure/core-rest-pipeline";
import type { AccessToken } from "@azure/core-auth";
import { failureOf } from "./errors.ts";
import { governorPolicy } from "./governor-policy.ts";

/** How long a request to ARM may take by default, in milliseconds. */
export const ARM_TIMEOUT_MS = 60_000;

/** Where tokens come from: {@link CachedCredential}, as far as a pipeline needs it. */
export interface TokenProvider {
  getToken(scope: string): Promise<AccessToken>;
  /** A token in place of one that Azure did not take. */
  renew(scope: string, rejected: string): Promise<AccessToken>;
}

/** What all pipelines of one credential share. */
export interface PipelineOptions {
  readonly credential: TokenProvider;
  /** The scope of the tokens, for example `https://management.azure.com/.default`. */
  readonly scope: string;
  readonly httpClient: HttpClient;
  /** Product and version, for example `azure-identity-operator/0.1.0`. */
  readonly userAgent: string;
  /** The id of the pass that asks, which then joins all of its requests in Azure's activity log. */
  readonly correlationId?: () => string | undefined;
  /** Keeps the requests within Azure's quotas; those of one credential count together. */
  readonly governed?: Parameters<typeof governorPolicy>[0];
}

/** The policies of an SDK client that shape requests and answers; all others are taken out. */
const KEPT: ReadonlySet<string> = new Set([
  "serializationPolicy",
  "deserializationPolicy",
  "wrapAbortSignalLikePolicy",
  "CustomApiVersionPolicy",
]);

/** A pipeline for requests that are made by hand. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const pipeline = createEmptyPipeline();
  addPolicies(pipeline, options);
  return pipeline;
}

/**
 * Gives the pipeline of an SDK client our policies in place of its own: no retries (they sleep inside the call), no
 * redirects, no logging of URLs, no proxy of its own, no token cache of its own (stack.md 2.4). `ofCall` sees what the SDK
 * made of a request, and what it is answered.
 */
export function adoptPipeline(pipeline: Pipeline, options: PipelineOptions, ofCall: PipelinePolicy): void {
  for (const { name } of pipeline.getOrderedPolicies()) {
    if (!KEPT.has(name)) pipeline.removePolicy({ name });
  }
  pipeline.addPolicy(ofCall, { phase: "Sign" });
  addPolicies(pipeline, options);
}

function addPolicies(pipeline: Pipeline, options: PipelineOptions): void {
  // Inside of an SDK's deserialisation, which throws for a 401 before authorize could see it.
  pipeline.addPolicy(identify(options), { phase: "Sign" });
  pipeline.addPolicy(authorize(options), { phase: "Sign" });
  // Inside of authorize, whose second attempt is a request of its own.
  if (options.governed !== undefined) pipeline.addPolicy(governorPolicy(options.governed), { phase: "Sign" });
}

function identify(options: PipelineOptions): PipelinePolicy {
  return {
    name: "identifyPolicy",
    sendRequest: (request, next) => {
      request.headers.set("User-Agent", options.userAgent);
      request.headers.set("x-ms-client-request-id", randomUUID());
      const correlationId = options.correlationId?.();
      if (correlationId !== undefined) request.headers.set("x-ms-correlation-request-id", correlationId);
      return next(request);
    },
  };
}

function authorize({ credential, scope }: PipelineOptions): PipelinePolicy {
  return {
    name: "authorizePolicy",
    sendRequest: async (request, next) => {
      const first = await credential.getToken(scope);
      request.headers.set("Authorization", `Bearer ${first.token}`);
      const response = await next(request);
      // App Service refuses a plan for want of quota as 401: a new token would not help, and the write would run twice.
      if (response.status !== 401 || failureOf(response, 0).class !== "credential") return response;
      const second = await credential.renew(scope, first.token);
      if (second.token === first.token) return response;
      request.headers.set("Authorization", `Bearer ${second.token}`);
      return next(request);
    },
  };
}
