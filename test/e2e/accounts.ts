import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ACTIONS, type Stage, SUBSCRIPTION } from "./stage.ts";

const IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities";

/** The identity as which the objects of a namespace reach Azure. */
export interface Team {
  readonly namespace: string;
  readonly clientId: string;
  readonly principalId: string;
  /** ARM id of the identity. */
  readonly identityId: string;
}

/** A resource group of its own with an identity that the namespace's ServiceAccount can become. What it may do is granted by the test. */
export function team(stage: Stage, namespace: string): Team {
  stage.azure.portal.createResourceGroup(SUBSCRIPTION, namespace, "westus2");
  const identityId = `${groupOf(namespace)}/providers/${IDENTITIES}/credential`;
  const shown = stage.azure.portal.put(identityId, { location: "westus2" });
  federate(stage, { identityId }, `system:serviceaccount:${namespace}:azure-identity`);
  return { namespace, clientId: textAt(shown, "clientId"), principalId: textAt(shown, "principalId"), identityId };
}

function textAt({ properties }: Readonly<Record<string, unknown>>, name: string): string {
  const value = properties !== null && typeof properties === "object" ? Object.entries(properties).find(([key]) => key === name)?.[1] : undefined;
  if (typeof value !== "string") throw new Error(`the identity has no ${name}`);
  return value;
}

/** Lets a subject become an identity. */
export function federate({ azure, plane }: Stage, { identityId }: Pick<Team, "identityId">, subject: string): void {
  const properties = { issuer: plane.issuer, subject, audiences: ["api://AzureADTokenExchange"] };
  azure.portal.put(`${identityId}/federatedIdentityCredentials/cluster`, { properties });
}

/** The resource group of a namespace. */
export function groupOf(namespace: string): string {
  return `/subscriptions/${SUBSCRIPTION}/resourceGroups/${namespace}`;
}

/** Grants a team what the operator needs, at a scope. */
export function allow(stage: Stage, { principalId }: Pick<Team, "principalId">, scope: string, actions: readonly string[] = ACTIONS): void {
  stage.azure.grant({ principalId, actions: [...actions], scope });
}

const DOCUMENT = readFileSync(join(import.meta.dirname, "../../docs/credentials.md"), "utf8");

/** The ServiceAccount by which the objects of a namespace reach Azure, as the document shows it. */
export function account(namespace: string, clientId: string): object {
  const [, yaml = ""] = /```yaml\n(apiVersion: v1\n[\s\S]*?)```/.exec(DOCUMENT) ?? [];
  return parse(yaml.replaceAll("team-a", namespace).replace("00001111-aaaa-2222-bbbb-3333cccc4444", clientId)) as object;
}

/** The arguments of a command of kubectl that the document shows, with a namespace in place of its own. */
export function documented(verb: string, namespace: string): readonly string[] {
  const line = [...DOCUMENT.matchAll(/^kubectl (.*)$/gm)].map(([, args = ""]) => args).find((args) => args.startsWith(`${verb} `));
  if (line === undefined) throw new Error(`docs/credentials.md shows no kubectl ${verb}`);
  return line.replaceAll("team-a", namespace).replaceAll("'", "").split(" ");
}

/** An identity that a namespace declares in the resource group of its team. */
export function ownIdentity(namespace: string, name: string, spec: Readonly<Record<string, unknown>> = {}): object {
  return {
    apiVersion: "azureidentity.dev/v1alpha1",
    kind: "UserAssignedIdentity",
    metadata: { namespace, name },
    spec: { subscriptionId: SUBSCRIPTION, resourceGroup: namespace, location: "westus2", ...spec },
  };
}

/** How often Entra was asked for a token, by the client id of who asked. */
export function tokenRequests({ azure }: Stage, { clientId }: Pick<Team, "clientId">): number {
  const asked = azure.requests.filter(({ type, method }) => type === "entra" && method === "POST");
  return asked.filter(({ body }) => JSON.stringify(body ?? {}).includes(clientId)).length;
}

/** Has an object reconciled, and waits until it was. */
export async function reconcileNow(stage: Stage, resource: string, address: { readonly namespace: string; readonly name: string; readonly token: string }): Promise<void> {
  const { namespace, name, token } = address;
  await stage.kubectl("annotate", resource, name, "-n", namespace, "--overwrite", `azureidentity.dev/reconcile-requested-at=${token}`);
  await stage.until(resource, name, (object) => object.status?.["lastHandledReconcileAt"] === token, namespace);
}
