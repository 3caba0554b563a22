import type { Pipeline, PipelinePolicy } from "@azure/core-rest-pipeline";
import type { PipelineOptions } from "./pipeline.ts";
import { adoptPipeline } from "./pipeline.ts";

/** With what a client of an SDK is made. */
export interface SdkClientOptions extends PipelineOptions {
  readonly endpoint: string;
  readonly subscriptionId: string;
  readonly apiVersion: string;
  /** What the call allows and adds, see {@link SdkCall}. */
  readonly policy: PipelinePolicy;
}

/** Which resource a call is about. */
export interface SdkTarget {
  readonly resourceGroup: string;
  readonly names: readonly string[];
}

/**
 * Makes an SDK send one request. Resolves, once it is answered, to what makes the SDK's poller ask once more, where the
 * SDK has a poller; rejects where the SDK does. The body that it gives to the SDK is replaced by the call's.
 */
export type SdkSender = (options: SdkClientOptions, target: SdkTarget) => Promise<(() => Promise<unknown>) | undefined>;

/** The options that every SDK client takes, under either generation's names (stack.md 2.3). */
export function clientOptionsOf({ endpoint, apiVersion, httpClient, scope }: SdkClientOptions) {
  return { endpoint, apiVersion, httpClient, credentialScopes: [scope], credentials: { scopes: [scope] }, retryOptions: { maxRetries: 0 } };
}

/** Gives an SDK client our policies in place of its own, and the call's. */
export function takeOver(pipeline: Pipeline, options: SdkClientOptions): void {
  adoptPipeline(pipeline, options, options.policy);
}
