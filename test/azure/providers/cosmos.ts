import { randomUUID } from "node:crypto";
import { keyOf, nameOf, textOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import { Refusal } from "../kernel/errors.ts";
import { locationPath } from "../kernel/operation-styles.ts";
import type { OperationStyle } from "../kernel/operations.ts";
import type { World } from "../kernel/world.ts";

export const ACCOUNT_TYPE = "Microsoft.DocumentDB/databaseAccounts";

export const COSMOS_API_VERSIONS: readonly string[] = [
  "2021-10-15",
  "2022-05-15",
  "2023-04-15",
  "2023-11-15",
  "2024-05-15",
  "2024-08-15",
  "2024-11-15",
  "2025-04-15",
  "2025-10-15",
  "2026-03-15",
];

/** Cosmos DB's flat error (arm.md 2.1): the message has a line of its own with an activity id, another one each time. */
export function cosmosError(status: number, code: string, message: string): Refusal {
  const line = `ActivityId: ${randomUUID()}, Microsoft.Azure.Documents.Common/2.14.0`;
  return new Refusal({ status, body: { code, message: `${message}\r\n${line}` } }, message);
}

/** How operations on an account, or on something in it, are followed: the status has its word and nothing else (arm.md 11). */
export function cosmosStyle(resource: (place: Parameters<OperationStyle["path"]>[0]) => string): OperationStyle {
  return {
    path: locationPath("Microsoft.DocumentDB", "operationsStatus"),
    resultPath: (place) => `${resource(place)}/operationResults/${place.operationId}`,
    query: (_operationId, apiVersion) => `api-version=${apiVersion}`,
    pollAction: "Microsoft.DocumentDB/locations/operationsStatus/read",
    runningWords: ["Enqueued", "Dequeued"],
    statusOnly: true,
  };
}

/** The style of an operation on one resource. */
export function cosmosStyleOf(id: ResourceId): OperationStyle {
  return cosmosStyle(() => textOf(id));
}

/** One operation at a time on an account and all that is in it; a second write is 412 (arm.md 11). */
export function checkUnlocked(world: World, account: ResourceId): void {
  if (!world.operations.isRunningWithin(keyOf(account))) return;
  const message = `There is already an operation in progress which requires exclusive lock on this service ${nameOf(account)}. Please retry the operation after sometime.`;
  throw cosmosError(412, "PreconditionFailed", message);
}
