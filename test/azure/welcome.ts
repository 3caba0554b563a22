import { join } from "node:path";
import type { Azure } from "./azure.ts";
import { CONTROL_KEY_HEADER } from "./kernel/control.ts";

/** Where a simulator that runs on its own can be found. */
export interface Place {
  /** The file with its certificate authority. */
  readonly caFile: string;
  /** A folder of its own, for what a client keeps beside it. */
  readonly folder: string;
  readonly controlKey: string;
}

/** What to know and to export, for any client; an application that may do everything is ready to log in. */
export function welcome(azure: Azure, place: Place): string {
  const secret = crypto.randomUUID();
  const { clientId, principalId } = azure.registerPrincipal({ name: "everything", secret });
  azure.grant({ principalId, actions: ["*"], scope: "/" });
  const { endpoint } = azure;
  const exports = Object.entries(environment(azure, place, { clientId, secret })).map(([name, value]) => `export ${name}=${value}`);
  return [
    "Simulated Azure (ARM and Entra) is up; stop it with Ctrl-C.",
    `endpoint: ${endpoint}`,
    `CA file:  ${place.caFile}`,
    `control:  ${endpoint}/simulator/faults, …/settings, …/switches, …/clock, with the header ${CONTROL_KEY_HEADER}: $AZURE_SIMULATOR_KEY (docs/simulator.md)`,
    "",
    "# Azure's SDKs, az (AZURE_CONFIG_DIR and AZURE_CORE_…) and Terraform (ARM_…) read these; an SDK also has to be told in its code",
    "# where ARM is, and to leave instance discovery alone.",
    ...exports,
    "",
    "# az, once:",
    `az cloud register --name simulator --endpoint-resource-manager ${endpoint}`,
    "az cloud set --name simulator",
    `az login --service-principal --username ${clientId} --password ${secret} --tenant ${azure.tenantId}`,
    "",
    "# Azure Service Operator, whose Entra must look like an AD FS because it cannot leave instance discovery alone:",
    `# AZURE_RESOURCE_MANAGER_ENDPOINT=${endpoint} AZURE_RESOURCE_MANAGER_AUDIENCE=${endpoint} AZURE_TENANT_ID=adfs, and the others as above`,
    "",
  ].join("\n");
}

/** The certificate file comes last, under each name that a language's HTTP client has for it. */
function environment(azure: Azure, { caFile, folder, controlKey }: Place, login: { readonly clientId: string; readonly secret: string }): Readonly<Record<string, string>> {
  const { endpoint, authorityHost, tenantId } = azure;
  const [subscriptionId = ""] = azure.subscriptionIds;
  return {
    AZURE_ARM_ENDPOINT: endpoint,
    AZURE_AUTHORITY_HOST: authorityHost,
    AZURE_TENANT_ID: tenantId,
    AZURE_SUBSCRIPTION_ID: subscriptionId,
    AZURE_CLIENT_ID: login.clientId,
    AZURE_CLIENT_SECRET: login.secret,
    AZURE_SIMULATOR_KEY: controlKey,
    AZURE_CONFIG_DIR: join(folder, "az"),
    AZURE_CORE_INSTANCE_DISCOVERY: "false",
    AZURE_CORE_COLLECT_TELEMETRY: "false",
    ARM_METADATA_HOSTNAME: new URL(endpoint).host,
    ARM_TENANT_ID: tenantId,
    ARM_SUBSCRIPTION_ID: subscriptionId,
    ARM_CLIENT_ID: login.clientId,
    ARM_CLIENT_SECRET: login.secret,
    NODE_EXTRA_CA_CERTS: caFile,
    REQUESTS_CA_BUNDLE: caFile,
    SSL_CERT_FILE: caFile,
  };
}
