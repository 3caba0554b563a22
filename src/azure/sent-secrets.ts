import { isJsonObject, type Json, type JsonObject } from "../api/json.ts";
import type { ArmId } from "../api/arm-id.ts";

/** Members that hold a secret wherever they stand: of containers, volumes, registries, accounts and apps. */
const SECRET_MEMBER = /^(secureValue|connectionString|.*(password|secret|token|signature|(?:account|access|shared|workspace|primary|secondary|master|private)Key))$/i;
/** Lists and maps of which every text may be a secret. */
const SECRET_PLACE = /^(appSettings|connectionStrings|secrets?|protectedSettings|siteCredentials)$/i;
/** Child resources whose properties are secrets (arm.md 6). */
const SECRET_CHILD = /\/config\/(appsettings|connectionstrings|azurestorageaccounts|authsettings(?:v2)?)$/i;
/** What stands beside a secret and says which one it is. */
const OPEN_MEMBER = /^(name|type|id|slotSetting|keyVaultUrl|identity)$/i;

/** Shorter ones are words of every message: `1`, `true`, `dev`. */
const MIN_LENGTH = 5;

/**
 * The texts of a body that Azure keeps hidden. An error of Azure can repeat what was sent, so they are taken out of its answer before
 * anything reads it (DESIGN 3, invariant 8).
 */
export function secretsIn(id: ArmId, body: JsonObject | undefined): readonly string[] {
  const found = new Set<string>();
  if (body !== undefined) collect(body, SECRET_CHILD.test(id), found);
  return [...found];
}

function collect(value: Json | undefined, isSecret: boolean, found: Set<string>): void {
  if (typeof value === "string" && isSecret && value.length >= MIN_LENGTH) found.add(value);
  if (Array.isArray(value)) for (const item of value as readonly Json[]) collect(item, isSecret, found);
  if (!isJsonObject(value)) return;
  for (const [key, member] of Object.entries(value)) collect(member, !OPEN_MEMBER.test(key) && (isSecret || SECRET_MEMBER.test(key) || SECRET_PLACE.test(key)), found);
}

/** A text without the secrets, in whatever form it quotes them: as they are, as JSON, as JSON within JSON, in a URL, in base64 and out of it. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap(formsOf).toSorted((a, b) => b.length - a.length);
  return forms.reduce((rest, form) => rest.replaceAll(form, "[redacted]"), text);
}

function formsOf(secret: string): readonly string[] {
  const json = quoted(secret);
  const bytes = Buffer.from(secret, "utf8");
  const decoded = Buffer.from(secret, "base64").toString("utf8");
  const isBase64 = Buffer.from(decoded, "utf8").toString("base64") === secret && decoded.length >= MIN_LENGTH;
  const forms = [secret, json, quoted(json), encodeURIComponent(secret), bytes.toString("base64").replace(/=+$/, ""), bytes.toString("base64url"), ...(isBase64 ? [decoded, quoted(decoded)] : [])];
  return [...new Set(forms)].filter((form) => form.length >= MIN_LENGTH);
}

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
