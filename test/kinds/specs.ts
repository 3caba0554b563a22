import * as fc from "fast-check";
import { type JsonObject, stringAt } from "../../src/api/json.ts";

const SUBSCRIPTION = "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";

/** The group of generated specs. */
export const GROUP_ID = `/subscriptions/${SUBSCRIPTION}/resourceGroups/msdocs-identity-example`;

/** The values of every Secret and ConfigMap that generated specs name. */
export const VALUES: Readonly<Record<string, string>> = { a: "one", b: "", c: "three\nlines\nof it", d: "x".repeat(3000) };

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const guid = fc.uuid();
const key = fc.constantFrom(...Object.keys(VALUES));
const optional = <Value>(arbitrary: fc.Arbitrary<Value>, name: string): fc.Arbitrary<JsonObject> => fc.option(arbitrary, { nil: undefined }).map((value) => (value === undefined ? {} : ({ [name]: value } as JsonObject)));
const merged = (...parts: readonly fc.Arbitrary<JsonObject>[]): fc.Arbitrary<JsonObject> => fc.tuple(...parts).map((all) => Object.assign({}, ...all) as JsonObject);
const only = (value: JsonObject): fc.Arbitrary<JsonObject> => fc.constant(value);
const identityId = label.map((name) => `${GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-${name}`);

/** Specs of federated credentials, of a ServiceAccount and of anybody. */
export const federatedSpecs: fc.Arbitrary<JsonObject> = fc.oneof(
  label.map((name): JsonObject => ({ identityArmId: `${GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader`, serviceAccountRef: { name } })),
  fc.record({ slash: fc.constantFrom("", "/"), subject: fc.stringMatching(/^[!-)+-~]([ -)+-~]{0,40}[!-)+-~])?$/), audience: fc.stringMatching(/^[!-~]{1,40}$/) }).map(
    ({ slash, subject, audience }): JsonObject => ({
      identityArmId: `${GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader`,
      issuer: `https://Issuer.example.com/A${slash}`,
      subject,
      audiences: [audience],
    }),
  ),
);

const scopes = fc.constantFrom<JsonObject>(
  { subscriptionId: SUBSCRIPTION.toUpperCase() },
  { armId: GROUP_ID },
  { armId: `${GROUP_ID.replace("resourceGroups", "RESOURCEGROUPS")}/providers/microsoft.storage/storageaccounts/Shop` },
);

/** Specs of role assignments, with what can change in place. */
export const grantSpecs: fc.Arbitrary<JsonObject> = merged(
  fc.record({ scope: scopes, principal: guid.map((id) => ({ id: id.toUpperCase() })), roleDefinitionId: guid.map((id) => id.toUpperCase()) }),
  optional(fc.string({ minLength: 1, maxLength: 60 }), "description"),
  fc.oneof(only({}), fc.string({ minLength: 1, maxLength: 60 }).map((condition): JsonObject => ({ condition }))),
);

/** Specs of data roles of Cosmos DB. */
export const cosmosSpecs: fc.Arbitrary<JsonObject> = fc
  .record({ path: fc.constantFrom(undefined, "/dbs/Shop", "/dbs/Shop/colls/Orders"), id: guid, role: fc.constantFrom("Cosmos DB Built-in Data Reader", "cosmos db BUILT-IN data contributor") })
  .map(({ path, id, role }) => ({
    scope: { cosmosDB: { accountArmId: `${GROUP_ID}/providers/Microsoft.DocumentDB/databaseAccounts/Store`, ...(path === undefined ? {} : { path }) } },
    principal: { id },
    roleDefinitionName: role,
  }));

const port = fc.record({ port: fc.integer({ min: 1, max: 65_535 }), protocol: fc.constantFrom("TCP", "UDP") });
const ports = fc.uniqueArray(port, { minLength: 1, maxLength: 4, selector: (each) => each.port });
const source = fc.oneof(
  fc.string({ maxLength: 20 }).map((value): JsonObject => ({ value })),
  key.map((name): JsonObject => ({ valueFrom: { configMapKeyRef: { name: "settings", key: name } } })),
  key.map((name): JsonObject => ({ secureValueFrom: { secretKeyRef: { name: "secrets", key: name } } })),
);
const variables = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[A-Z][A-Z_]{0,6}$/), source).map(([name, from]): JsonObject => ({ name, ...from })), { maxLength: 5, selector: (each) => each["name"] });
const seconds = fc.integer({ min: 1, max: 100 });
const probe = merged(
  fc.oneof(
    fc.array(fc.string({ maxLength: 5 }), { minLength: 1, maxLength: 3 }).map((command): JsonObject => ({ exec: { command } })),
    fc.record({ port: fc.integer({ min: 1, max: 65_535 }), scheme: fc.constantFrom("HTTP", "HTTPS") }).map((httpGet): JsonObject => ({ httpGet })),
  ),
  optional(seconds, "periodSeconds"),
  optional(seconds, "timeoutSeconds"),
);

const volume = fc.tuple(label, fc.constantFrom<JsonObject>({ emptyDir: {} }, { secret: { secretRef: { name: "secrets" } } })).map(([name, from]): JsonObject => ({ name, ...from }));
const file = fc.record({ name: label, readOnly: fc.option(fc.boolean(), { nil: undefined }) }).map(
  ({ name, readOnly }): JsonObject => ({ name, azureFile: { shareName: "files", storageAccountName: "shopfiles", ...(readOnly === undefined ? {} : { readOnly }), storageAccountKeyFrom: { secretKeyRef: { name: "secrets", key: "a" } } } }),
);
const volumes = fc.uniqueArray(fc.oneof(volume, file), { maxLength: 4, selector: (each) => each["name"] });

const container = (mounts: readonly string[]) =>
  merged(
    fc.record({ name: label, image: fc.constantFrom("web:1", "shop.azurecr.io/Web@sha256:abc") }),
    optional(fc.array(fc.string({ maxLength: 5 }), { minLength: 1, maxLength: 3 }), "command"),
    optional(ports, "ports"),
    optional(fc.record({ requests: fc.record({ cpu: fc.constantFrom(0.5, 1, 2), memoryInGB: fc.constantFrom(1, 1.5) }) }), "resources"),
    optional(variables, "environmentVariables"),
    optional(probe, "livenessProbe"),
    optional(probe, "readinessProbe"),
    optional(fc.tuple(fc.subarray([...mounts]), fc.option(fc.boolean(), { nil: undefined })).map(([names, readOnly]) => names.map((name) => ({ name, mountPath: `/${name}`, ...(readOnly === undefined ? {} : { readOnly }) }))), "volumeMounts"),
  );

const addresses = fc.oneof(
  ports.map((each): JsonObject => ({ type: "Private", ports: each })),
  fc.tuple(ports, fc.option(fc.stringMatching(/^[a-z][a-z0-9]{5,9}$/), { nil: undefined })).map(([each, dnsNameLabel]): JsonObject => ({ type: "Public", ports: each, ...(dnsNameLabel === undefined ? {} : { dnsNameLabel }) })),
);

/** Specs of container groups with everything that they can have. */
export const groupSpecs: fc.Arbitrary<JsonObject> = volumes.chain((listed) =>
  merged(
    fc.uniqueArray(container(listed.map((each) => stringAt(each, "name") ?? "")), { minLength: 1, maxLength: 3, selector: (each) => each["name"] }).map((containers): JsonObject => ({ containers, volumes: listed })),
    optional(addresses, "ipAddress"),
    optional(fc.constantFrom("Linux", "Windows"), "osType"),
    optional(fc.constantFrom("Always", "Never", "OnFailure"), "restartPolicy"),
    optional(fc.constantFrom(["1"], ["2"]), "zones"),
    optional(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ maxLength: 10 }), { maxKeys: 3 }), "tags"),
    optional(fc.constant([{ id: `${GROUP_ID}/providers/Microsoft.Network/virtualNetworks/Net/subnets/Front` }]), "subnetIds"),
    fc.option(identityId, { nil: undefined }).map((armId): JsonObject => (armId === undefined ? {} : { identity: { userAssigned: [{ armId }] }, imageRegistryCredentials: [{ server: "shop.azurecr.io", identity: { armId } }] })),
    fc.constantFrom<JsonObject>({}, { location: "West Europe" }),
  ),
);
