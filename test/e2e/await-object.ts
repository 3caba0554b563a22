import { setTimeout as delay } from "node:timers/promises";
import { type ControlPlaneConnection, startKubectl } from "../control-plane/access.ts";

/** An object as kubectl prints it. */
export interface LooseObject {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string; readonly finalizers?: readonly string[]; readonly deletionTimestamp?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
    readonly [field: string]: unknown;
  };
}

/** Which object. */
export interface Awaited {
  readonly resource: string;
  readonly name: string;
  readonly namespace: string;
}

const DEADLINE_MS = 20_000;

/** An API server that is away ends the watch; it is asked again so soon. */
const AGAIN_MS = 100;

/**
 * Resolves with the object once it meets the condition, looked at when it is there and after each change, by one `kubectl get
 * --watch`: asking again and again would take the processor from whoever is to bring it about. Rejects after 20 s with what was
 * last seen.
 */
export async function awaitObject(plane: ControlPlaneConnection, awaited: Awaited, isMet: (object: LooseObject) => boolean): Promise<LooseObject> {
  const { resource, name, namespace } = awaited;
  const args = ["get", resource, "-n", namespace, `--field-selector=metadata.name=${name}`, "--watch", "-o", "json"];
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  let last: LooseObject | undefined;
  while (!deadline.aborted) {
    for await (const object of objectsOf(plane, args, deadline)) {
      last = object;
      if (isMet(object)) return object;
    }
    if (!deadline.aborted) await delay(AGAIN_MS);
  }
  const seen = last === undefined ? "nothing" : JSON.stringify({ metadata: last.metadata, status: last.status }, undefined, 1);
  throw new Error(`${resource} ${namespace}/${name} did not come to what was expected; last seen:\n${seen}`);
}

/** The objects that a watching kubectl prints, until it ends or the signal ends it. */
async function* objectsOf(plane: ControlPlaneConnection, args: readonly string[], signal: AbortSignal): AsyncGenerator<LooseObject> {
  const child = startKubectl(plane, args);
  const end = () => child.kill("SIGKILL");
  signal.addEventListener("abort", end);
  child.stdin.end();
  child.stderr.resume();
  let text = "";
  try {
    for await (const chunk of child.stdout.setEncoding("utf8") as AsyncIterable<string>) {
      const documents = (text + chunk).split(/^\}\n/m);
      text = documents.pop() ?? "";
      for (const document of documents) yield JSON.parse(`${document}}`) as LooseObject;
    }
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}
