import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import type { JsonObject } from "../api/json.ts";
import type { Connection } from "./connection.ts";
import { failureOf, oneLine } from "./failure.ts";
import { parsedJson } from "./parsed-json.ts";
import type { ApiAnswer } from "./transport.ts";
import { NoAnswerError } from "./transport.ts";

/** Who holds a Lease; an empty holder is nobody. Times are those of the holder's clock and only shown to people. */
export interface LeaseRecord {
  readonly holder: string;
  /** How long others wait, from when they last saw it change. */
  readonly durationSeconds: number;
  readonly acquireTimeMs: number;
  readonly renewTimeMs: number;
  /** How often it went from one holder to another. */
  readonly transitions: number;
}

/** A Lease as the API server has it. */
export interface StoredLease {
  readonly record: LeaseRecord;
  readonly resourceVersion: string;
  /** The whole object: labels and annotations of others stay when the record is replaced. */
  readonly object: JsonObject;
}

/** What the API server answered about a Lease. */
export type LeaseAnswer =
  | { readonly is: "stored"; readonly lease: StoredLease }
  | { readonly is: "absent" }
  /** Somebody else wrote it meanwhile. */
  | { readonly is: "conflict" }
  | { readonly is: "refused"; readonly message: string }
  | { readonly is: "unanswered"; readonly message: string };

/** One Lease. No call rejects; a write succeeds only when nobody wrote since the version that was read. */
export interface LeaseStore {
  /** `<namespace>/<name>`, for messages. */
  readonly title: string;
  read(signal: AbortSignal): Promise<LeaseAnswer>;
  create(record: LeaseRecord, signal: AbortSignal): Promise<LeaseAnswer>;
  replace(lease: StoredLease, record: LeaseRecord, signal: AbortSignal): Promise<LeaseAnswer>;
}

const API_VERSION = "coordination.k8s.io/v1";

/** The Lease of that name on the API server. */
export function leaseStore({ transport }: Pick<Connection, "transport">, { namespace, name }: { readonly namespace: string; readonly name: string }): LeaseStore {
  const leases = `/apis/${API_VERSION}/namespaces/${encodeURIComponent(namespace)}/leases`;
  const path = `${leases}/${encodeURIComponent(name)}`;
  const headers = { "content-type": "application/json" };
  const answered = async (request: () => Promise<ApiAnswer>): Promise<LeaseAnswer> => {
    try {
      return answerOf(await request());
    } catch (error) {
      return { is: "unanswered", message: error instanceof NoAnswerError ? oneLine(error.message) : "the API server did not answer in time" };
    }
  };
  return {
    title: `${namespace}/${name}`,
    read: (signal) => answered(() => transport.request({ method: "GET", path, signal })),
    create: (record, signal) => {
      const body = { apiVersion: API_VERSION, kind: "Lease", metadata: { namespace, name }, spec: specOf(record) };
      return answered(() => transport.request({ method: "POST", path: leases, headers, body: JSON.stringify(body), signal }));
    },
    replace: ({ object }, record, signal) => {
      const body = { ...object, spec: { ...objectAt(object, "spec"), ...specOf(record) } };
      return answered(() => transport.request({ method: "PUT", path, headers, body: JSON.stringify(body), signal }));
    },
  };
}

function answerOf({ code, text, headers }: ApiAnswer): LeaseAnswer {
  if (code === 200 || code === 201) {
    const lease = storedLease(parsedJson(text));
    return lease === undefined ? { is: "refused", message: "the API server answered with something that is no Lease" } : { is: "stored", lease };
  }
  if (code === 404) return { is: "absent" };
  if (code === 409) return { is: "conflict" };
  return { is: "refused", message: failureOf(code, text, headers["retry-after"]).message };
}

/** A Lease without a holder, which somebody made by hand, is held by nobody. */
function storedLease(object: unknown): StoredLease | undefined {
  const resourceVersion = stringAt(objectAt(object, "metadata"), "resourceVersion");
  if (!isJsonObject(object) || resourceVersion === undefined) return undefined;
  const spec = objectAt(object, "spec");
  const record = {
    holder: stringAt(spec, "holderIdentity") ?? "",
    durationSeconds: Number(spec?.["leaseDurationSeconds"] ?? 0),
    acquireTimeMs: timeAt(spec, "acquireTime"),
    renewTimeMs: timeAt(spec, "renewTime"),
    transitions: Number(spec?.["leaseTransitions"] ?? 0),
  };
  return { record, resourceVersion, object };
}

function timeAt(spec: JsonObject | undefined, key: string): number {
  return Date.parse(stringAt(spec, key) ?? "") || 0;
}

/** A MicroTime has six digits behind the second. */
function specOf(record: LeaseRecord): JsonObject {
  const microTime = (ms: number) => new Date(ms).toISOString().replace("Z", "000Z");
  return {
    holderIdentity: record.holder,
    leaseDurationSeconds: record.durationSeconds,
    acquireTime: microTime(record.acquireTimeMs),
    renewTime: microTime(record.renewTimeMs),
    leaseTransitions: record.transitions,
  };
}
