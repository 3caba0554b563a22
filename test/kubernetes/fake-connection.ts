import { onTestFinished } from "vitest";
import { createKubeWriter } from "../../src/kubernetes/apply.ts";
import { createAuthorization } from "../../src/kubernetes/authorization.ts";
import { systemClock } from "../../src/kubernetes/clock.ts";
import { configurationFor, createTransport } from "../../src/kubernetes/transport.ts";
import { FakeApiServer } from "./fake-api-server.ts";
import { RecordingLog } from "./recording-log.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** A fake API server and a way to it, until the end of the test. */
export async function startConnection() {
  const server = new FakeApiServer();
  await server.start();
  const authorization = createAuthorization(() => Promise.resolve(undefined), systemClock);
  const transport = createTransport({ server: server.origin, tls: {}, authorization, headers: {} });
  onTestFinished(async () => {
    await transport.close();
    await server.stop();
  });
  return { server, connection: { server: server.origin, transport, configuration: configurationFor(server.origin, transport) } };
}

/** A writer before a fake API server, until the end of the test. */
export async function startWriter() {
  const { server, connection } = await startConnection();
  const clock = new VirtualClock();
  const log = new RecordingLog();
  const writer = createKubeWriter(connection, { fieldManager: "op", instance: "pod-1", clock, log });
  return { server, clock, log, writer };
}
