import { ApiException } from "@kubernetes/client-node";
import { objectAt, stringAt } from "../api/json.ts";
import { failureOf, oneLine } from "./failure.ts";
import type { ApiFailure } from "./failure.ts";
import { NoAnswerError } from "./transport.ts";

/** The answer to a write of an object. */
export type KubeWrite =
  | { readonly is: "written"; readonly resourceVersion: string }
  /** The object is gone, or another one of its name took its place. */
  | { readonly is: "vanished" }
  | { readonly is: "failed"; readonly message: string; readonly afterSeconds?: number };

/** What a call of client-node came to: its result, or why the API server did not do as asked. */
export type Called<T = unknown> =
  | { readonly is: "done"; readonly result: T }
  | { readonly is: "refused"; readonly failure: ApiFailure }
  | { readonly is: "unanswered"; readonly message: string };

/** When to try again after a server that did not answer at all; the shared probe of reflectors finds it back in about as long. */
const UNANSWERED_AFTER_SECONDS = 1;

/** Makes a call of a generated API class and returns what came of it; throws only what is a fault of this program. */
export async function called<T>(call: () => Promise<T>): Promise<Called<T>> {
  try {
    return { is: "done", result: await call() };
  } catch (error) {
    if (error instanceof ApiException) {
      const headers = error.headers as Readonly<Record<string, string>>;
      return { is: "refused", failure: failureOf(error.code, error.body, headers["retry-after"]) };
    }
    if (error instanceof NoAnswerError) return { is: "unanswered", message: oneLine(error.message) };
    throw error;
  }
}

/** The answer to a write that was done: the version that the object has now. */
export function written(result: unknown): KubeWrite {
  return { is: "written", resourceVersion: stringAt(objectAt(result, "metadata"), "resourceVersion") ?? "" };
}

/** Why a call was not done, in one line. */
export function problemOf(cause: Exclude<Called, { is: "done" }>): string {
  return cause.is === "refused" ? cause.failure.message : cause.message;
}

/** The answer to a write that was not done; `what` completes "cannot …". */
export function failed(what: string, cause: Exclude<Called, { is: "done" }>): KubeWrite {
  if (cause.is === "unanswered") {
    return { is: "failed", message: `cannot ${what}: ${cause.message}`, afterSeconds: UNANSWERED_AFTER_SECONDS };
  }
  const { message, afterSeconds } = cause.failure;
  return { is: "failed", message: `cannot ${what}: ${message}`, ...(afterSeconds === undefined ? {} : { afterSeconds }) };
}
