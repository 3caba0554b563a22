import { onTestFinished } from "vitest";
import { createAuthorization } from "../../src/kubernetes/authorization.ts";
import { ServerProbe } from "../../src/kubernetes/probe.ts";
import { Reflector } from "../../src/kubernetes/reflector.ts";
import type { ReflectorProblem } from "../../src/kubernetes/reflector.ts";
import type { ObjectEvent } from "../../src/kubernetes/store.ts";
import { createTransport } from "../../src/kubernetes/transport.ts";
import type { RequestObservation } from "../../src/kubernetes/transport.ts";
import { FakeApiServer } from "./fake-api-server.ts";
import { GADGETS } from "./gadgets.ts";
import { RecordingLog } from "./recording-log.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What a test of a reflector can set. */
export interface ReflectionOptions {
  readonly random?: () => number;
  readonly pageSize?: number;
  readonly onEvent?: (event: ObjectEvent) => void;
  /** Reflectors on one connection. */
  readonly reflectors?: number;
}

/** A reflector before a fake API server, with a clock that stands still. */
export interface Reflection {
  readonly server: FakeApiServer;
  readonly clock: VirtualClock;
  readonly log: RecordingLog;
  readonly reflector: Reflector;
  /** One line for each event: `+name@version`, `~name@version`, `-name@version`. */
  readonly told: string[];
  readonly problems: ReflectorProblem[];
  readonly requests: RequestObservation[];
  readonly stopping: AbortController;
  readonly running: Promise<unknown>;
}

/** Starts it all; it is stopped at the end of the test. */
export async function startReflection(options: ReflectionOptions = {}): Promise<Reflection> {
  const server = new FakeApiServer();
  await server.start();
  const clock = new VirtualClock();
  const log = new RecordingLog();
  const random = options.random ?? (() => 0.5);
  const told: string[] = [];
  const problems: ReflectorProblem[] = [];
  const requests: RequestObservation[] = [];
  const transport = createTransport({
    server: server.origin,
    tls: {},
    authorization: createAuthorization(() => Promise.resolve(undefined), clock),
    headers: {},
    onRequest: (observation) => requests.push(observation),
  });
  const connection = { transport, probe: new ServerProbe({ transport, clock, random, log }) };
  const create = (): Reflector =>
    new Reflector({
      connection,
      type: GADGETS,
      clock,
      random,
      log,
      onEvent: (event) => {
        told.push(lineOf(event));
        options.onEvent?.(event);
      },
      onProblem: (problem) => problems.push(problem),
      ...(options.pageSize === undefined ? {} : { pageSize: options.pageSize }),
    });
  const reflectors = Array.from({ length: options.reflectors ?? 1 }, create);
  const [reflector = create()] = reflectors;
  const stopping = new AbortController();
  const running = Promise.all(reflectors.map((one) => one.run(stopping.signal)));
  onTestFinished(async () => {
    stopping.abort();
    await running;
    await transport.close();
    await server.stop();
  });
  return { server, clock, log, reflector, told, problems, requests, stopping, running };
}

/** An event on one line. */
export function lineOf({ previous, next }: ObjectEvent): string {
  if (next === undefined) return `-${previous.metadata.name}@${previous.metadata.resourceVersion}`;
  return `${previous === undefined ? "+" : "~"}${next.metadata.name}@${next.metadata.resourceVersion}`;
}
