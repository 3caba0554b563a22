import { inCasingOf, keyOf, nameOf, parseResourceId, typeOf } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { providerError } from "../kernel/errors.ts";
import { objectAt, objectsAt, sameJson, textAt, without } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { isBusy } from "../kernel/lifecycle.ts";
import { USER_ASSIGNED_TYPE } from "../kernel/requested-identity.ts";
import type { Draft } from "../kernel/resource-row.ts";
import type { CallOnExisting } from "../kernel/resource-type.ts";

/** What the provider checks in a write of an app or a job, and what it keeps to itself: the values of secrets (arm.md 9). */
export function reviewApp(draft: Draft): Draft {
  const { call, method, before, after } = draft;
  if (method === "PUT") checkEnvironment(draft);
  checkSecrets(objectsAt(objectAt(call.body, "properties", "configuration"), "secrets"));
  const configuration = objectAt(after.properties, "configuration");
  const secrets = objectsAt(configuration, "secrets");
  checkSecretRefs(draft, new Set(secrets.map(nameIn)));
  for (const { use, identity } of usesOf(configuration)) checkAttached(draft, use, identity);
  const sent = Object.fromEntries(secrets.flatMap((secret) => (secret["value"] === undefined ? [] : [[nameIn(secret), secret["value"]]])));
  const had = objectAt(before.hidden, "secrets");
  const values = Object.fromEntries(secrets.map((secret) => [nameIn(secret), sent[nameIn(secret)] ?? had[nameIn(secret)]]));
  const newTemplate = !sameJson(before.properties["template"], after.properties["template"]) || before.hidden["revision"] === undefined;
  const shown = secrets.map((secret) => without(secret, "value"));
  const properties = { ...after.properties, configuration: { ...configuration, ...(configuration["secrets"] === undefined ? {} : { secrets: shown }) } };
  const revision = Number(before.hidden["revision"] ?? 0) + (newTemplate ? 1 : 0);
  return { ...draft, after: { ...after, properties, hidden: { ...after.hidden, secrets: values, revision } } };
}

/** POST listSecrets: the only way to the values that GET hides. */
export function listSecrets({ existing }: CallOnExisting): Answer {
  const values = objectAt(existing.hidden, "secrets");
  const secrets = objectsAt(objectAt(existing.properties, "configuration"), "secrets");
  return { status: 200, body: { value: secrets.map((secret) => ({ ...secret, ...(values[nameIn(secret)] === undefined ? {} : { value: values[nameIn(secret)] }) })) } };
}

function nameIn(item: JsonObject): string {
  return textAt(item, "name") ?? "";
}

function checkEnvironment({ call, after }: Draft): void {
  const text = textAt(after.properties, "environmentId") ?? textAt(after.properties, "managedEnvironmentId") ?? "";
  const id = parseResourceId(text);
  const environment = id && typeOf(id).toLowerCase() === "microsoft.app/managedenvironments" ? call.world.store.get(id) : undefined;
  if (!environment) throw providerError(404, { code: "ManagedEnvironmentNotFound", message: `Managed environment '${text}' does not exist.` });
  if (!isBusy(environment.provisioning)) return;
  throw providerError(400, { code: "ManagedEnvironmentNotProvisioned", message: `Managed environment '${nameOf(environment.id)}' provisioning is not completed.` });
}

/** A secret comes with its value, or with the place in a Key Vault and the identity that reads it there. */
function checkSecrets(sent: readonly JsonObject[]): void {
  const valueless = sent.filter((secret) => secret["value"] === undefined && (secret["keyVaultUrl"] === undefined || secret["identity"] === undefined));
  if (valueless.length === 0) return;
  const names = valueless.map(nameIn).join(",");
  const message = `Invalid Request: Container app secret(s) with name(s) '${names}' are invalid: value or keyVaultUrl and identity should be provided.`;
  throw providerError(400, { code: "ContainerAppSecretInvalid", message });
}

function checkSecretRefs({ after }: Draft, names: ReadonlySet<string>): void {
  for (const registry of objectsAt(objectAt(after.properties, "configuration"), "registries")) {
    const reference = textAt(registry, "passwordSecretRef");
    if (reference === undefined || reference === "" || names.has(reference)) continue;
    const message = `RegistryPasswordSecretRef '${reference}' defined for registry server '${textAt(registry, "server") ?? ""}' not found.`;
    throw providerError(400, { code: "ContainerAppRegistriesPasswordSecretRefNotFound", message });
  }
  for (const container of objectsAt(objectAt(after.properties, "template"), "containers")) {
    for (const variable of objectsAt(container, "env")) {
      const reference = textAt(variable, "secretRef");
      if (reference === undefined || names.has(reference)) continue;
      throw providerError(400, { code: "ContainerAppSecretRefNotFound", message: `SecretRef '${reference}' defined for container '${nameIn(container)}' not found.` });
    }
  }
}

/** Where a configuration names an identity. */
function usesOf(configuration: JsonObject): readonly { readonly use: string; readonly identity: string }[] {
  return ["registries", "secrets", "identitySettings"].flatMap((use) =>
    objectsAt(configuration, use).flatMap((item) => {
      const identity = textAt(item, "identity");
      return identity === undefined || identity === "" ? [] : [{ use, identity }];
    }),
  );
}

/** An identity that is used elsewhere in the app must be attached to it; the code of the refusal is not known (arm.md 9). */
function checkAttached({ identity: { system, user } }: Draft, use: string, identity: string): void {
  const word = identity.toLowerCase();
  if (word === "system-environment" || (word === "system" && system)) return;
  const id = parseResourceId(identity);
  if (id && user.has(keyOf(inCasingOf(id, USER_ASSIGNED_TYPE)))) return;
  const message = `The following field(s) are either invalid or missing. Field 'configuration.${use}' names the identity '${identity}', which is not assigned to the container app.`;
  throw providerError(400, { code: "InvalidParameterValueInContainerTemplate", message });
}
