import type { IdentityUpdate, UserAssignedIdentitiesGetOptionalParams } from "@azure/arm-msi";
import { ManagedServiceIdentityClient } from "@azure/arm-msi";
import type { PipelineResponse } from "@azure/core-rest-pipeline";
import { armIdParts } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import type { ResourceClient } from "./arm-client.ts";
import type { ArmCall } from "./contract.ts";
import { AzureError } from "./errors.ts";
import type { PipelineOptions } from "./pipeline.ts";
import { adoptPipeline } from "./pipeline.ts";

/** What {@link createMsiClient} needs. */
export interface MsiClientOptions extends PipelineOptions {
  readonly endpoint: string;
  readonly subscriptionId: string;
  readonly apiVersion: string;
}

/**
 * User-assigned identities through @azure/arm-msi. Bodies go in and come out as ARM has them: the answer is taken raw,
 * because the SDK's model drops what it does not know (stack.md 2.6).
 */
export function createMsiClient(options: MsiClientOptions): ResourceClient {
  const sdk = new ManagedServiceIdentityClient(options.credential, options.subscriptionId, {
    endpoint: options.endpoint,
    apiVersion: options.apiVersion,
    httpClient: options.httpClient,
    credentialScopes: [options.scope],
    retryOptions: { maxRetries: 0 },
  });
  adoptPipeline(sdk.pipeline, options);
  return { send: (call) => send(sdk, call) };
}

async function send(sdk: ManagedServiceIdentityClient, call: ArmCall): Promise<PipelineResponse> {
  let answer: PipelineResponse | undefined;
  const options: UserAssignedIdentitiesGetOptionalParams = {
    abortSignal: call.signal,
    onResponse: (raw) => {
      answer = raw;
    },
  };
  try {
    await invoke(sdk, call, options);
  } catch (error) {
    // The SDK throws for every status that is no success; the answer says more than its error.
    if (answer === undefined) throw error;
  }
  if (answer === undefined) throw new TypeError("the SDK returned without an answer");
  return answer;
}

async function invoke(sdk: ManagedServiceIdentityClient, call: ArmCall, options: UserAssignedIdentitiesGetOptionalParams): Promise<void> {
  const { resourceGroup, names } = armIdParts(call.id);
  const [name = ""] = names;
  const identities = sdk.userAssignedIdentities;
  switch (call.method) {
    case "GET":
      await identities.get(resourceGroup, name, options);
      return;
    case "PUT":
      await identities.createOrUpdate(resourceGroup, name, { ...identityOf(call.body ?? {}), location: stringAt(call.body, "location") ?? "" }, options);
      return;
    case "PATCH":
      await identities.update(resourceGroup, name, identityOf(call.body ?? {}), options);
      return;
    case "DELETE":
      await identities.delete(resourceGroup, name, options);
      return;
    case "POST":
      throw new TypeError("actions do not go through @azure/arm-msi");
  }
}

/** The members of a body that the SDK sends. Anything else would vanish without a word, so it is refused. */
function identityOf(body: JsonObject): IdentityUpdate {
  const isolationScope = stringAt(objectAt(body, "properties"), "isolationScope");
  const location = stringAt(body, "location");
  const unsent = [...unknownKeys(body, ["location", "tags", "properties"]), ...unknownKeys(body["properties"], ["isolationScope"])];
  if (unsent.length > 0) {
    const message = `@azure/arm-msi does not send ${unsent.join(", ")} of a user-assigned identity`;
    throw new AzureError({ class: "invalid", code: "UnsupportedProperty", message });
  }
  return {
    ...(location === undefined ? {} : { location }),
    ...(isJsonObject(body["tags"]) ? { tags: tagsOf(body["tags"]) } : {}),
    ...(isolationScope === undefined ? {} : { isolationScope }),
  };
}

function unknownKeys(value: unknown, known: readonly string[]): readonly string[] {
  return isJsonObject(value) ? Object.keys(value).filter((key) => !known.includes(key)) : [];
}

function tagsOf(tags: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : [])));
}
