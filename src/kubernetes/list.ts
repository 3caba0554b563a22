import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import type { KubeObject, ResourceType } from "../api/object.ts";
import { endingOf, endingOfError } from "./ending.ts";
import type { Ending } from "./ending.ts";
import { parsedJson } from "./parsed-json.ts";
import { collectionPath, fieldsOf } from "./resource-path.ts";
import type { ApiAnswer, Transport } from "./transport.ts";

/** A complete list, or why there is none. */
export type Listing =
  | { readonly is: "listed"; readonly objects: readonly KubeObject[]; readonly resourceVersion: string }
  | Ending;

/** What to list. */
export interface ListOptions {
  readonly transport: Transport;
  readonly type: ResourceType;
  readonly onlyName?: string;
  readonly form: (raw: unknown) => KubeObject | undefined;
  readonly pageSize: number;
  readonly signal: AbortSignal;
}

interface Page {
  readonly objects: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly next: string | undefined;
}

/**
 * All objects of a resource, page by page. No resourceVersion is asked for, so the list is at least as new as every
 * write that was answered before. When a continue token expires on the way, the list is read once more in one piece.
 */
export async function listAll(options: ListOptions): Promise<Listing> {
  const paged = await readPages(options, options.pageSize);
  return paged.is === "expired" ? readPages(options, 0) : paged;
}

async function readPages(options: ListOptions, limit: number): Promise<Listing> {
  const objects: KubeObject[] = [];
  let next: string | undefined;
  do {
    const page = await readPage(options, limit, next);
    if ("is" in page) return page;
    objects.push(...page.objects);
    next = page.next;
    if (next === undefined) return { is: "listed", objects, resourceVersion: page.resourceVersion };
  } while (!options.signal.aborted);
  return { is: "stopped" };
}

async function readPage(options: ListOptions, limit: number, next: string | undefined): Promise<Page | Ending> {
  const query = new URLSearchParams(fieldsOf(options.onlyName));
  if (limit > 0) query.set("limit", String(limit));
  if (next !== undefined) query.set("continue", next);
  try {
    const answer = await options.transport.request({
      method: "GET",
      path: `${collectionPath(options.type)}?${query.toString()}`,
      headers: { accept: "application/json" },
      signal: options.signal,
    });
    return answer.code === 200 ? pageOf(answer, options.form) : endingOf(answer);
  } catch (error) {
    return endingOfError(error, options.signal);
  }
}

/** A page without a resource version, or with something that is no object, cannot be trusted to be complete. */
function pageOf(answer: ApiAnswer, form: ListOptions["form"]): Page | Ending {
  const body = parsedJson(answer.text);
  const meta = objectAt(body, "metadata");
  const resourceVersion = stringAt(meta, "resourceVersion");
  const items: unknown = isJsonObject(body) ? (body["items"] ?? []) : undefined;
  if (resourceVersion === undefined || !Array.isArray(items)) return { is: "garbled" };
  const objects: KubeObject[] = [];
  for (const item of items) {
    const object = form(item);
    if (object === undefined) return { is: "garbled" };
    objects.push(object);
  }
  return { objects, resourceVersion, next: stringAt(meta, "continue") || undefined };
}
