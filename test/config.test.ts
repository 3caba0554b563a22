import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { AZURE_CLOUDS } from "../src/config/azure.ts";
import { ENVIRONMENT, EXIT_CODES, FLAGS } from "../src/config/flags.ts";
import { helpText } from "../src/config/help.ts";
import { type Config, loadConfig } from "../src/config.ts";

const TENANT = "11111111-1111-1111-1111-111111111111";
const CLIENT = "22222222-2222-2222-2222-22222222abcd";
const SUBSCRIPTION = "/subscriptions/33333333-3333-3333-3333-333333333333";
const environment = { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT, AZURE_FEDERATED_TOKEN_FILE: "/var/run/token" };

function configOf(argv: readonly string[], env: Readonly<Record<string, string>> = environment): Config {
  const loaded = loadConfig(argv, env);
  if (loaded.is !== "config") throw new Error(`no config: ${JSON.stringify(loaded)}`);
  return loaded.config;
}

function errorsOf(argv: readonly string[], env: Readonly<Record<string, string>> = environment): readonly string[] {
  const loaded = loadConfig(argv, env);
  return loaded.is === "errors" ? loaded.errors : [];
}

test("without flags, what azure-workload-identity injects is enough", () => {
  expect(configOf([])).toEqual({
    sharedCredentialNamespaces: [],
    sharedCredentialScopes: [],
    requirePermissions: false,
    azure: {
      ...AZURE_CLOUDS.public,
      tenantId: TENANT,
      credential: { is: "workload-identity", clientId: CLIENT, tokenFile: "/var/run/token" },
      quotaShare: 1,
      timeoutMs: 60_000,
    },
    syncIntervalSeconds: 600,
    sweepIntervalSeconds: 300,
    concurrent: 64,
    healthProbeBindAddress: { is: "listen", port: 8081 },
    metricsBindAddress: { is: "listen", port: 8080 },
    logLevel: "info",
    shutdownGraceMs: 30_000,
  });
});

test("every flag has its place in the config", () => {
  const argv = [
    "--kubeconfig=/tmp/kubeconfig",
    "--context", "kind",
    "--installation-id=prod_1.eu-west",
    "--operator-namespace=azure-identity-system",
    "--shared-credential-namespaces", "apps, web=platform/azure-identity,apps",
    "--cleanup-credential=platform/azure-identity",
    `--shared-credential-scopes=${SUBSCRIPTION}/resourceGroups/rg-1,${SUBSCRIPTION.toUpperCase().replace("SUBSCRIPTIONS", "subscriptions")}`,
    "--require-permissions=true",
    "--policy-file=/tmp/policy.yaml",
    "--cluster-issuer=https://issuer.example/cluster/",
    "--azure-cloud=china",
    "--azure-endpoint=https://127.0.0.1:8443",
    "--azure-authority-host=https://localhost:8444",
    "--azure-audience=https://management.example/tenant",
    "--azure-ca-file=/tmp/ca.pem",
    "--azure-credential=managed-identity",
    "--azure-timeout-seconds=5",
    "--azure-quota-share=80",
    "--sync-interval-seconds=10",
    "--sweep-interval-seconds=0",
    "--concurrent=50",
    "--leader-elect=true",
    "--metrics-secure=true",
    "--metrics-cert-path=/certificates",
    "--leader-elect-lease-seconds=30",
    "--health-probe-bind-address=127.0.0.1:0",
    "--metrics-bind-address=0",
    "--log-level=debug",
    "--shutdown-grace-seconds=0",
  ];
  expect(configOf(argv)).toEqual({
    kubeconfig: "/tmp/kubeconfig",
    context: "kind",
    installationId: "prod_1.eu-west",
    operatorNamespace: "azure-identity-system",
    sharedCredentialNamespaces: [{ namespace: "apps" }, { namespace: "web", accountNamespace: "platform" }],
    sharedCredentialScopes: [`${SUBSCRIPTION}/resourceGroups/rg-1`, SUBSCRIPTION],
    cleanupCredential: { accountNamespace: "platform" },
    requirePermissions: true,
    policyFile: "/tmp/policy.yaml",
    clusterIssuer: "https://issuer.example/cluster/",
    azure: {
      endpoint: "https://127.0.0.1:8443",
      authorityHost: "https://localhost:8444",
      audience: "https://management.example/tenant",
      assertionAudience: "api://AzureADTokenExchangeChina",
      caFile: "/tmp/ca.pem",
      tenantId: TENANT,
      credential: { is: "managed-identity", clientId: CLIENT },
      timeoutMs: 5000,
      quotaShare: 0.8,
    },
    syncIntervalSeconds: 10,
    sweepIntervalSeconds: 0,
    concurrent: 50,
    leaderElection: { leaseSeconds: 30 },
    metricsSecurity: { certificateFolder: "/certificates" },
    healthProbeBindAddress: { is: "listen", host: "127.0.0.1", port: 0 },
    metricsBindAddress: { is: "off" },
    logLevel: "debug",
    shutdownGraceMs: 0,
  });
  const given = new Set(argv.filter((part) => part.startsWith("--")).map((part) => part.slice(2).split("=")[0]));
  expect(FLAGS.map((flag) => flag.name).filter((name) => !given.has(name))).toEqual(["version", "help"]);
});

test("the config is frozen, to its depth", () => {
  const config = configOf(["--shared-credential-namespaces=a", `--shared-credential-scopes=${SUBSCRIPTION}`]);
  for (const part of [config, config.azure, config.azure.credential ?? {}, config.sharedCredentialNamespaces, config.metricsBindAddress]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

const SHARED = ["--shared-credential-namespaces=a", `--shared-credential-scopes=${SUBSCRIPTION}`];

describe("an identity of the operator's own", () => {
  const none = (...argv: readonly string[]) => configOf(argv, { AZURE_FEDERATED_TOKEN_FILE: "/var/run/token", AZURE_CLIENT_ID: "" }).azure;

  test("is not needed where every namespace brings its own", () => {
    expect([none().credential, none().tenantId]).toEqual([undefined, ""]);
    expect(none("--shared-credential-namespaces=a=platform/azure-identity", `--shared-credential-scopes=${SUBSCRIPTION}`).credential).toBeUndefined();
  });

  test.each([[SHARED], [["--cleanup-credential=operator"]]])("is needed with %s", (argv) => {
    expect(errorsOf(argv, {})).toContain("cannot start without AZURE_TENANT_ID: set it to the tenant id of the operator's identity");
  });
});

describe("credentials follow from the environment", () => {
  test.each([
    { name: "a token file", env: environment, want: "workload-identity" },
    { name: "a secret", env: { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT, AZURE_CLIENT_SECRET: "s3cret" }, want: "client-secret" },
    { name: "both", env: { ...environment, AZURE_CLIENT_SECRET: "s3cret" }, want: "workload-identity" },
    { name: "neither", env: { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: "" }, want: "managed-identity" },
  ])("$name: $want", ({ env, want }) => expect(configOf(SHARED, env).azure.credential?.is).toBe(want));

  test("the secret is given to whoever asks for it, and shown to nobody", () => {
    const config = configOf([], { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT, AZURE_CLIENT_SECRET: "s3cret" });
    const { credential } = config.azure;
    expect(credential?.is === "client-secret" && credential.clientSecret.reveal()).toBe("s3cret");
    const clientSecret = credential?.is === "client-secret" ? credential.clientSecret : undefined;
    for (const text of [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true }), String(clientSecret)]) {
      expect(text).not.toContain("s3cret");
      expect(text).toContain("[redacted]");
    }
  });

  test("the authority host that is injected ends with a slash", () => {
    const env = { ...environment, AZURE_AUTHORITY_HOST: "https://login.microsoftonline.us/" };
    expect(configOf([], env).azure.authorityHost).toBe("https://login.microsoftonline.us");
    expect(configOf(["--azure-authority-host=https://flag.example"], env).azure.authorityHost).toBe("https://flag.example");
  });
});

describe("wrong flags", () => {
  test.each([
    ["--concurrent=0", 'cannot use --concurrent="0": expected a whole number from 1 to 256'],
    ["--concurrent=1e2", 'cannot use --concurrent="1e2": expected a whole number from 1 to 256'],
    ["--metrics-cert-path=/certificates", "cannot use --metrics-cert-path without --metrics-secure=true: metrics would be served in plain text"],
    ["--leader-elect=yes", 'cannot use --leader-elect="yes": expected true or false'],
    ["--leader-elect-lease-seconds=2", 'cannot use --leader-elect-lease-seconds="2": expected a whole number from 3 to 300'],
    ["--concurrent=", 'cannot use --concurrent="": expected a whole number from 1 to 256'],
    ["--sync-interval-seconds=9", 'cannot use --sync-interval-seconds="9": expected a whole number from 10 to 86400'],
    ["--sweep-interval-seconds=59", 'cannot use --sweep-interval-seconds="59": expected a whole number from 60 to 86400, or 0'],
    ["--azure-quota-share=0", 'cannot use --azure-quota-share="0": expected a whole number of percent from 1 to 100, or off'],
    ["--azure-timeout-seconds=601", 'cannot use --azure-timeout-seconds="601": expected a whole number from 1 to 600'],
    ["--shutdown-grace-seconds=-1", 'cannot use --shutdown-grace-seconds="-1": expected a whole number from 0 to 3600'],
    ["--log-level=Info", 'cannot use --log-level="Info": expected one of debug, info, warn, error'],
    ["--azure-cloud=moon", 'cannot use --azure-cloud="moon": expected one of public, china, usgovernment'],
    ["--metrics-bind-address=8080", 'cannot use --metrics-bind-address="8080": expected host:port, :port, or 0 for none'],
    ["--health-probe-bind-address=:65536", 'cannot use --health-probe-bind-address=":65536": expected host:port, :port, or 0 for none'],
    ["--kubeconfig=", 'cannot use --kubeconfig="": expected a value'],
    [
      "--installation-id=a/b",
      'cannot use --installation-id="a/b": expected 1 to 63 letters, digits, hyphens, periods or underscores',
    ],
    [
      "--azure-endpoint=http://management.azure.com",
      'cannot use --azure-endpoint="http://management.azure.com": expected https://host or https://host:port, without a path and without a slash at the end',
    ],
    [
      "--azure-endpoint=https://management.azure.com/",
      'cannot use --azure-endpoint="https://management.azure.com/": expected https://host or https://host:port, without a path and without a slash at the end',
    ],
    ["--azure-audience=https://x/?a=b", 'cannot use --azure-audience="https://x/?a=b": expected an https URL without a slash at the end'],
    ["--operator-namespace=kube-System", 'cannot use --operator-namespace="kube-System": expected a namespace name: at most 63 lower-case letters, digits and hyphens'],
    ["--policy-file=", 'cannot use --policy-file="": expected a value'],
    [
      "--cluster-issuer=kubernetes",
      'cannot use --cluster-issuer="kubernetes": expected the https URL of an issuer, exactly as its tokens name it, without wildcards',
    ],
    ["--shared-credential-scopes=/", 'cannot use --shared-credential-scopes="/": it does not begin with "/subscriptions/": expected /subscriptions/ID, with /resourceGroups/NAME, with /providers/NAMESPACE/TYPE/NAME'],
    ["--shared-credential-scopes=/subscriptions/abc", 'cannot use --shared-credential-scopes="/subscriptions/abc": the subscription is not a GUID'],
    [
      "--shared-credential-namespaces=*",
      'cannot use --shared-credential-namespaces="*": every namespace must be named: whoever may create objects in it can use the credential',
    ],
    [
      "--shared-credential-namespaces=a,b=admin/default",
      'cannot use --shared-credential-namespaces="a,b=admin/default": "b=admin/default" in it is wrong: expected NAMESPACE/azure-identity after the =: the operator may only use ServiceAccounts of that name',
    ],
    ["--cleanup-credential=yes", 'cannot use --cleanup-credential="yes": expected operator, or NAMESPACE/azure-identity'],
    [
      `--shared-credential-namespaces=a,a=admin/azure-identity --shared-credential-scopes=${SUBSCRIPTION}`,
      'cannot use --shared-credential-namespaces with "a" twice: share one credential with a namespace',
    ],
    [
      "--shared-credential-namespaces=Apps",
      'cannot use --shared-credential-namespaces="Apps": expected namespace names: at most 63 lower-case letters, digits and hyphens each',
    ],
    ["--concurent=3", 'cannot use "--concurent": there is no such flag: did you mean --concurrent?'],
    ["--metric-bind-adress=x", 'cannot use "--metric-bind-adress": there is no such flag: did you mean --metrics-bind-address?'],
    ["--log_level=info", 'cannot use "--log_level": there is no such flag: did you mean --log-level?'],
    ["--namespaces=a", 'cannot use "--namespaces": there is no such flag: did you mean --shared-credential-namespaces?'],
    ["-concurrent=3", 'cannot use "-concurrent": there is no such flag: did you mean --concurrent?'],
    ["--gibberish", 'cannot use "--gibberish": there is no such flag: see --help'],
    ["--help=3", "cannot use --help with a value: give it alone"],
    ["--context", "cannot use --context without a value: write --context=NAME"],
    ["now", 'cannot use the argument "now": only flags are expected: see --help'],
  ])("%s", (argument, want) => expect(errorsOf(argument.split(/ (?=--)/))).toEqual([want]));

  test("a value that looks like a flag is not taken for one", () => {
    expect(errorsOf(["--kubeconfig", "--context", "x"])).toEqual([
      'cannot use --kubeconfig without a value: "--context" follows it: write --kubeconfig=FILE',
    ]);
  });

  test("unless it is written so that it can be nothing else", () => {
    expect(configOf(["--kubeconfig=--odd"]).kubeconfig).toBe("--odd");
  });

  test("what follows an unknown flag is not a second fault", () => {
    expect(errorsOf(["--concurent", "3", "--log-level=loud"])).toEqual([
      'cannot use "--concurent": there is no such flag: did you mean --concurrent?',
      'cannot use --log-level="loud": expected one of debug, info, warn, error',
    ]);
  });

  test("a flag that is given twice", () => {
    expect(errorsOf(["--log-level=info", "--log-level=debug"])).toEqual(["cannot use --log-level twice: give it once"]);
  });

  test("namespaces without scopes", () => {
    expect(errorsOf(["--shared-credential-namespaces=a", "--shared-credential-scopes="])).toEqual([
      "cannot use --shared-credential-namespaces without --shared-credential-scopes: no scopes mean that nothing is allowed: list the subscriptions or resource groups that these namespaces may use, for example /subscriptions/ID/resourceGroups/NAME",
    ]);
  });

  test("one port for two servers", () => {
    const want = "for both --health-probe-bind-address and --metrics-bind-address: choose different ports";
    expect(errorsOf(["--metrics-bind-address=:8081"])).toEqual([`cannot use :8081 ${want}`]);
    expect(errorsOf(["--health-probe-bind-address=127.0.0.1:9", "--metrics-bind-address=127.0.0.1:9"])).toEqual([`cannot use 127.0.0.1:9 ${want}`]);
    expect(errorsOf(["--health-probe-bind-address=127.0.0.1:0", "--metrics-bind-address=127.0.0.1:0"])).toEqual([]);
    expect(errorsOf(["--health-probe-bind-address=127.0.0.1:9", "--metrics-bind-address=127.0.0.2:9"])).toEqual([]);
  });

  test("a long value is cut, and what a terminal would obey is escaped", () => {
    const [error = ""] = errorsOf([`--log-level=\u001b[31m${"x".repeat(5000)}`]);
    expect(error).toContain('"\\u001b[31mxxx');
    expect(error.length).toBeLessThan(350);
  });
});

describe("wrong environment", () => {
  test("each missing variable is named", () => {
    expect(errorsOf(["--azure-credential=workload-identity"], {})).toEqual([
      "cannot start without AZURE_TENANT_ID: set it to the tenant id of the operator's identity",
      "cannot start without AZURE_CLIENT_ID: set it to the client id of the operator's identity",
      "cannot start without AZURE_FEDERATED_TOKEN_FILE: set it to the file with the token of the pod's ServiceAccount",
    ]);
    expect(errorsOf(["--azure-credential=client-secret"], { AZURE_TENANT_ID: TENANT })).toEqual([
      "cannot start without AZURE_CLIENT_ID: set it to the client id of the app registration",
      "cannot start without AZURE_CLIENT_SECRET: set it to the secret of the app registration",
    ]);
  });

  test("an id that is no GUID, and an address without TLS", () => {
    const env = { ...environment, AZURE_CLIENT_ID: "me", AZURE_AUTHORITY_HOST: "http://login.example/" };
    expect(errorsOf([], env)).toEqual([
      'cannot use AZURE_AUTHORITY_HOST="http://login.example/": expected https://host or https://host:port, without a path and without a slash at the end',
      'cannot use AZURE_CLIENT_ID="me": expected a GUID such as 00000000-0000-0000-0000-000000000000',
    ]);
  });

  test("every fault of flags and environment is told at once", () => {
    expect(errorsOf([...SHARED, "--nope", "--concurrent=x"], { AZURE_CLIENT_ID: CLIENT })).toHaveLength(3);
  });
});

describe("help and version", () => {
  test("win over faults", () => {
    expect(loadConfig(["--nope", "--version"], {})).toEqual({ is: "version" });
    expect(loadConfig(["--nope", "--help"], {})).toEqual({ is: "help", text: helpText() });
  });

  test("the help names every flag, variable and exit code, within its width", () => {
    const text = helpText(80);
    for (const { name } of FLAGS) expect(text).toContain(`\n  --${name}`);
    for (const { name } of ENVIRONMENT) expect(text).toContain(`\n  ${name}\n`);
    for (const { code, meaning } of Object.values(EXIT_CODES)) expect(text).toContain(`\n  ${code}  ${meaning}\n`);
    expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });
});
