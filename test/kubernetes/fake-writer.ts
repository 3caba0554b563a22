import { onTestFinished } from "vitest";
import { createKubeWriter } from "../../src/kubernetes/apply.ts";
import { createAuthorization } from "../../src/kubernetes/authorization.ts";
import { configurationFor, createTransport } from "../../src/kubernetes/transport.ts";
import { FakeApiServer } from "./fake-api-server.ts";
import { RecordingLog } from "./recording-log.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** A writer before a fake API server, until the end of the test. */
export async function startWriter() {
  const server = new FakeApiServer();
  await server.start();
  const clock = new VirtualClock();
  const log = new RecordingLog();
  const authorization = createAuthorization(() => Promise.resolve(undefined), clock);
  const transport = createTransport({ server: server.origin, tls: {}, authorization, headers: {} });
  const configuration = configurationFor(server.origin, transport);
  const writer = createKubeWriter({ configuration }, { fieldManager: "op", instance: "pod-1", clock, log });
  onTestFinished(async () => {
    await transport.close();
    await server.stop();
  });
  return { server, clock, log, writer };
}
