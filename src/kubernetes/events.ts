import { createHash } from "node:crypto";
import { EventsV1Api, PatchStrategy, V1MicroTime, setHeaderOptions } from "@kubernetes/client-node";
import type { EventsV1Event } from "@kubernetes/client-node";
import { GROUP } from "../api/group.ts";
import type { KubeObject } from "../api/object.ts";
import type { Connection } from "./connection.ts";
import type { Clock, Log } from "./ports.ts";
import { called, problemOf } from "./write.ts";
import type { Called } from "./write.ts";

/** An event of events.k8s.io/v1 about an object. */
export interface KubeEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** Records events. */
export interface EventRecorder {
  /** Records an event about an object; a failure is logged and never thrown. */
  record(object: KubeObject, event: KubeEvent): Promise<void>;
}

/** Name of the controller in events. */
export const REPORTING_CONTROLLER = `${GROUP}/operator`;

const MAX_NOTE_LENGTH = 1024;
const MAX_INSTANCE_LENGTH = 128;
const MAX_NAME_LENGTH = 253;

/** A series ends when its event was not repeated for so long; the API server forgets events after an hour. */
const SERIES_MS = 600_000;

/** Repeats within a minute are counted and told together. */
const TELL_EVERY_MS = 60_000;
const MAX_SERIES = 1000;

interface Series {
  readonly namespace: string;
  readonly name: string;
  count: number;
  lastMs: number;
  toldMs: number;
}

/** What a recorder needs to know. */
export interface RecorderOptions {
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A recorder. The first of equal events creates an Event, those that follow within ten minutes become its series
 * (conventions.md 2.3), written at most once a minute. In a namespace that is being deleted no event can be created:
 * that is logged at debug level only.
 */
export function createEventRecorder(connection: Pick<Connection, "configuration">, options: RecorderOptions): EventRecorder {
  const api = new EventsV1Api(connection.configuration);
  const recent = new Map<string, Series>();
  const { clock, log } = options;

  const create = async (object: KubeObject, event: KubeEvent, key: string): Promise<Called> => {
    const body = eventOf(object, event, { instance: options.instance, nowMs: clock.now(), key });
    const { name, namespace } = body.metadata;
    remember(recent, key, { name, namespace, count: 1, lastMs: clock.now(), toldMs: clock.now() });
    const creation = await called(() => api.createNamespacedEvent({ namespace, body }));
    if (creation.is !== "done") recent.delete(key);
    return creation;
  };

  const repeat = (series: Series): Promise<Called> => {
    series.toldMs = clock.now();
    const body = { series: { count: series.count, lastObservedTime: microTime(clock.now()) } };
    return called(() =>
      api.patchNamespacedEvent(
        { name: series.name, namespace: series.namespace, body },
        setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
      ),
    );
  };

  const send = async (object: KubeObject, event: KubeEvent): Promise<Called | undefined> => {
    const key = keyOf(object, event);
    const series = recent.get(key);
    if (series === undefined || clock.now() - series.lastMs >= SERIES_MS) return create(object, event, key);
    series.count += 1;
    series.lastMs = clock.now();
    if (clock.now() - series.toldMs < TELL_EVERY_MS) return undefined;
    const repetition = await repeat(series);
    const isForgotten = repetition.is === "refused" && repetition.failure.code === 404;
    return isForgotten ? create(object, event, key) : repetition;
  };

  return {
    record: async (object, event) => {
      const sent = await send(object, event);
      if (sent === undefined || sent.is === "done") return;
      const { namespace, name } = object.metadata;
      const fields = { kind: object.kind, namespace, name, reason: event.reason, problem: problemOf(sent) };
      if (isTerminating(sent)) log.debug(fields, "An event was not recorded: the namespace is being deleted");
      else log.warn(fields, "An event was not recorded");
    },
  };
}

function isTerminating(sent: Called): boolean {
  if (sent.is !== "refused") return false;
  const { code, causes } = sent.failure;
  return code === 404 || (code === 403 && causes.some((cause) => cause.reason === "NamespaceTerminating"));
}

function keyOf(object: KubeObject, event: KubeEvent): string {
  return JSON.stringify([object.metadata.uid, event.type, event.reason, event.action, event.note]);
}

/** Keeps the newest series only; a map lists its keys in the order of their insertion. */
function remember(recent: Map<string, Series>, key: string, series: Series): void {
  recent.delete(key);
  recent.set(key, series);
  const [oldest] = recent.keys();
  if (recent.size > MAX_SERIES && oldest !== undefined) recent.delete(oldest);
}

type NamedEvent = EventsV1Event & { readonly metadata: { readonly name: string; readonly namespace: string } };

function eventOf(object: KubeObject, event: KubeEvent, at: { instance: string; nowMs: number; key: string }): NamedEvent {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const regarding = { apiVersion: object.apiVersion, kind: object.kind, name, uid, resourceVersion };
  return {
    metadata: { name: eventName(name, at.key, at.nowMs), namespace: namespace || "default" },
    eventTime: microTime(at.nowMs),
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: at.instance.slice(0, MAX_INSTANCE_LENGTH),
    regarding: namespace === "" ? regarding : { ...regarding, namespace },
    type: event.type,
    reason: event.reason,
    action: event.action,
    note: shortened(event.note),
  };
}

/** Unique without randomness: equal events of one instant are one series. */
function eventName(name: string, key: string, nowMs: number): string {
  const suffix = createHash("sha256").update(`${nowMs}/${key}`).digest("hex").slice(0, 16);
  return `${name.slice(0, MAX_NAME_LENGTH - suffix.length - 1).replace(/[.-]+$/, "")}.${suffix}`;
}

/** The API server counts bytes; a character is never cut. */
function shortened(note: string): string {
  if (Buffer.byteLength(note) <= MAX_NOTE_LENGTH) return note;
  let text = note.slice(0, MAX_NOTE_LENGTH);
  while (Buffer.byteLength(text) > MAX_NOTE_LENGTH - 3) text = text.slice(0, -1);
  return `${text.toWellFormed().replace(/\uFFFD$/, "")}…`;
}

function microTime(nowMs: number): V1MicroTime {
  return new V1MicroTime(nowMs);
}
