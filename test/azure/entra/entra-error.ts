import { randomUUID } from "node:crypto";
import { Refusal } from "../kernel/errors.ts";

/** The OAuth error that goes with an AADSTS number, and its status. */
const kinds = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_scope: 400,
  invalid_resource: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
} as const;

/** What Entra calls an error in its `error` member. */
export type EntraErrorKind = keyof typeof kinds;

/** An error of the token endpoint: an AADSTS number in the description and in `error_codes` (arm.md 17.21). */
export function entraError(kind: EntraErrorKind, number: number, message: string, nowMs: number): Refusal {
  const trace = randomUUID();
  const correlation = randomUUID();
  const timestamp = `${new Date(nowMs).toISOString().slice(0, 19).replace("T", " ")}Z`;
  const description = `AADSTS${number}: ${message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`;
  const body = {
    error: kind,
    error_description: description,
    error_codes: [number],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
  };
  return new Refusal({ status: kinds[kind], body }, description);
}
