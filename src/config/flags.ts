/** A flag of `azid run`. */
export interface Flag {
  readonly name: string;
  /** What stands for the value in the help; a flag without takes no value. */
  readonly value?: string;
  /** What counts when the flag is not given; absent when nothing does. */
  readonly default?: string;
  readonly help: string;
}

/** Every flag; the help and the documentation are generated from this table. */
export const FLAGS = [
  { name: "kubeconfig", value: "FILE", help: "kubeconfig file; default: $KUBECONFIG, else the ServiceAccount of the pod, else ~/.kube/config" },
  { name: "context", value: "NAME", help: "context of the kubeconfig; default: its current one" },
  {
    name: "installation-id",
    value: "ID",
    help: "first part of the owner mark on Azure resources: 1 to 63 of letters, digits, - . _; default: the uid of the namespace kube-system. A rebuilt cluster takes its own back with the id of the old one",
  },
  {
    name: "operator-namespace",
    value: "NAME",
    help: "namespace of the operator itself, where its digest key is kept; default: that of the pod, else that of the kubeconfig's context",
  },
  {
    name: "shared-credential-namespaces",
    value: "NAMES",
    default: "",
    help: "namespaces, separated by commas, whose objects use the operator's own Azure identity, or with NAME=NAMESPACE/azure-identity that ServiceAccount's; objects of any other namespace use the ServiceAccount azure-identity of their own namespace",
  },
  {
    name: "shared-credential-scopes",
    value: "SCOPES",
    default: "",
    help: "ARM scopes, separated by commas, within which these namespaces may use what is shared with them, also to read: /subscriptions/ID, with /resourceGroups/NAME, with /providers/...; required with --shared-credential-namespaces",
  },
  {
    name: "cleanup-credential",
    value: "WHO",
    help: "who removes what objects that are being deleted hold when no token of their own credential can be had any more: operator, or NAMESPACE/azure-identity; it may only read, detach and delete what they hold. Default: nobody, and such objects say CredentialGone",
  },
  {
    name: "require-permissions",
    value: "BOOLEAN",
    default: "false",
    help: "true: what an object names by its ARM id, or in another namespace, must have been granted to its namespace by RBAC; set it where deploy/policy is installed",
  },
  {
    name: "policy-file",
    value: "FILE",
    help: "YAML file of what an administrator allows: roles to grant, issuers and subjects to trust; read at the start only; default: nothing is allowed",
  },
  {
    name: "cluster-issuer",
    value: "URL",
    help: "issuer of the cluster's ServiceAccount tokens, exactly as they name it; default: what the API server says",
  },
  { name: "azure-cloud", value: "NAME", default: "public", help: "public, china or usgovernment" },
  { name: "azure-endpoint", value: "URL", help: "address of Azure Resource Manager; default: that of the cloud" },
  { name: "azure-authority-host", value: "URL", help: "address of Microsoft Entra; default: $AZURE_AUTHORITY_HOST, else that of the cloud" },
  { name: "azure-audience", value: "URL", help: "audience of the tokens for Azure Resource Manager; default: that of the cloud" },
  { name: "azure-ca-file", value: "FILE", help: "PEM file of authorities to trust besides the usual ones, for endpoints of your own" },
  {
    name: "azure-credential",
    value: "KIND",
    help: "workload-identity, managed-identity or client-secret; default: workload-identity when $AZURE_FEDERATED_TOKEN_FILE is set, client-secret when $AZURE_CLIENT_SECRET is, else managed-identity",
  },
  { name: "azure-timeout-seconds", value: "N", default: "60", help: "how long one request to Azure may take, 1 to 600" },
  {
    name: "azure-quota-share",
    value: "N",
    default: "100",
    help: "part of Azure's documented request quotas that the operator uses at most, in percent, 1 to 100; the rest is left to other tools of the same principal. off: requests are sent as they come, and only what Azure refuses is waited for",
  },
  { name: "sync-interval-seconds", value: "N", default: "600", help: "how often an unchanged object that no list of the sweep shows is compared with Azure, 10 to 86400" },
  {
    name: "sweep-interval-seconds",
    value: "N",
    default: "300",
    help: "how often pages of lists are compared with what is stored, so that most objects need no request of their own, 60 to 86400, or 0 for never; it is longer where pages would take more than 1 % of the reads that Azure allows a principal in a subscription",
  },
  {
    name: "concurrent",
    value: "N",
    default: "64",
    help: "how many Azure resources are worked on at a time, 1 to 256. Azure allows a burst of 200 writes and 10 a second; 64 workers use that up where an answer takes 2 s on average. What has to wait for its turn takes no worker",
  },
  {
    name: "leader-elect",
    value: "BOOL",
    default: "false",
    help: "true: of several replicas one works, the one that holds the Lease azure-identity-operator-leader in the operator's namespace; false: there is only one",
  },
  {
    name: "leader-elect-lease-seconds",
    value: "N",
    default: "15",
    help: "how long the replicas wait for a leader that does not answer, 3 to 300; it stops itself after two thirds of that",
  },
  { name: "health-probe-bind-address", value: "ADDRESS", default: ":8081", help: "host:port of /healthz and /readyz, 0 for none" },
  { name: "metrics-bind-address", value: "ADDRESS", default: ":8080", help: "host:port of /metrics, 0 for none" },
  {
    name: "metrics-secure",
    value: "BOOL",
    default: "false",
    help: "true: /metrics by https, for tokens of accounts that a ClusterRole allows to get the nonResourceURL /metrics; false: by http, for everybody",
  },
  {
    name: "metrics-cert-path",
    value: "FOLDER",
    help: "folder with tls.crt and tls.key for --metrics-secure, read again when they change; default: a certificate that the operator makes and signs itself",
  },
  { name: "log-level", value: "LEVEL", default: "info", help: "debug, info, warn or error" },
  {
    name: "shutdown-grace-seconds",
    value: "N",
    default: "30",
    help: "how long work in progress may take to end after a signal, 0 to 3600; keep terminationGracePeriodSeconds of the pod above it",
  },
  { name: "version", help: "print the version and exit" },
  { name: "help", help: "print this and exit" },
] as const satisfies readonly Flag[];

/** Name of a flag, without the dashes. */
export type FlagName = (typeof FLAGS)[number]["name"];

/** A variable of the environment. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly help: string;
}

/** Every variable that is read: those that azure-workload-identity injects, and a secret, which is no flag because flags are seen. */
export const ENVIRONMENT = [
  { name: "AZURE_TENANT_ID", help: "tenant of the operator's identity, and of ServiceAccounts that name none, a GUID; required when a namespace uses the operator's identity" },
  { name: "AZURE_CLIENT_ID", help: "client id of the operator's identity, a GUID; required unless it is a system-assigned managed identity or no namespace uses the operator's identity" },
  { name: "AZURE_FEDERATED_TOKEN_FILE", help: "file with the ServiceAccount token of workload identity" },
  { name: "AZURE_CLIENT_SECRET", help: "secret of an app registration" },
  { name: "AZURE_AUTHORITY_HOST", help: "address of Microsoft Entra, unless --azure-authority-host says otherwise" },
] as const satisfies readonly EnvironmentVariable[];

/** Name of a variable that is read. */
export type EnvironmentName = (typeof ENVIRONMENT)[number]["name"];

/** How the process ends, and what that means; the documentation is generated from this table. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: "Done, or stopped by a signal" },
  failed: { code: 1, meaning: "Failed while running" },
  usage: { code: 2, meaning: "Flags or environment are wrong" },
  noCluster: { code: 3, meaning: "No cluster: the kubeconfig is missing, or the API server does not answer or does not let us in" },
  noCrds: { code: 4, meaning: "The CRDs are not installed, or too old" },
  noCredential: { code: 5, meaning: "No token for Azure can be had" },
} as const;
