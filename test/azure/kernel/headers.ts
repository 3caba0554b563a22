import { randomUUID } from "node:crypto";

/** The headers that ARM and Entra have on every answer. */
export function baseHeaders(requestId: string = randomUUID()): Readonly<Record<string, string>> {
  return {
    "cache-control": "no-cache",
    pragma: "no-cache",
    expires: "-1",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-ms-request-id": requestId,
  };
}

/** The headers of every ARM answer, with the client's own ids as far as it asks for them (arm.md 2.1). */
export function armHeaders(sent: Readonly<Record<string, string>>, nowMs: number): Readonly<Record<string, string>> {
  const requestId = randomUUID();
  const stamp = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const clientId = sent["x-ms-client-request-id"];
  const asked = sent["x-ms-return-client-request-id"]?.toLowerCase() === "true";
  return {
    ...baseHeaders(requestId),
    "x-cache": "CONFIG_NOCACHE",
    "x-msedge-ref": `Ref A: ${requestId.replaceAll("-", "").toUpperCase()} Ref B: SIM01 Ref C: ${stamp}`,
    "x-ms-correlation-request-id": sent["x-ms-correlation-request-id"] ?? requestId,
    "x-ms-routing-request-id": `SIMULATOR:${stamp}:${requestId}`,
    ...(asked && clientId !== undefined ? { "x-ms-client-request-id": clientId } : {}),
  };
}
