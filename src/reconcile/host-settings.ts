import { armIdKey, type ArmId, type ArmIdKey } from "../api/arm-id.ts";
import { isJsonObject, type Json, type JsonObject, stringAt } from "../api/json.ts";
import type { HeldSetting } from "../api/shared.ts";
import type { HostRow, SettingRule } from "../kinds/host-row.ts";
import type { NamedSetting } from "../kinds/share.ts";
import { valuesAt } from "./body-paths.ts";
import type { HostIdentity } from "./host-identity.ts";
import type { Wanted } from "./references.ts";

/** A setting that a claim wants to follow an identity, as far as that resolves. */
export interface Follow {
  readonly named: NamedSetting;
  readonly want: Wanted;
}

/** A setting of a host as it stands. Its path names it, also in `status.holds`. */
export interface SettingNow {
  readonly path: string;
  readonly rule: SettingRule;
  readonly server: string | undefined;
  /** What stands there; what the rule says of nobody when nothing does. */
  readonly text: string;
  /** The entry of a registry. */
  readonly entry: JsonObject | undefined;
}

/** The bodies of a host and of its parts that were read. */
export interface HostBodies {
  readonly body: JsonObject;
  readonly parts: ReadonlyMap<string, JsonObject>;
}

/** The path that names a setting: with its part in front, and the registry behind. */
export function settingPath({ part, at }: SettingRule, server: string | undefined): string {
  return `${part === undefined ? "" : `${part}:`}${at}${server === undefined ? "" : `[${server.toLowerCase()}]`}`;
}

/** The settings of a host as its bodies show them; those of a part that was not read are absent. `servers` are looked for beside those listed. */
export function settingsNow(row: HostRow, bodies: HostBodies, servers: readonly string[]): ReadonlyMap<string, SettingNow> {
  const all = (row.settings ?? []).flatMap((rule) => {
    const body = rule.part === undefined ? bodies.body : bodies.parts.get(rule.part);
    if (body === undefined) return [];
    return rule.form === "registry" ? registriesNow(rule, body, servers) : [settingNow(rule, body)];
  });
  return new Map(all.map((setting) => [setting.path, setting]));
}

/** The registry that the path of a held setting names. */
export function serverOf({ path }: HeldSetting): string | undefined {
  return /\[([^\]]+)\]$/.exec(path)?.[1];
}

/** What a setting says when it names an identity; undefined while the host does not show what is needed for it. */
export function settingValue({ form, prefix = "" }: SettingRule, id: ArmId, identity: HostIdentity): string | undefined {
  const attached = identity.attached.get(armIdKey(id));
  if (attached === undefined) return undefined;
  switch (form) {
    case "armId":
    case "registry":
      return `${prefix}${id}`;
    case "clientId":
      return attached.clientId;
    case "flag":
      return "true";
  }
}

/** Whether two texts of a setting mean the same: ids and client ids compare without case (arm.md 2.2). */
export function isSameText(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** What is remembered of what stood there: a registry's whole entry, since it may have named a password. */
export function rememberedText({ rule, text, entry }: SettingNow): string | undefined {
  if (rule.form === "registry") return entry === undefined ? undefined : JSON.stringify(entry);
  return isSameText(text, rule.nobody) ? undefined : text;
}

/** Keys of the identities that a claim's settings name, as far as they resolve. */
export function followedKey({ want }: Follow): ArmIdKey | undefined {
  return want.is === "resolved" ? armIdKey(want.id) : undefined;
}

function settingNow(rule: SettingRule, body: JsonObject): SettingNow {
  const [found] = valuesAt(body, rule.at);
  return { path: settingPath(rule, undefined), rule, server: undefined, text: textOf(found?.value) ?? rule.nobody, entry: undefined };
}

function textOf(value: Json | undefined): string | undefined {
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function registriesNow(rule: SettingRule, body: JsonObject, servers: readonly string[]): readonly SettingNow[] {
  const entries = valuesAt(body, `${rule.at}[]`).flatMap(({ value }) => (isJsonObject(value) ? [value] : []));
  const listed = entries.map((entry) => registryNow(rule, stringAt(entry, "server") ?? "", entry));
  const paths = new Set(listed.map(({ path }) => path));
  return [...listed, ...servers.map((server) => registryNow(rule, server, undefined)).filter(({ path }) => !paths.has(path))];
}

function registryNow(rule: SettingRule, server: string, entry: JsonObject | undefined): SettingNow {
  return { path: settingPath(rule, server), rule, server, text: stringAt(entry, "identity") ?? rule.nobody, entry };
}
