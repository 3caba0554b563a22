import { Buffer } from "node:buffer";
import { createHttpHeaders, type PipelineRequest, type PipelineResponse } from "@azure/core-rest-pipeline";
import { TransportError } from "../../src/azure/transport.ts";
import type { AzureInProcess } from "../azure/azure.ts";
import type { WireAnswer, WireRequest } from "../azure/kernel/listener.ts";

/** A request of the pipeline as a simulator takes it that no network is before. Throws where the transport would send nothing. */
export function wireRequest(request: PipelineRequest, endpoint: string): WireRequest {
  if (request.abortSignal?.aborted === true) throw new TransportError("aborted", "RequestAborted", "the request was given up before an answer came");
  const headers = Object.fromEntries(Object.entries(request.headers.toJSON()).map(([name, value]) => [name.toLowerCase(), value]));
  return { method: request.method, url: request.url.slice(endpoint.length), headers, body: Buffer.from(typeof request.body === "string" ? request.body : "") };
}

/** The answer as the transport hands it on. Throws where the transport sees the connection end. */
export function pipelineResponse(request: PipelineRequest, answer: WireAnswer): PipelineResponse {
  if (answer.is !== "answer") throw connectionFailed();
  return { request, status: answer.status, headers: createHttpHeaders(answer.headers), bodyAsText: answer.body };
}

/** What the transport says of a connection that ends before the answer does. */
export function connectionFailed(): TransportError {
  return new TransportError("connection", "UND_ERR_SOCKET", "the connection failed (UND_ERR_SOCKET); check the network, the proxy and the endpoint");
}

/** Asks a simulator in the same process. */
export async function askedInProcess(azure: Pick<AzureInProcess, "answer" | "endpoint">, request: PipelineRequest): Promise<PipelineResponse> {
  return pipelineResponse(request, await azure.answer(wireRequest(request, azure.endpoint)));
}
