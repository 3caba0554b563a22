import { readFileSync } from "node:fs";
import type { CachedCredential } from "../azure/credentials.ts";
import { AzureError } from "../azure/errors.ts";
import { createAzure } from "../azure/gateway.ts";
import { Governor } from "../azure/governor.ts";
import { createTransport, proxyFromEnvironment, type RequestObservation } from "../azure/transport.ts";
import { typeLabels } from "../azure/type-labels.ts";
import type { AzureConfig } from "../config/azure.ts";
import { HOSTS } from "../kinds/hosts/catalogue.ts";
import type { ProcessLog } from "../operate/log.ts";
import type { CredentialPort } from "../reconcile/credential-port.ts";
import type { AzurePort } from "../reconcile/ports.ts";
import { openCredentials, type TokenRequester } from "./credentials.ts";

/** Types that metrics name: those of the catalogue, and what belongs to them. */
const labelOf = typeLabels(HOSTS.map(({ type }) => type));

/** Azure as this process reaches it. */
export interface AzureAccess {
  /** The gateway; requests carry the id that the function gives, to be found in Azure's activity log. */
  gateway(correlationId: () => string | undefined): AzurePort;
  readonly credentials: CredentialPort;
  /** Azure's quotas, within which all requests of the gateway are kept. */
  readonly governor: Governor;
  /** Whether the operator has an identity of its own. */
  readonly hasOwnIdentity: boolean;
  /** Why no token for the operator's own identity can be had now; undefined when one was. `isTemporary` when the authority could not be reached. */
  credentialFault(): Promise<{ readonly message: string; readonly isTemporary: boolean } | undefined>;
  close(): Promise<void>;
}

/** What surrounds the access to Azure. */
export interface AzureSurroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly log: ProcessLog;
  readonly userAgent: string;
  readonly onRequest: (observation: RequestObservation) => void;
  /** Asks the API server for a token of a ServiceAccount. */
  readonly requestToken: TokenRequester;
}

/** Opens the way to Azure that the configuration describes. Throws when the CA file cannot be read. */
export function openAzure(config: AzureConfig, surroundings: AzureSurroundings): AzureAccess {
  const { environment, log, onRequest, requestToken, userAgent } = surroundings;
  const proxy = proxyFromEnvironment(environment);
  const caPem = config.caFile === undefined ? undefined : readFileSync(config.caFile, "utf8");
  const transport = createTransport({
    clock: { now: Date.now },
    onRequest: (observation) => onRequest({ ...observation, resourceType: labelOf(observation.resourceType) }),
    ...(caPem === undefined ? {} : { caPem }),
    ...(proxy === undefined ? {} : { proxy }),
  });
  const { set, operator, stop } = openCredentials(config, { transport, log, requestToken });
  const governor = new Governor({ clock: { now: Date.now }, share: config.quotaShare, principalOf: (name) => set.principalOf(name) });
  return {
    governor,
    gateway: (correlationId) =>
      createAzure({
        endpoint: config.endpoint,
        audience: config.audience,
        httpClient: transport.client(config.timeoutMs),
        credential: (name) => set.provider(name),
        clock: { now: Date.now },
        governor,
        userAgent,
        correlationId,
      }),
    credentials: set,
    hasOwnIdentity: operator !== undefined,
    credentialFault: async () => (operator === undefined ? undefined : faultOf(operator, `${config.audience}/.default`)),
    close: () => {
      stop();
      return transport.close();
    },
  };
}

async function faultOf(credential: CachedCredential, scope: string): ReturnType<AzureAccess["credentialFault"]> {
  try {
    await credential.getToken(scope);
    return undefined;
  } catch (error) {
    if (!(error instanceof AzureError)) throw error;
    const { class: meaning, code, message } = error.failure;
    return { message: `${code}: ${message}`, isTemporary: meaning !== "credential" };
  }
}
