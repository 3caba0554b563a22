import type { HttpClient, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import { createHttpHeaders } from "@azure/core-rest-pipeline";
import { armId } from "../../src/api/arm-id.ts";
import type { ArmId } from "../../src/api/arm-id.ts";
import type { AzureRequest } from "../../src/azure/contract.ts";
import { CachedCredential } from "../../src/azure/credentials.ts";
import type { TokenSource } from "../../src/azure/credentials.ts";
import { createAzure } from "../../src/azure/gateway.ts";
import type { Azure, AzureOptions } from "../../src/azure/gateway.ts";
import { TransportError } from "../../src/azure/transport.ts";
import type { AzurePort } from "../../src/reconcile/ports.ts";

export const SUBSCRIPTION = "11111111-1111-4111-8111-111111111111";
export const ENDPOINT = "https://arm.test";
export const START_MS = Date.UTC(2026, 0, 1);

/** A clock that stands still until it is moved. */
export class TestClock {
  #nowMs = START_MS;

  now(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}

/** An answer of the fake, or an error that its connection throws. */
export interface Scripted {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown;
}

type Script = (request: PipelineRequest, index: number) => Scripted | Error | Promise<Scripted | Error>;

/** An HTTP client that answers by a function and remembers what it was asked. */
export class FakeHttpClient implements HttpClient {
  readonly requests: PipelineRequest[] = [];
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
  }

  /** `METHOD path?query` of each request so far. */
  get lines(): readonly string[] {
    return this.requests.map((request) => `${request.method} ${request.url.slice(ENDPOINT.length)}`);
  }

  /** The JSON body of a request. */
  sent(index: number): unknown {
    const body = this.requests[index]?.body;
    return typeof body === "string" ? (JSON.parse(body) as unknown) : undefined;
  }

  async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
    if (request.abortSignal?.aborted === true) throw new TransportError("aborted", "RequestAborted", "the request was given up before an answer came");
    this.requests.push(request);
    const answer = await this.#script(request, this.requests.length - 1);
    if (answer instanceof Error) throw answer;
    return responseOf(answer, request);
  }
}

/** Answers in turn; the last one again and again. */
export function inTurn(...answers: readonly (Scripted | Error)[]): FakeHttpClient {
  return new FakeHttpClient((_, index) => answers[Math.min(index, answers.length - 1)] ?? { status: 500 });
}

/** An answer in the shape that the clients see. */
export function answer(scripted: Scripted): { status: number; headers: PipelineResponse["headers"]; bodyAsText: string } {
  return { status: scripted.status, headers: createHttpHeaders({ ...scripted.headers }), bodyAsText: textOf(scripted.body) };
}

function responseOf(scripted: Scripted, request: PipelineRequest): PipelineResponse {
  return { ...answer(scripted), request };
}

function textOf(body: unknown): string {
  if (body === undefined) return "";
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** A credential whose tokens are `token-1`, `token-2`, … and live an hour. */
export function testCredential(clock: TestClock, source: TokenSource = counting()): CachedCredential {
  return new CachedCredential({ source, clock, random: () => 0.5 });
}

/** A source that counts its tokens. */
export function counting(): TokenSource {
  let issued = 0;
  return async () => {
    issued += 1;
    return { token: `token-${issued}`, lifetimeMs: 3_600_000 };
  };
}

type FakeOptions = Partial<AzureOptions> & { readonly clock?: TestClock };

/** The gateway over a fake; that it is an AzurePort is checked by the compiler here. */
export function azureOver(httpClient: HttpClient, options: FakeOptions = {}): AzurePort {
  return azureClientOver(httpClient, options);
}

/** The gateway over a fake, with all that it can. */
export function azureClientOver(httpClient: HttpClient, options: FakeOptions = {}): Azure {
  const clock = options.clock ?? new TestClock();
  const credential = testCredential(clock);
  return createAzure({ endpoint: ENDPOINT, credential: () => credential, userAgent: "azid/test", ...options, httpClient, clock });
}

/** The fields of a request. */
export function requestOf(apiVersion: string, more: Partial<AzureRequest> = {}): AzureRequest {
  return { apiVersion, credential: "shared", signal: new AbortController().signal, ...more };
}

/** An id in group `g`. */
export function idOf(type: string, ...names: readonly string[]): ArmId {
  const [provider = "", ...types] = type.split("/");
  return armId({ subscriptionId: SUBSCRIPTION, resourceGroup: "g", provider, types, names });
}

export const IDENTITY = idOf("Microsoft.ManagedIdentity/userAssignedIdentities", "app");
export const SITE = idOf("Microsoft.Web/sites", "shop");
export const MACHINE = idOf("Microsoft.Compute/virtualMachines", "vm");
export const GROUP = idOf("Microsoft.ContainerInstance/containerGroups", "box");
