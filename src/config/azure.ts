import type { Settings } from "./settings.ts";
import { Secret } from "./secret.ts";
import { guidText, httpsAudience, httpsOrigin, nonEmpty, oneOf, percentOrOff, wholeNumber } from "./values.ts";

/**
 * Clouds by the name of `--azure-cloud`. `assertionAudience` is what Entra expects of a federated token there
 * (learn.microsoft.com, Workload identity federation: important considerations).
 */
export const AZURE_CLOUDS = {
  public: {
    endpoint: "https://management.azure.com",
    authorityHost: "https://login.microsoftonline.com",
    audience: "https://management.azure.com",
    assertionAudience: "api://AzureADTokenExchange",
  },
  china: {
    endpoint: "https://management.chinacloudapi.cn",
    authorityHost: "https://login.chinacloudapi.cn",
    audience: "https://management.chinacloudapi.cn",
    assertionAudience: "api://AzureADTokenExchangeChina",
  },
  usgovernment: {
    endpoint: "https://management.usgovcloudapi.net",
    authorityHost: "https://login.microsoftonline.us",
    audience: "https://management.usgovcloudapi.net",
    assertionAudience: "api://AzureADTokenExchangeUSGov",
  },
} as const;

/** How the operator itself signs in to Azure. */
export type AzureCredential =
  | { readonly is: "workload-identity"; readonly clientId: string; readonly tokenFile: string }
  /** Without a client id it is the system-assigned identity of what the operator runs on. */
  | { readonly is: "managed-identity"; readonly clientId?: string }
  | { readonly is: "client-secret"; readonly clientId: string; readonly clientSecret: Secret };

/** Which Azure, and as whom. */
export interface AzureConfig {
  /** Base URL of Azure Resource Manager, without a slash at the end. */
  readonly endpoint: string;
  readonly authorityHost: string;
  /** Tokens are asked for with the scope `<audience>/.default`. */
  readonly audience: string;
  /** Audience of the tokens of ServiceAccounts that are exchanged at the authority. */
  readonly assertionAudience: string;
  /** PEM file of further authorities to trust. */
  readonly caFile?: string;
  /** Tenant of the operator's identity, and of accounts that name none; empty when it is not given. */
  readonly tenantId: string;
  /** Absent when nothing uses an identity of the operator's own and none is given. */
  readonly credential?: AzureCredential;
  readonly timeoutMs: number;
  /** The part of Azure's quotas that is used at most, above 0 and at most 1; absent: they are not foreseen. */
  readonly quotaShare?: number;
}

const CREDENTIALS = ["workload-identity", "managed-identity", "client-secret"] as const;

/**
 * Reads what concerns Azure; faults are told to the settings, and then the result is of no use. Without an identity of its own
 * the operator can serve namespaces that have theirs.
 */
export function azureConfig(settings: Settings, { usesOwnIdentity }: { readonly usesOwnIdentity: boolean }): AzureConfig {
  const where = endpoints(settings);
  const isGiven = settings.has("AZURE_CLIENT_ID") || settings.isGiven("azure-credential");
  const identity = usesOwnIdentity || isGiven ? ownIdentity(settings) : { tenantId: settings.variable("AZURE_TENANT_ID", guidText) ?? "" };
  return { ...where, ...identity, timeoutMs: (settings.flag("azure-timeout-seconds", wholeNumber(1, 600)) ?? 0) * 1000 };
}

function ownIdentity(settings: Settings): Pick<AzureConfig, "tenantId" | "credential"> {
  const tenantId = settings.required("AZURE_TENANT_ID", guidText, "the tenant id of the operator's identity") ?? "";
  return { tenantId, credential: credential(settings) };
}

function endpoints(settings: Settings): Omit<AzureConfig, "tenantId" | "credential" | "timeoutMs"> {
  const cloud = AZURE_CLOUDS[settings.flag("azure-cloud", oneOf(["public", "china", "usgovernment"])) ?? "public"];
  const caFile = settings.flag("azure-ca-file", nonEmpty);
  const quotaShare = settings.flag("azure-quota-share", percentOrOff);
  return {
    endpoint: settings.flag("azure-endpoint", httpsOrigin) ?? cloud.endpoint,
    authorityHost: authorityHost(settings) ?? cloud.authorityHost,
    audience: settings.flag("azure-audience", httpsAudience) ?? cloud.audience,
    assertionAudience: cloud.assertionAudience,
    ...(caFile === undefined ? {} : { caFile }),
    ...(quotaShare === undefined ? {} : { quotaShare }),
  };
}

/** azure-workload-identity injects the variable with a slash at the end. */
function authorityHost(settings: Settings): string | undefined {
  const fromFlag = settings.flag("azure-authority-host", httpsOrigin);
  const fromEnvironment = settings.variable("AZURE_AUTHORITY_HOST", (text) => httpsOrigin(text.replace(/\/$/, "")));
  return fromFlag ?? fromEnvironment;
}

function credential(settings: Settings): AzureCredential {
  const kind = settings.flag("azure-credential", oneOf(CREDENTIALS)) ?? credentialByEnvironment(settings);
  const purpose = "the client id of the operator's identity";
  switch (kind) {
    case "workload-identity": {
      const clientId = settings.required("AZURE_CLIENT_ID", guidText, purpose) ?? "";
      const tokenFile = settings.required("AZURE_FEDERATED_TOKEN_FILE", nonEmpty, "the file with the token of the pod's ServiceAccount") ?? "";
      return { is: kind, clientId, tokenFile };
    }
    case "managed-identity": {
      const clientId = settings.variable("AZURE_CLIENT_ID", guidText);
      return clientId === undefined ? { is: kind } : { is: kind, clientId };
    }
    case "client-secret": {
      const clientId = settings.required("AZURE_CLIENT_ID", guidText, "the client id of the app registration") ?? "";
      const clientSecret = settings.required("AZURE_CLIENT_SECRET", nonEmpty, "the secret of the app registration") ?? "";
      return { is: kind, clientId, clientSecret: new Secret(clientSecret) };
    }
  }
}

function credentialByEnvironment(settings: Settings): (typeof CREDENTIALS)[number] {
  if (settings.has("AZURE_FEDERATED_TOKEN_FILE")) return "workload-identity";
  return settings.has("AZURE_CLIENT_SECRET") ? "client-secret" : "managed-identity";
}
