import type { HostClaim, HostFacts } from "./host-facts.ts";
import { isSameText } from "./host-settings.ts";
import type { UnitMemory } from "./memory.ts";
import { noteReversal, noteWrite } from "./write-memory.ts";

/**
 * Notes what became of our writes to settings, now that they are seen: whether the last one had an effect, and whether others undid
 * one before. Returns whether anything was noted against writing on.
 */
export function noteSettings(memory: UnitMemory, { settings }: HostFacts, nowMs: number): boolean {
  const { aims, appliedSettings } = memory;
  const differs = ([path, value]: readonly [string, string]) => settings.has(path) && !isSameText(settings.get(path)?.text ?? "", value);
  const seen = [...aims].filter(([path]) => settings.has(path));
  const isFutile = seen.some(differs);
  const isUndone = [...appliedSettings].some(differs);
  if (seen.length > 0) noteWrite(memory, isFutile ? "ineffective" : "effective", nowMs);
  if (isUndone) noteReversal(memory, nowMs);
  for (const [path] of seen) aims.delete(path);
  for (const entry of appliedSettings) if (differs(entry)) appliedSettings.delete(entry[0]);
  return isFutile || isUndone;
}

/** Remembers what claims hold of settings and the host shows: whoever changes that undoes us. */
export function rememberSettings(memory: UnitMemory, { settings }: HostFacts, claims: readonly HostClaim[]): void {
  memory.appliedSettings.clear();
  for (const { path, value, isReset } of claims.flatMap(({ claim }) => claim.holds?.settings ?? [])) {
    if (isReset !== true && isSameText(settings.get(path)?.text ?? "", value)) memory.appliedSettings.set(path, value);
  }
}
