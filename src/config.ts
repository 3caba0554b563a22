import { type BindAddress, bindAddressText } from "./operate/address.ts";
import { LOG_LEVELS, type LogLevel } from "./operate/log.ts";
import { readArguments } from "./config/arguments.ts";
import { type AzureConfig, azureConfig } from "./config/azure.ts";
import { helpText } from "./config/help.ts";
import { Settings } from "./config/settings.ts";
import { armScope, bindAddress, cleanupCredential, installationId, issuer, listOf, namespaceName, nonEmpty, oneOf, type SharedCredential, type SharedNamespace, sharedNamespace, wholeNumber, yesOrNo, zeroOr } from "./config/values.ts";

/** Everything that is decided before the operator starts. Frozen. */
export interface Config {
  /** Absent: as kubectl would choose. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Absent: the uid of the namespace kube-system. */
  readonly installationId?: string;
  /** Where the operator keeps what is its own; absent: the namespace of the pod, else of the kubeconfig's context. */
  readonly operatorNamespace?: string;
  /** Namespaces whose objects use a credential that is shared with them; those of others use their own. */
  readonly sharedCredentialNamespaces: readonly SharedNamespace[];
  /** ARM scopes within which they may; subscriptions in lower case. */
  readonly sharedCredentialScopes: readonly string[];
  /** Who may clean up what no other credential can; absent: nobody. */
  readonly cleanupCredential?: SharedCredential;
  /** Whether what an object names by ARM id or in another namespace must have been granted to its namespace. */
  readonly requirePermissions: boolean;
  /** YAML file of what an administrator allows; absent: nothing is allowed. */
  readonly policyFile?: string;
  /** Issuer of the cluster's ServiceAccount tokens; absent: what the API server says. */
  readonly clusterIssuer?: string;
  readonly azure: AzureConfig;
  readonly syncIntervalSeconds: number;
  /** 0: never. */
  readonly sweepIntervalSeconds: number;
  readonly concurrent: number;
  /** Absent: this is the only replica. */
  readonly leaderElection?: { readonly leaseSeconds: number };
  readonly healthProbeBindAddress: BindAddress;
  readonly metricsBindAddress: BindAddress;
  /** Absent: metrics are served in plain text, to everybody. Without a folder the certificate is self-made. */
  readonly metricsSecurity?: { readonly certificateFolder?: string };
  readonly logLevel: LogLevel;
  readonly shutdownGraceMs: number;
}

/** What flags and environment come to. */
export type LoadedConfig =
  | { readonly is: "config"; readonly config: Config }
  | { readonly is: "help"; readonly text: string }
  | { readonly is: "version" }
  /** One sentence per fault: what was given, and what is expected. */
  | { readonly is: "errors"; readonly errors: readonly string[] };

/**
 * Reads the flags after the name of the command, and the environment. Touches neither files nor network, never throws, and
 * reports every fault at once.
 */
export function loadConfig(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): LoadedConfig {
  const given = readArguments(argv);
  if (given.switches.has("help")) return { is: "help", text: helpText() };
  if (given.switches.has("version")) return { is: "version" };
  const settings = new Settings(given.values, environment);
  const config = configOf(settings);
  const errors = [...given.errors, ...settings.errors];
  return errors.length > 0 ? { is: "errors", errors } : { is: "config", config: deepFrozen(config) };
}

function configOf(settings: Settings): Config {
  const kubeconfig = settings.flag("kubeconfig", nonEmpty);
  const context = settings.flag("context", nonEmpty);
  const operatorNamespace = settings.flag("operator-namespace", namespaceName);
  const installation = settings.flag("installation-id", installationId);
  const credentials = { ...sharedCredential(settings), ...cleanup(settings) };
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    ...(installation === undefined ? {} : { installationId: installation }),
    ...(operatorNamespace === undefined ? {} : { operatorNamespace }),
    ...credentials,
    requirePermissions: settings.flag("require-permissions", oneOf(["true", "false"])) === "true",
    ...policyOf(settings),
    azure: azureConfig(settings, { usesOwnIdentity: usesOwnIdentity(credentials) }),
    syncIntervalSeconds: settings.flag("sync-interval-seconds", wholeNumber(10, 86_400)) ?? 0,
    sweepIntervalSeconds: settings.flag("sweep-interval-seconds", zeroOr(wholeNumber(60, 86_400))) ?? 0,
    concurrent: settings.flag("concurrent", wholeNumber(1, 256)) ?? 0,
    ...leaderElection(settings),
    ...addresses(settings),
    ...metricsSecurity(settings),
    logLevel: settings.flag("log-level", oneOf(LOG_LEVELS)) ?? "info",
    shutdownGraceMs: (settings.flag("shutdown-grace-seconds", wholeNumber(0, 3600)) ?? 0) * 1000,
  };
}

/** Empty scopes mean nothing at all, so namespaces without scopes are a mistake (DESIGN 6). */
function sharedCredential(settings: Settings): Pick<Config, "sharedCredentialNamespaces" | "sharedCredentialScopes"> {
  const namespaces = settings.flag("shared-credential-namespaces", listOf(sharedNamespace));
  const scopes = settings.flag("shared-credential-scopes", listOf(armScope));
  if (namespaces !== undefined && namespaces.length > 0 && scopes?.length === 0) {
    settings.fault(
      "cannot use --shared-credential-namespaces without --shared-credential-scopes: no scopes mean that nothing is allowed: " +
        "list the subscriptions or resource groups that these namespaces may use, for example /subscriptions/ID/resourceGroups/NAME",
    );
  }
  const names = (namespaces ?? []).map(({ namespace }) => namespace);
  const [twice] = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) settings.fault(`cannot use --shared-credential-namespaces with ${JSON.stringify(twice)} twice: share one credential with a namespace`);
  return { sharedCredentialNamespaces: namespaces ?? [], sharedCredentialScopes: scopes ?? [] };
}

function cleanup(settings: Settings): Pick<Config, "cleanupCredential"> {
  const given = settings.flag("cleanup-credential", cleanupCredential);
  return given === undefined ? {} : { cleanupCredential: given };
}

function usesOwnIdentity({ sharedCredentialNamespaces, cleanupCredential: cleaner }: Pick<Config, "sharedCredentialNamespaces" | "cleanupCredential">): boolean {
  const shared: readonly SharedCredential[] = [...sharedCredentialNamespaces, ...(cleaner === undefined ? [] : [cleaner])];
  return shared.some(({ accountNamespace }) => accountNamespace === undefined);
}

function policyOf(settings: Settings): Pick<Config, "policyFile" | "clusterIssuer"> {
  const policyFile = settings.flag("policy-file", nonEmpty);
  const clusterIssuer = settings.flag("cluster-issuer", issuer);
  return { ...(policyFile === undefined ? {} : { policyFile }), ...(clusterIssuer === undefined ? {} : { clusterIssuer }) };
}

function leaderElection(settings: Settings): Pick<Config, "leaderElection"> {
  const isWanted = settings.flag("leader-elect", yesOrNo) ?? false;
  const leaseSeconds = settings.flag("leader-elect-lease-seconds", wholeNumber(3, 300)) ?? 0;
  return isWanted ? { leaderElection: { leaseSeconds } } : {};
}

function addresses(settings: Settings): Pick<Config, "healthProbeBindAddress" | "metricsBindAddress"> {
  const health = settings.flag("health-probe-bind-address", bindAddress) ?? { is: "off" };
  const metrics = settings.flag("metrics-bind-address", bindAddress) ?? { is: "off" };
  if (isSamePort(health, metrics)) {
    settings.fault(
      `cannot use ${bindAddressText(metrics)} for both --health-probe-bind-address and --metrics-bind-address: choose different ports`,
    );
  }
  return { healthProbeBindAddress: health, metricsBindAddress: metrics };
}

function metricsSecurity(settings: Settings): Pick<Config, "metricsSecurity"> {
  const isSecure = settings.flag("metrics-secure", yesOrNo) ?? false;
  const certificateFolder = settings.flag("metrics-cert-path", nonEmpty);
  if (!isSecure && certificateFolder !== undefined) settings.fault("cannot use --metrics-cert-path without --metrics-secure=true: metrics would be served in plain text");
  return isSecure ? { metricsSecurity: certificateFolder === undefined ? {} : { certificateFolder } } : {};
}

function isSamePort(a: BindAddress, b: BindAddress): boolean {
  if (a.is === "off" || b.is === "off" || a.port === 0 || a.port !== b.port) return false;
  return a.host === undefined || b.host === undefined || a.host === b.host;
}

function deepFrozen<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === "object" && member !== null) deepFrozen(member as object);
  return Object.freeze(value);
}
