import type { PipelineResponse } from "@azure/core-rest-pipeline";
import type { ArmId } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import { isJsonObject, stringAt } from "../api/json.ts";
import { bodyOf, unreadable } from "./answers.ts";
import type { ArmClient } from "./arm-client.ts";
import type { AzureFailure, AzureList, AzureListRequest, Clock } from "./contract.ts";
import { absentCode, failureOf } from "./errors.ts";
import { trustedUrl } from "./trusted-url.ts";

const MAX_PAGES = 100;
/** All pages together, in characters; one page can be 8 MiB. */
const MAX_LENGTH = 64 * 1024 * 1024;

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

/**
 * All items of a list, page by page; an empty page does not end it (arm.md 2.4). Absent when its parent is. A page that
 * cannot be had or trusted fails the whole: half of a list would say that the rest is gone. Throws when there is no answer.
 */
export async function listAll(source: ListClient, query: ListQuery): Promise<AzureList> {
  const items: JsonObject[] = [];
  let length = 0;
  let url: string | undefined = firstUrl(source.client, query);
  for (let pages = 0; url !== undefined; pages += 1) {
    if (pages === MAX_PAGES || length > MAX_LENGTH) return { is: "failed", failure: TOO_LONG };
    const answer: PipelineResponse = await source.client.request({ method: "GET", url, signal: query.request.signal });
    if (answer.status !== 200) return refused(answer, query.parent, source.clock);
    const page = pageOf(answer);
    if (page === undefined) return { is: "failed", failure: unreadable(answer.status) };
    items.push(...page.items);
    length += answer.bodyAsText?.length ?? 0;
    url = page.nextLink === undefined ? undefined : trustedUrl({ endpoint: source.endpoint, id: query.parent }, page.nextLink);
    if (page.nextLink !== undefined && url === undefined) return { is: "failed", failure: UNTRUSTED_PAGE };
  }
  return { is: "found", items };
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

function refused(answer: PipelineResponse, parent: ArmId, clock: Clock): AzureList {
  const code = absentCode(answer, "GET", parent);
  return code === undefined ? { is: "failed", failure: failureOf(answer, clock.now()) } : { is: "absent", code };
}

const TOO_LONG: AzureFailure = {
  class: "invalid",
  code: "ListTooLong",
  message: `Azure's list has more than ${MAX_PAGES} pages or ${MAX_LENGTH / 1024 / 1024} MiB; remove what is not needed from it`,
};

const UNTRUSTED_PAGE: AzureFailure = {
  class: "invalid",
  code: "UntrustedNextLink",
  message: "Azure pointed to a page outside of this endpoint and subscription; nothing was sent there",
};
