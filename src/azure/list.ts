import type { PipelineResponse } from "@azure/core-rest-pipeline";
import type { ArmId } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import { isJsonObject, stringAt } from "../api/json.ts";
import { bodyOf, unreadable } from "./answers.ts";
import type { ArmClient } from "./arm-client.ts";
import type { AzureFailure, AzureList, AzureListRequest, AzurePage, AzurePageRequest, Clock } from "./contract.ts";
import { absentCode, failureOf } from "./errors.ts";
import { trustedUrl } from "./trusted-url.ts";

const MAX_PAGES = 100;
/** All pages together, in characters; one page can be 8 MiB. */
const MAX_LENGTH = 64 * 1024 * 1024;

/** All pages together; small items take more memory than text. */
const MAX_ITEMS = 100_000;

/** With what a list is asked for. */
export interface ListClient {
  readonly client: ArmClient;
  /** The endpoint of ARM: the only place to which a page may point. */
  readonly endpoint: string;
  readonly clock: Clock;
}

/** Which list is asked for: `<parent>/<collection>`. */
export interface ListQuery {
  readonly parent: ArmId;
  readonly collection: string;
  readonly request: AzureListRequest;
}

/** Which page of a list is asked for; the first one without `request.from`. */
export interface PageQuery extends ListQuery {
  readonly request: AzurePageRequest;
}

/**
 * All items of a list, page by page; an empty page does not end it (arm.md 2.4). Absent when its parent is. A page that
 * cannot be had or trusted fails the whole: half of a list would say that the rest is gone. Throws when there is no answer.
 */
export async function listAll(source: ListClient, query: ListQuery): Promise<AzureList> {
  const items: JsonObject[] = [];
  let length = 0;
  let from: string | undefined;
  for (let pages = 0; pages === 0 || from !== undefined; pages += 1) {
    if (pages === MAX_PAGES || length > MAX_LENGTH) return { is: "failed", failure: TOO_LONG };
    const page = await readPage(source, { ...query, request: from === undefined ? query.request : { ...query.request, from } });
    if (page.is !== "found") return page;
    if (items.length + page.items.length > MAX_ITEMS) return { is: "failed", failure: TOO_LONG };
    for (const item of page.items) items.push(item);
    length += page.length;
    from = page.next;
  }
  return { is: "found", items };
}

/**
 * One page of a list: an empty one with a `next` is not its end (arm.md 2.4). Absent when the parent of the list is. Throws when there
 * is no answer.
 */
export async function listPage(source: ListClient, query: PageQuery): Promise<AzurePage> {
  const page = await readPage(source, query);
  return page.is === "found" ? { is: "found", items: page.items, next: page.next } : page;
}

type SizedPage = (Extract<AzurePage, { is: "found" }> & { readonly length: number }) | Exclude<AzurePage, { is: "found" }>;

async function readPage({ client, clock, endpoint }: ListClient, query: PageQuery): Promise<SizedPage> {
  const { parent, request } = query;
  const answer = await client.request({ method: "GET", url: request.from ?? firstUrl(client, query), signal: request.signal });
  if (answer.status !== 200) return refused(answer, parent, clock);
  const page = pageOf(answer);
  if (page === undefined) return { is: "failed", failure: unreadable(answer.status) };
  const next = page.nextLink === undefined ? undefined : trustedUrl({ endpoint, id: parent }, page.nextLink);
  if (page.nextLink !== undefined && next === undefined) return { is: "failed", failure: UNTRUSTED_PAGE };
  return { is: "found", items: page.items, next, length: answer.bodyAsText?.length ?? 0 };
}

function firstUrl(client: ArmClient, { parent, collection, request }: ListQuery): string {
  const filter = request.filter === undefined ? {} : { $filter: request.filter };
  return client.urlOf(`${parent}/${collection}`, { "api-version": request.apiVersion, ...filter, ...request.query });
}

interface Page {
  readonly items: readonly JsonObject[];
  readonly nextLink: string | undefined;
}

/** A page, or undefined when it is none: an item that cannot be read must not look as if it were missing. */
function pageOf(answer: PipelineResponse): Page | undefined {
  const body = bodyOf(answer);
  const value = body?.["value"];
  if (!Array.isArray(value) || !value.every(isJsonObject)) return undefined;
  return { items: value, nextLink: stringAt(body, "nextLink") || undefined };
}

function refused(answer: PipelineResponse, parent: ArmId, clock: Clock): Exclude<AzureList, { is: "found" }> {
  const code = absentCode(answer, "GET", parent);
  return code === undefined ? { is: "failed", failure: failureOf(answer, clock.now()) } : { is: "absent", code };
}

const TOO_LONG: AzureFailure = {
  class: "invalid",
  code: "ListTooLong",
  message: `Azure's list has more than ${MAX_PAGES} pages, ${MAX_ITEMS} items or ${MAX_LENGTH / 1024 / 1024} MiB; remove what is not needed from it`,
};

const UNTRUSTED_PAGE: AzureFailure = {
  class: "invalid",
  code: "UntrustedNextLink",
  message: "Azure pointed to a page outside of this endpoint and subscription; nothing was sent there",
};
