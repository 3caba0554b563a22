import type { OperationStyle } from "./operations.ts";

/** Operations of a provider below its locations, `…/providers/{namespace}/locations/{location}/{segment}/{operationId}` (arm.md 2.3). */
export function locationOperations(namespace: string, segment: string, more: Partial<OperationStyle> = {}): OperationStyle {
  return {
    path: locationPath(namespace, segment),
    query: (_operationId, apiVersion) => `api-version=${apiVersion}`,
    pollAction: `${namespace}/locations/${segment}/read`,
    runningWords: ["InProgress"],
    ...more,
  };
}

/** The path of such an operation. */
export function locationPath(namespace: string, segment: string): OperationStyle["path"] {
  return ({ subscriptionId, location, operationId }) => `/subscriptions/${subscriptionId}/providers/${namespace}/locations/${location}/${segment}/${operationId}`;
}
