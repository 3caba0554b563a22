import type { HttpClient } from "@azure/core-rest-pipeline";
import { armIdType } from "../api/arm-id.ts";
import { ArmClient } from "./arm-client.ts";
import type { ArmCall, AzureFailure, Clock } from "./contract.ts";
import { AzureError } from "./errors.ts";
import type { Governor } from "./governor.ts";
import { LruMap } from "./lru.ts";
import type { PipelineOptions, TokenProvider } from "./pipeline.ts";
import type { SdkAnswer } from "./sdk-client.ts";
import { sdkSenderOf, sendBySdk } from "./sdk-client.ts";

/** What {@link Clients} needs. */
export interface ClientsOptions {
  /** ARM's endpoint, without a slash at its end. */
  readonly endpoint: string;
  /** The audience of tokens; default the endpoint. */
  readonly audience?: string;
  /** The connections to ARM, with their time-out. */
  readonly httpClient: HttpClient;
  /** The credential of a name, or undefined when there is none. */
  readonly credential: (name: string) => TokenProvider | undefined;
  readonly userAgent: string;
  readonly correlationId?: () => string | undefined;
  readonly clock: Clock;
  /** Keeps all requests within Azure's quotas; without it they are sent as they come. */
  readonly governor?: Governor;
}

/** A call with what chooses its client. */
export interface ClientCall extends ArmCall {
  readonly credential: string;
  /** Whether an SDK sends it, where one can. */
  readonly typed: boolean;
}

/** Types that an SDK reads and writes whoever asks: nobody merges into them. */
const ALWAYS_TYPED: ReadonlySet<string> = new Set(["microsoft.managedidentity/userassignedidentities"]);

const MAX_CLIENTS = 256;

/** The generic clients by credential, and the SDKs. */
export class Clients {
  readonly #options: ClientsOptions;
  readonly #generic = new LruMap<ArmClient>(MAX_CLIENTS);

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  /** Sends a call by an SDK or as raw JSON. Throws when there is no answer, or no credential of that name. */
  async send(call: ClientCall): Promise<SdkAnswer> {
    const sender = call.typed || ALWAYS_TYPED.has(armIdType(call.id)) ? sdkSenderOf(call) : undefined;
    if (sender === undefined) return { answer: await this.generic(call.credential).send(call) };
    return sendBySdk(sender, call, { ...this.#pipelineOf(call.credential), endpoint: this.#options.endpoint });
  }

  /** The client of a credential that sends raw JSON. Throws an {@link AzureError} when there is no credential of that name. */
  generic(credential: string): ArmClient {
    return this.#generic.obtain(credential, () => new ArmClient(this.#options.endpoint, this.#pipelineOf(credential)));
  }

  #pipelineOf(name: string): PipelineOptions {
    const { audience, endpoint, httpClient, userAgent, correlationId, governor, clock } = this.#options;
    const credential = this.#options.credential(name);
    if (credential === undefined) throw new AzureError(unknownCredential(name));
    const scope = `${(audience ?? endpoint).replace(/\/+$/, "")}/.default`;
    const governed = governor === undefined ? {} : { governed: { governor, credential: name, clock } };
    return { credential, scope, httpClient, userAgent, ...governed, ...(correlationId === undefined ? {} : { correlationId }) };
  }
}

function unknownCredential(name: string): AzureFailure {
  return { class: "credential", code: "CredentialUnknown", message: `the operator has no credential named ${name}` };
}
