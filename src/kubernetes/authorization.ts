import type { Clock } from "./ports.ts";

/** How long a token that was read is used, as client-go does; kubelet rotates the file long before a token ends. */
const FRESH_MS = 60_000;

/** The `Authorization` header of requests to the API server. */
export interface Authorization {
  /** The header's value, or undefined where a client certificate is enough. Throws when it cannot be read at all. */
  value(): Promise<string | undefined>;
  /** The value to use after a 401 for `refused`: read again unless somebody else did so meanwhile. */
  renewed(refused: string | undefined): Promise<string | undefined>;
}

/**
 * An authorization that asks `read` at most once a minute and after a 401. Callers that come at the same time share
 * one reading. When a later reading fails, the last value stays in use: its refusal by the server says more.
 */
export function createAuthorization(read: () => Promise<string | undefined>, clock: Clock): Authorization {
  let last: { readonly value: string | undefined; readonly readAtMs: number } | undefined;
  let reading: Promise<string | undefined> | undefined;

  const readAgain = async (): Promise<string | undefined> => {
    try {
      last = { value: await read(), readAtMs: clock.now() };
    } catch (error) {
      if (last === undefined) throw error;
      last = { value: last.value, readAtMs: clock.now() };
    }
    return last.value;
  };

  const share = (): Promise<string | undefined> => {
    reading ??= readAgain().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  return {
    value: async () => (last !== undefined && clock.now() - last.readAtMs < FRESH_MS ? last.value : share()),
    renewed: async (refused) => (last !== undefined && last.value !== refused ? last.value : share()),
  };
}
