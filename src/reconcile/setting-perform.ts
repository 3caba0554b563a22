import { isJsonObject, type Json, type JsonObject, stringAt } from "../api/json.ts";
import type { ObjectKey } from "../api/object.ts";
import { valuesAt, withValue } from "./body-paths.ts";
import type { SettingChange } from "./host-facts.ts";
import { type HostPerformed, type HostWrite, storeRecords } from "./host-perform.ts";
import { isSameText } from "./host-settings.ts";
import { partId } from "./host-parts.ts";
import { hostTitle } from "./host-title.ts";
import type { Done } from "./outcome.ts";
import { type Pass, requestOf } from "./pass.ts";

/** What became of a write of settings; `entries` are the claims with what is stored for them now. */
export type SettingsPerformed =
  | Extract<HostPerformed, { is: "running" | "failed" }>
  | (Extract<HostPerformed, { is: "written" }> & { readonly done: ReadonlyMap<ObjectKey, Done> });

/**
 * Writes settings, those of one part of the host at a time, by a PATCH that names nothing else. Stores before what is about to be
 * held. Whether it had an effect shows when the host is looked at next.
 */
export async function performSettings(pass: Pass, write: Omit<HostWrite, "change" | "etag">, changes: readonly SettingChange[]): Promise<SettingsPerformed> {
  const entries = await storeRecords(pass, write);
  const part = changes[0]?.now.rule.part;
  const together = changes.filter(({ now }) => now.rule.part === part);
  const body = together.reduce<JsonObject>((made, change) => patched(made, change, write.body), {});
  const target = part === undefined ? pass.target : partId(pass.target, part);
  const request = requestOf(pass, write.facts.row.apiVersion);
  const answer = await pass.world.azure.patch(target, body, request);
  for (const change of together) {
    pass.memory.aims.set(change.now.path, aimOf(change));
    pass.memory.appliedSettings.delete(change.now.path);
  }
  const done = settingsDone(pass, together);
  switch (answer.is) {
    case "failed":
      pass.memory.aims.clear();
      return { ...answer, entries };
    case "running":
      pass.memory.running = { operation: answer.operation, what: { is: "settings", done } };
      return { is: "running", entries, afterSeconds: answer.afterSeconds };
    case "absent":
    case "done":
      return { is: "written", entries, done, read: await pass.world.azure.read(pass.target, request) };
  }
}

/** What is said of the write to each object on whose behalf it was. */
function settingsDone({ target }: Pass, changes: readonly SettingChange[]): ReadonlyMap<ObjectKey, Done> {
  const keys = new Set(changes.flatMap(({ claims }) => claims.map(({ claim }) => claim.key)));
  return new Map(
    [...keys].map((key) => {
      const paths = changes.filter(({ claims }) => claims.some(({ claim }) => claim.key === key)).map(({ now }) => now.path);
      return [key, { reason: "Updated", action: "Update", note: `Set ${paths.join(", ")} of ${hostTitle(target)}` }];
    }),
  );
}

/** The body with one more setting in it; of registries the whole list, since a PATCH replaces lists. */
function patched(made: JsonObject, { now, to, isEntry }: SettingChange, host: JsonObject): JsonObject {
  const { rule, server = "" } = now;
  if (rule.form === "flag") return withValue(made, rule.at, to === "true");
  if (rule.form !== "registry") return withValue(made, rule.at, to);
  const [planned] = valuesAt(made, rule.at);
  const listed = valuesAt(planned === undefined ? host : made, `${rule.at}[]`).map(({ value }) => value);
  const others = listed.filter((entry) => !isSameText(stringAt(entry, "server") ?? "", server));
  return withValue(made, rule.at, [...others, ...entryOf(now.entry, { server, to, isEntry })]);
}

/** An identity takes the place of a user and a password. */
function entryOf(entry: JsonObject | undefined, { server, to, isEntry }: { readonly server: string; readonly to: string; readonly isEntry: boolean }): readonly Json[] {
  if (isEntry) return to === "" ? [] : [parsedEntry(to)];
  const { username: _username, passwordSecretRef: _password, ...rest } = entry ?? { server };
  return [{ ...rest, identity: to }];
}

function parsedEntry(text: string): JsonObject {
  const parsed: unknown = JSON.parse(text);
  return isJsonObject(parsed) ? parsed : {};
}

/** What the setting is to show then. */
function aimOf({ to, isEntry }: SettingChange): string {
  return isEntry && to !== "" ? (stringAt(parsedEntry(to), "identity") ?? "") : to;
}
