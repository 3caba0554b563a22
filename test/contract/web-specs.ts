import * as fc from "fast-check";
import type { JsonObject } from "../../src/api/json.ts";

/** Ids that generated specs may name. */
export interface Known {
  /** ARM ids of two identities. */
  readonly identities: readonly [string, string];
  readonly planId: string;
}

const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const flag = optional(fc.boolean());

/** Tag keys and setting names are unlike when case is ignored; also names that every object of JavaScript has. */
const names = fc.constantFrom("GREETING", "Shop__Region", "Shop:Key", "constructor", "toString", "AZURE_CLIENT_ID", "a.b-c");
const tags = optional(fc.dictionary(fc.constantFrom("team", "Env", "constructor", "cost-center"), fc.string({ maxLength: 8 }), { maxKeys: 3 }));

const siteConfig = optional(
  fc.record(
    {
      linuxFxVersion: fc.constantFrom("NODE|22-lts", "node|20-lts", "DOTNETCORE|9.0", "DOCKER|registry.example.com/Shop:1"),
      alwaysOn: fc.boolean(),
      minTlsVersion: fc.constantFrom("1.2", "1.3"),
      ftpsState: fc.constantFrom("AllAllowed", "FtpsOnly", "Disabled"),
      healthCheckPath: fc.constantFrom("/healthz", "/Health"),
      http20Enabled: fc.boolean(),
      use32BitWorkerProcess: fc.boolean(),
      acrUseManagedIdentityCreds: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
);

const source = ({ identities }: Known, own: readonly string[]): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    fc.string({ maxLength: 12 }).map((value) => ({ value })),
    fc.constant({ value: "" }),
    fc.constantFrom("api-key", "other").map((key) => ({ valueFrom: { secretKeyRef: { name: "shop", key } } })),
    fc.constant({ valueFrom: { configMapKeyRef: { name: "shop", key: "region" } } }),
    fc.constant({ keyVaultReference: { secretUri: "https://shop.vault.azure.net/secrets/password" } }),
    ...identities.filter((id) => own.includes(id)).map((armId) => fc.constant({ identityClientId: { armId } })),
  );

const setting = (known: Known, own: readonly string[]): fc.Arbitrary<JsonObject> =>
  fc.tuple(names, source(known, own), flag).map(([name, from, slotSetting]) => ({ name, ...from, ...(slotSetting === undefined ? {} : { slotSetting }) }));

const named = (own: readonly string[]): fc.Arbitrary<JsonObject> =>
  fc.constantFrom<JsonObject>({ systemAssigned: true }, ...own.map((armId) => ({ armId })));

function defined(value: Readonly<Record<string, unknown>>): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/** Two specs of one web app on a Linux plan that both the schema and Azure take: an identity that the first may use stays declared. */
export function webAppChanges(known: Known): fc.Arbitrary<readonly [JsonObject, JsonObject]> {
  return fc.subarray([...known.identities]).chain((own) => fc.tuple(webAppSpec(known, own), webAppSpec(known, own)));
}

function webAppSpec(known: Known, own: readonly string[]): fc.Arbitrary<JsonObject> {
  return fc
    .record({
      httpsOnly: flag,
      clientAffinityEnabled: flag,
      state: optional(fc.constantFrom("Running", "Stopped")),
      tags,
      siteConfig,
      appSettings: optional(fc.uniqueArray(setting(known, own), { selector: ({ name }) => name, maxLength: 5 })),
      keyVaultReferenceIdentity: optional(named(own)),
      systemAssigned: optional(fc.constant(true)),
      pull: optional(fc.constantFrom(...own, undefined)),
    })
    .map(({ systemAssigned, pull, ...spec }) => {
      const config = pull === undefined ? spec.siteConfig : { ...spec.siteConfig, acrUseManagedIdentityCreds: true, acrPullIdentity: { armId: pull } };
      const identity = own.length === 0 && systemAssigned === undefined ? undefined : { systemAssigned, userAssigned: own.map((armId) => ({ armId })) };
      return defined({ ...spec, siteConfig: config, identity, plan: { planArmId: known.planId } });
    });
}

/** Specs of function apps on a Flex Consumption plan. */
export function flexAppSpecs({ identities: [first, second], planId }: Known): fc.Arbitrary<JsonObject> {
  const authentication = fc.constantFrom<JsonObject>({ systemAssigned: true }, { armId: first }, { armId: second });
  const runtime = fc.constantFrom({ name: "node", version: "22" }, { name: "dotnet-isolated", version: "8.0" }, { name: "python", version: "3.12" });
  return fc.record({ authentication, runtime, instances: fc.integer({ min: 40, max: 1000 }), memory: fc.constantFrom(512, 2048, 4096) }).map((chosen) => ({
    appKind: "FunctionApp",
    plan: { planArmId: planId },
    identity: { systemAssigned: true, userAssigned: [{ armId: first }, { armId: second }] },
    functionAppConfig: {
      deployment: { storage: { blobContainerUri: "https://shop.blob.core.windows.net/Code", authentication: chosen.authentication } },
      runtime: chosen.runtime,
      scaleAndConcurrency: { maximumInstanceCount: chosen.instances, instanceMemoryMB: chosen.memory },
    },
  }));
}

/** Specs of plans, with the SKU in any spelling. */
export const planSpecs: fc.Arbitrary<JsonObject> = fc
  .record({ name: fc.constantFrom("B1", "b1", "S2", "P1v3", "p1V3", "P2mv3", "F1", "EP1", "FC1"), capacity: optional(fc.integer({ min: 1, max: 5 })), isLinux: fc.boolean(), zoneRedundant: flag, tags })
  .map(({ name, capacity, isLinux, ...rest }) => {
    const isShared = /^(?:F1|FC1)$/i.test(name);
    return defined({ sku: { name, ...(isShared ? {} : { capacity }) }, osType: isLinux || name === "FC1" ? "Linux" : "Windows", ...rest });
  });
