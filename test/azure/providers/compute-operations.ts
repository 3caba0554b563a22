import { locationOperations } from "../kernel/operation-styles.ts";

export const COMPUTE_API_VERSIONS: readonly string[] = [
  "2021-03-01", "2021-07-01", "2021-11-01", "2022-03-01", "2022-08-01", "2022-11-01", "2023-03-01", "2023-07-01",
  "2023-09-01", "2024-03-01", "2024-07-01", "2024-11-01", "2025-04-01", "2026-04-01",
];

/** Compute's operations (arm.md 7): RA 10 at first, then 30 to 61. */
export const computeOperations = locationOperations("Microsoft.Compute", "operations", {
  query: (operationId, apiVersion) => `p=${operationId}&api-version=${apiVersion}`,
  firstRetryAfterSeconds: 10,
  pollRetryAfterSeconds: 30,
});
