import type { Principal } from "../kernel/principals.ts";
import type { World } from "../kernel/world.ts";

/** Says whether those who grant know a principal already: a new one takes its time to reach them (arm.md 11, 13). */
export function isReplicated({ clock, settings }: Pick<World, "clock" | "settings">, principal: Principal): boolean {
  return principal.createdAtMs + settings.principalReplicationSeconds * 1000 <= clock.now();
}
