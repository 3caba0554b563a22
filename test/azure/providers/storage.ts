import { createHash } from "node:crypto";
import { keyOf, nameOf, textOf } from "../kernel/arm-id.ts";
import { providerError } from "../kernel/errors.ts";
import type { Refusal } from "../kernel/errors.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import type { JsonObject } from "../kernel/json.ts";
import { locationOperations } from "../kernel/operation-styles.ts";
import { onExisting } from "../kernel/resource-type.ts";
import { rowType } from "../kernel/row-type.ts";
import type { Attachment, Resource } from "../kernel/store.ts";

const CERTIFICATE_MS = 45 * 86_400_000;

/** Storage accounts (arm.md 14): 202 without a body while one is made, and at once afterwards. */
export const storageAccounts = rowType({
  type: "Microsoft.Storage/storageAccounts",
  apiVersions: [
    "2019-06-01", "2021-04-01", "2021-09-01", "2022-09-01", "2023-01-01", "2023-04-01", "2023-05-01", "2024-01-01",
    "2025-01-01", "2025-06-01", "2025-08-01", "2026-04-01",
  ],
  name: { pattern: /^[a-z0-9]{3,24}$/, says: "3 to 24 lower-case letters or digits", refusal: badName },
  members: ["sku", "kind", "extendedLocation"],
  required: ["sku.name", "kind"],
  defaults: { supportsHttpsTrafficOnly: true, minimumTlsVersion: "TLS1_0" },
  computed,
  identity: ({ switches, clock, tenantId }) => ({
    ...unrecordedRules(switches),
    combined: "SystemAssigned,UserAssigned",
    afterNone: "none-object",
    patch: "merges",
    patchNullKey: "removes",
    putWithoutIdentity: "keeps",
    leaked: (attachment) => leaked(attachment, tenantId, clock.now()),
  }),
  create: { status: 202, operation: "location", body: "none" },
  update: { status: 200, body: "resource" },
  patch: { status: 200, body: "resource", takes: "everything" },
  remove: { status: 200 },
  durationSeconds: 20,
  style: locationOperations("Microsoft.Storage", "asyncoperations", {
    query: (_operationId, apiVersion) => `monitor=true&api-version=${apiVersion}`,
    firstRetryAfterSeconds: 17,
    pollRetryAfterSeconds: 17,
  }),
  busy: (account) => providerError(409, { code: "StorageAccountIsNotProvisioned", message: `The storage account ${nameOf(account.id)} is not provisioned yet.` }),
  actions: { listkeys: onExisting(({ existing }) => ({ status: 200, body: { keys: ["key1", "key2"].map((name) => keyNamed(existing, name)) } })) },
});

function badName(name: string): Refusal {
  return providerError(400, { code: "AccountNameInvalid", message: `${name} is not a valid storage account name. It must be 3 to 24 lower-case letters or digits.` });
}

function computed(account: Resource): JsonObject {
  const name = nameOf(account.id);
  const endpoints = ["blob", "queue", "table", "file", "dfs"].map((part) => [part, `https://${name}.${part}.core.windows.net/`]);
  return { primaryEndpoints: Object.fromEntries(endpoints) as JsonObject, primaryLocation: account.location, statusOfPrimary: "available" };
}

/** What the value of an attachment shows beside its ids. */
function leaked({ id, principalId }: Attachment, tenantId: string, nowMs: number): JsonObject {
  const identityUrl = `https://control.identity.azure.net${textOf(id)}/credentials?tid=${tenantId}&oid=${principalId}`;
  return { tenantId, identityUrl, certRenewAfter: new Date(nowMs + CERTIFICATE_MS).toISOString() };
}

function keyNamed(account: Resource, keyName: string): JsonObject {
  const value = createHash("sha512").update(`${keyOf(account.id)} ${keyName}`).digest("base64");
  return { keyName, value, permissions: "FULL" };
}
