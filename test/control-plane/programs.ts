import { join } from "node:path";

/** What the command lines of the control plane's programs depend on. */
export interface ProgramSettings {
  /** Work folder; all state and keys are below it. */
  readonly directory: string;
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
  readonly apiServerPort: number;
  /** Issuer of ServiceAccount tokens, an https URL without a trailing slash. */
  readonly issuer: string;
  /** Whether the API server answers below /debug/pprof. */
  readonly profiling: boolean;
  /** Whether the API server answers from memory what it can. */
  readonly watchCache: boolean;
  /** Whether the API server writes down who asked for what. */
  readonly audit: boolean;
}

/** The files of a control plane, below its work folder. */
export function filesOf(directory: string) {
  return {
    etcdData: join(directory, "etcd"),
    servingCertificates: join(directory, "certificates"),
    /** The API server signs for itself: this file holds its certificate, then that of its authority. */
    servingCertificate: join(directory, "certificates", "apiserver.crt"),
    serviceAccountKey: join(directory, "service-account.key"),
    tokens: join(directory, "tokens.csv"),
    authority: join(directory, "authority.pem"),
    adminKubeconfig: join(directory, "admin.kubeconfig"),
    kubectlCache: join(directory, "kubectl-cache"),
    auditPolicy: join(directory, "audit-policy.yaml"),
    /** One event a line, of audit.k8s.io/v1. */
    auditLog: join(directory, "audit.log"),
  } as const;
}

/**
 * What the programs get beside their arguments. Go collects its garbage when the heap has doubled, which takes the API server a
 * quarter of its time; for a run that lasts minutes memory is cheaper.
 */
export const goSettings: NodeJS.ProcessEnv = { GOGC: "400", GOMEMLIMIT: "1GiB" };

/** Returns etcd's arguments. Nothing in it outlives the run, so it need not wait for the disk. */
export function etcdArgs({ directory, etcdPort, etcdPeerPort }: ProgramSettings): readonly string[] {
  const client = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${etcdPeerPort}`;
  return [
    `--data-dir=${filesOf(directory).etcdData}`,
    "--unsafe-no-fsync",
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--log-level=warn",
  ];
}

/** Who asked for what, without what was said; a watch is written down when it begins. */
export const AUDIT_POLICY = { apiVersion: "audit.k8s.io/v1", kind: "Policy", omitStages: ["RequestReceived"], rules: [{ level: "Metadata" }] };

/** Returns kube-apiserver's arguments: RBAC and all admission that is on by default, ServiceAccount included; no audit unless asked for. */
export function apiServerArgs({ directory, etcdPort, apiServerPort, issuer, profiling, watchCache, audit }: ProgramSettings): readonly string[] {
  const files = filesOf(directory);
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1", // else it wants a machine with another address than loopback
    `--secure-port=${apiServerPort}`,
    `--cert-dir=${files.servingCertificates}`,
    "--authorization-mode=RBAC",
    `--token-auth-file=${files.tokens}`,
    `--service-account-issuer=${issuer}`,
    `--service-account-jwks-uri=${issuer}/openid/v1/jwks`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    `--service-account-key-file=${files.serviceAccountKey}`,
    "--service-cluster-ip-range=10.96.0.0/16",
    // Nobody reaches this API server through the Service "kubernetes", so it need not find an address to publish there.
    "--endpoint-reconciler-type=none",
    `--profiling=${profiling}`,
    `--watch-cache=${watchCache}`,
    ...(audit ? [`--audit-policy-file=${files.auditPolicy}`, `--audit-log-path=${files.auditLog}`] : []),
  ];
}

/**
 * Returns kube-controller-manager's arguments. Only these controllers run: without them no namespace vanishes, nothing is
 * collected, no namespace has a ServiceAccount, and `edit` has no rules (DESIGN 8). Their names are those of 1.36.
 */
export function controllerManagerArgs({ directory }: ProgramSettings): readonly string[] {
  const files = filesOf(directory);
  const controllers = [
    "namespace-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "garbage-collector-controller",
    "clusterrole-aggregation-controller",
  ];
  return [
    `--kubeconfig=${files.adminKubeconfig}`,
    `--controllers=${controllers.join(",")}`,
    "--leader-elect=false",
    "--secure-port=0",
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${files.authority}`,
    "--kube-api-qps=200",
    "--kube-api-burst=400",
    "--profiling=false",
  ];
}
