import { readFileSync } from "node:fs";
import { CachedCredential } from "../azure/credentials.ts";
import { AzureError } from "../azure/errors.ts";
import { createAzure } from "../azure/gateway.ts";
import { type CredentialSettings, TOKEN_TIMEOUT_MS, tokenSource } from "../azure/token-sources.ts";
import { createTransport, proxyFromEnvironment, type RequestObservation, type Transport } from "../azure/transport.ts";
import type { AzureConfig } from "../config/azure.ts";
import type { ProcessLog } from "../operate/log.ts";
import { SHARED_CREDENTIAL } from "../reconcile/claim.ts";
import type { AzurePort } from "../reconcile/ports.ts";

/** Azure as this process reaches it. */
export interface AzureAccess {
  /** The gateway; requests carry the id that the function gives, to be found in Azure's activity log. */
  gateway(correlationId: () => string | undefined): AzurePort;
  /** Why no token can be had now; undefined when one was. `isTemporary` when the authority could not be reached. */
  credentialFault(): Promise<{ readonly message: string; readonly isTemporary: boolean } | undefined>;
  close(): Promise<void>;
}

/** What surrounds the access to Azure. */
export interface AzureSurroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly log: ProcessLog;
  readonly userAgent: string;
  readonly onRequest: (observation: RequestObservation) => void;
}

/** Opens the way to Azure that the configuration describes. Throws when the CA file cannot be read. */
export function openAzure(config: AzureConfig, surroundings: AzureSurroundings): AzureAccess {
  const { environment, log, onRequest, userAgent } = surroundings;
  const proxy = proxyFromEnvironment(environment);
  const caPem = config.caFile === undefined ? undefined : readFileSync(config.caFile, "utf8");
  const transport = createTransport({
    clock: { now: Date.now },
    onRequest,
    ...(caPem === undefined ? {} : { caPem }),
    ...(proxy === undefined ? {} : { proxy }),
  });
  const credential = credentialOf(config, transport, log);
  return {
    gateway: (correlationId) =>
      createAzure({
        endpoint: config.endpoint,
        audience: config.audience,
        httpClient: transport.client(config.timeoutMs),
        credential: (name) => (name === SHARED_CREDENTIAL ? credential : undefined),
        clock: { now: Date.now },
        userAgent,
        correlationId,
      }),
    credentialFault: () => faultOf(credential, `${config.audience}/.default`),
    close: () => transport.close(),
  };
}

function credentialOf(config: AzureConfig, transport: Transport, log: ProcessLog): CachedCredential {
  const httpClient = transport.client(TOKEN_TIMEOUT_MS);
  return new CachedCredential({
    source: tokenSource(settingsOf(config), { authorityHost: config.authorityHost, httpClient, clock: { now: Date.now } }),
    clock: { now: Date.now },
    random: Math.random,
    onRefreshFailed: ({ code, message }) => log.warn({ code, note: message }, "The token for Azure could not be renewed yet"),
  });
}

function settingsOf({ credential, tenantId }: AzureConfig): CredentialSettings {
  switch (credential.is) {
    case "workload-identity":
      return { kind: credential.is, tenantId, clientId: credential.clientId, tokenFile: credential.tokenFile };
    case "client-secret":
      return { kind: credential.is, tenantId, clientId: credential.clientId, clientSecret: credential.clientSecret.reveal() };
    case "managed-identity":
      return { kind: credential.is, ...(credential.clientId === undefined ? {} : { clientId: credential.clientId }) };
  }
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
