import { assert, constantFrom, property, string } from "fast-check";
import { expect, test } from "vitest";
import { parseArmId } from "../../src/api/arm-id.ts";
import type { JsonObject } from "../../src/api/json.ts";
import { secretsIn, withoutSecrets } from "../../src/azure/sent-secrets.ts";

const GROUP = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example/providers";

function idOf(path: string) {
  const parsed = parseArmId(`${GROUP}/${path}`);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.id;
}

const site = idOf("Microsoft.Web/sites/web");
const settings = idOf("Microsoft.Web/sites/web/config/appsettings");
const group = idOf("Microsoft.ContainerInstance/containerGroups/group");

test.each<[string, Parameters<typeof secretsIn>, readonly string[]]>([
  ["app settings of a site", [site, { location: "westus2", properties: { siteConfig: { appSettings: [{ name: "SETTING", value: "hidden" }], ftpsState: "Disabled" } } }], ["hidden"]],
  ["connection strings", [site, { properties: { siteConfig: { connectionStrings: [{ name: "DATABASE", connectionString: "hidden", type: "SQLAzure" }] } } }], ["hidden"]],
  ["the child resource of settings", [settings, { properties: { SETTING: "hidden", OTHER: "as well" } }], ["hidden", "as well"]],
  [
    "what a container gets",
    [group, { properties: { containers: [{ name: "app", properties: { image: "registry.example/app", environmentVariables: [{ name: "OPEN", value: "visible" }, { name: "CLOSED", secureValue: "hidden" }] } }] } }],
    ["hidden"],
  ],
  ["passwords of registries", [group, { properties: { imageRegistryCredentials: [{ server: "registry.example", username: "reader", password: "hidden" }] } }], ["hidden"]],
  ["volumes", [group, { properties: { volumes: [{ name: "files", secret: { "key.pem": "aGlkZGVuIQ==" } }, { name: "share", azureFile: { shareName: "files", storageAccountKey: "hidden" } }] } }], ["aGlkZGVuIQ==", "hidden"]],
  ["secrets of container apps", [idOf("Microsoft.App/containerApps/app"), { properties: { configuration: { secrets: [{ name: "password", value: "hidden" }, { name: "other", keyVaultUrl: "https://vault.example/secrets/x", identity: "system" }] } } }], ["hidden"]],
  ["what is too short to tell from any word", [settings, { properties: { DEBUG: "1", STAGE: "dev" } }], []],
  ["no body", [site, undefined], []],
])("%s are found", (_what, [id, body], want) => expect(secretsIn(id, body)).toEqual(want));

const forms: readonly ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => JSON.stringify({ message: `the value '${secret}' is wrong` }),
  (secret) => JSON.stringify({ error: { message: JSON.stringify({ inner: secret }) } }),
  (secret) => `https://azure.example/?value=${encodeURIComponent(secret)}`,
  (secret) => Buffer.from(secret).toString("base64"),
];

test("whatever form Azure quotes it in, no secret is left", () => {
  assert(
    property(string({ minLength: 8, maxLength: 60 }), constantFrom(...forms), (secret, form) => {
      const text = form(secret);
      const left = withoutSecrets(`before ${text} after`, [secret]);
      expect(left).toContain("[redacted]");
      expect(left).not.toContain(text);
    }),
    { numRuns: 300 },
  );
});

test("nor is the text of a secret that was sent in base64", () => {
  expect(withoutSecrets("cannot read -----BEGIN KEY-----", [Buffer.from("-----BEGIN KEY-----").toString("base64")])).toBe("cannot read [redacted]");
});

test("a longer secret goes before one that is a part of it", () => {
  const body: JsonObject = { properties: { A: "secret", B: "secret-and-more" } };
  expect(withoutSecrets("secret-and-more, secret", secretsIn(settings, body))).toBe("[redacted], [redacted]");
});
