import type { PipelineResponse } from "@azure/core-rest-pipeline";
import { armIdParts, armIdType } from "../api/arm-id.ts";
import { CONTAINER_INSTANCE_SENDERS } from "./container-instance.ts";
import type { ArmCall } from "./contract.ts";
import { MSI_SENDERS } from "./msi.ts";
import type { PipelineOptions } from "./pipeline.ts";
import { SdkCall } from "./sdk-call.ts";
import type { SdkSender } from "./sdk-sender.ts";
import { WEB_SENDERS } from "./web.ts";

/** The first answer to a call, and how the SDK's poller asks about the operation that it began, if there is a poller. */
export interface SdkAnswer {
  readonly answer: PipelineResponse;
  readonly ask?: (url: string, signal: AbortSignal) => Promise<PipelineResponse | undefined>;
}

const SENDERS: Readonly<Record<string, SdkSender>> = { ...MSI_SENDERS, ...CONTAINER_INSTANCE_SENDERS, ...WEB_SENDERS };

/** How an SDK sends such a call; undefined when none of ours can. */
export function sdkSenderOf({ method, id, action }: ArmCall): SdkSender | undefined {
  const type = armIdType(id);
  // What lies below `config` are not resources alike: each has a body and methods of its own.
  const resource = type.endsWith("/config") ? `${type}/${armIdParts(id).names.at(-1)?.toLowerCase() ?? ""}` : type;
  return SENDERS[[`${method} ${resource}`, ...(action === undefined ? [] : [action.toLowerCase()])].join("/")];
}

/**
 * Sends a call through an SDK, with a client of its own: a client costs some 0.1 ms (stack.md 2.2), and only so is each
 * request of the SDK known to belong to the call. Throws when there is no answer.
 */
export async function sendBySdk(sender: SdkSender, call: ArmCall, options: PipelineOptions & { readonly endpoint: string }): Promise<SdkAnswer> {
  const sdkCall = new SdkCall(call);
  const { subscriptionId, resourceGroup, names } = armIdParts(call.id);
  const client = { ...options, subscriptionId, apiVersion: call.apiVersion, policy: sdkCall.policy };
  const { answer, result: poll } = await sdkCall.begin(() => sender(client, { resourceGroup, names }));
  return poll === undefined ? { answer } : { answer, ask: (url, signal) => sdkCall.ask(url, signal, poll) };
}
