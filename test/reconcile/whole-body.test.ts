import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import type { HostFacts } from "../../src/reconcile/host-facts.ts";
import { hostIdentityOf, identityBlock, type IdentityChange } from "../../src/reconcile/host-identity.ts";
import type { AzureRead } from "../../src/reconcile/ports.ts";
import { type Whole, wholeBody } from "../../src/reconcile/whole-body.ts";
import { claim, factsOf, idOf, keyOfName, rowOf } from "./hosts.ts";
import { readingPass } from "./passes.ts";

const APP = "Microsoft.App/containerApps";
const FABRIC = "Microsoft.ServiceFabric/clusters/applications";

interface Given {
  readonly type: string;
  readonly body: JsonObject;
  readonly attach?: readonly string[];
  readonly detach?: readonly string[];
  readonly secrets?: AzureRead;
}

async function whole({ type, body, attach = [], detach = [], secrets }: Given): Promise<Whole> {
  const identity = hostIdentityOf(body);
  const facts: HostFacts = factsOf([claim("a", { ids: attach })], [], { row: rowOf(type), identity });
  const change: IdentityChange = { attach: attach.map(idOf), detach: detach.map(keyOfName), systemAssigned: identity.systemAssigned !== undefined };
  const identities = new Map(attach.map((name) => [keyOfName(name), { is: "found", body: { properties: { principalId: `p-${name}` } } }] as const));
  const { pass } = readingPass(identities);
  const azure = { ...pass.world.azure, readAction: () => Promise.resolve(secrets ?? ({ is: "absent", code: "NotFound" } as const)) };
  return wholeBody({ ...pass, world: { ...pass.world, azure } }, { facts, change, body }, identityBlock(facts.row, "put", change, identity));
}

const attached = (...names: readonly string[]): JsonObject => ({ type: "UserAssigned", userAssignedIdentities: Object.fromEntries(names.map((name) => [idOf(name), { principalId: `p-${name}`, clientId: `c-${name}` }])) });

describe("a write of the whole", () => {
  const body: JsonObject = { location: "westeurope", properties: { configuration: { secrets: [{ name: "a" }, { name: "kv", keyVaultUrl: "u", identity: "i" }], ingress: { external: true } }, template: {} } };

  test("carries the values that listSecrets shows, and everything else as it was", async () => {
    const secrets: AzureRead = { is: "found", body: { value: [{ name: "a", value: "hidden" }, { name: "kv", value: "fetched" }] } };
    expect(await whole({ type: APP, body, attach: ["x"], secrets })).toEqual({
      is: "ready",
      body: {
        location: "westeurope",
        identity: { type: "UserAssigned", userAssignedIdentities: { [idOf("x")]: {} } },
        properties: { configuration: { secrets: [{ name: "a", value: "hidden" }, { name: "kv", keyVaultUrl: "u", identity: "i" }], ingress: { external: true } }, template: {} },
      },
    });
  });

  test("is not made when a value stays hidden", async () => {
    expect(await whole({ type: APP, body, secrets: { is: "found", body: { value: [{ name: "other", value: "v" }] } } })).toEqual({ is: "lossy", paths: ["properties.configuration.secrets[0].value"] });
  });

  test("is not made when the values may not be read", async () => {
    const failure = { class: "forbidden", code: "AuthorizationFailed", message: "m" } as const;
    expect(await whole({ type: APP, body, secrets: { is: "failed", failure } })).toEqual({ is: "failed", failure });
  });

  test("does not ask for secrets where none are hidden", async () => {
    expect(await whole({ type: APP, body: { properties: { configuration: {} } }, secrets: { is: "failed", failure: { class: "forbidden", code: "c", message: "m" } } })).toMatchObject({ is: "ready" });
  });
});

describe("the second place of the identities of an application", () => {
  const listed = async (given: Omit<Given, "type">) => {
    const made = await whole({ type: FABRIC, ...given });
    return made.is === "ready" ? made.body["properties"] : made;
  };

  test("names what is attached by its principal", async () => {
    expect(await listed({ body: { properties: { typeName: "t" } }, attach: ["x"] })).toEqual({ typeName: "t", managedIdentities: [{ name: "x", principalId: "p-x" }] });
  });

  test("keeps the names of those that stay, and what it does not know", async () => {
    const managedIdentities = [{ name: "friendly", principalId: "p-f" }, { name: "odd" }];
    expect(await listed({ body: { identity: attached("f"), properties: { managedIdentities } }, attach: ["x"] })).toEqual({ managedIdentities: [...managedIdentities, { name: "x", principalId: "p-x" }] });
  });

  test("loses what is detached, whatever its name", async () => {
    const managedIdentities = [{ name: "friendly", principalId: "p-x" }, { name: "f", principalId: "p-f" }];
    expect(await listed({ body: { identity: attached("f", "x"), properties: { managedIdentities } }, detach: ["x"] })).toEqual({ managedIdentities: [{ name: "f", principalId: "p-f" }] });
  });

  test("has what is listed already once", async () => {
    const managedIdentities = [{ name: "friendly", principalId: "p-x" }];
    expect(await listed({ body: { properties: { managedIdentities } }, attach: ["x"] })).toEqual({ managedIdentities });
  });
});
