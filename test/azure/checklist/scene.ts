import type { AzureOptions, JsonObject, Switches } from "../azure.ts";
import { objectAt, textAt } from "../kernel/json.ts";
import { codeOf, startBench } from "../raw-client.ts";
import type { Bench, RawAnswer } from "../raw-client.ts";

/** An api-version of each namespace that has what the checklist asks for (arm.md 2.8). */
const versions: Readonly<Record<string, string>> = {
  "Microsoft.ManagedIdentity": "2023-01-31",
  "Microsoft.Web": "2023-12-01",
  "Microsoft.Compute": "2024-07-01",
  "Microsoft.ContainerInstance": "2023-05-01",
  "Microsoft.ContainerService": "2025-08-01",
  "Microsoft.App": "2025-01-01",
  "Microsoft.AppPlatform": "2023-12-01",
  "Microsoft.DocumentDB": "2024-08-15",
  "Microsoft.Storage": "2023-05-01",
  "Microsoft.ApiManagement": "2024-05-01",
  "Microsoft.Sql": "2023-08-01",
  "Microsoft.EventHub": "2024-01-01",
  "Microsoft.ServiceFabric": "2024-04-01",
};
const extensions: Readonly<Record<string, string>> = { roleAssignments: "2022-04-01", locks: "2020-05-01", policyDefinitions: "2023-04-01", policyAssignments: "2023-04-01" };

/** Longer than any operation of the simulator. */
const LONGEST_MS = 3_600_000;

/** A simulator with short words for what the checklist does over and over. */
export interface Scene extends Bench {
  /** The id of what is in the resource group, by its path below `/providers/`. */
  at(path: string): string;
  /** The id of an identity, which is made when it is not there. */
  identity(name: string): string;
  /** Sends a request for an id, at an api-version of its type. PUT has a location unless the body says another. */
  ask(method: string, id: string, body?: JsonObject, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  /** The same, and lets the operation end. */
  done(method: string, id: string, body?: JsonObject, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  /** What a GET shows. */
  show(id: string): Promise<JsonObject>;
}

/** Opens a scene whose tokens outlive the longest operations. */
export async function openScene(options: AzureOptions = {}): Promise<Scene> {
  const bench = await startBench({ tokenLifetimeSeconds: 100_000_000, ...options });
  const ask: Scene["ask"] = (method, id, body, headers = {}) => {
    const full = method === "PUT" && !extensionOf(id) ? { location: "westeurope", ...body } : body;
    return bench.send(method, `${id}${id.includes("?") ? "&" : "?"}api-version=${versionOf(id)}`, { headers, ...(full ? { body: full } : {}) });
  };
  return {
    ...bench,
    at: (path) => `${bench.group}/providers/${path}`,
    identity: (name) => {
      const id = `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
      if (!bench.azure.portal.get(id)) bench.azure.portal.put(id, {});
      return id;
    },
    ask,
    done: async (...request) => {
      const answer = await ask(...request);
      bench.clock.advance(LONGEST_MS);
      return answer;
    },
    show: async (id) => (await ask("GET", id)).body,
  };
}

/** Plays on a scene of its own. */
export async function withScene(options: AzureOptions, play: (on: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene(options);
  try {
    await play(scene);
  } finally {
    await scene.stop();
  }
}

/** Plays once under each value of a switch (arm.md 18). */
export async function underEach<Name extends keyof Switches>(name: Name, values: readonly Switches[Name][], play: (on: Scene, value: Switches[Name]) => Promise<void>): Promise<void> {
  for (const value of values) await withScene({ switches: { [name]: value } }, (on) => play(on, value));
}

function extensionOf(id: string): string | undefined {
  return Object.keys(extensions).find((type) => id.includes(`/Microsoft.Authorization/${type}/`) || id.endsWith(`/Microsoft.Authorization/${type}`));
}

function versionOf(id: string): string {
  const extension = extensionOf(id);
  if (extension !== undefined) return extensions[extension] ?? "";
  return versions[/\/providers\/([^/]+)/i.exec(id)?.[1] ?? ""] ?? "2021-04-01";
}

/** The block of these identities, with a system-assigned one beside them when asked for. */
export function users(ids: readonly string[], type = "UserAssigned"): JsonObject {
  return { type, userAssignedIdentities: Object.fromEntries(ids.map((id) => [id, {}])) };
}

/** The last names of the identities that a body has. */
export function attachedTo(body: JsonObject): readonly string[] {
  return Object.keys(objectAt(body["identity"], "userAssignedIdentities")).map((key) => key.split("/").at(-1) ?? "");
}

/** Status and code of an answer. */
export function told(answer: RawAnswer): readonly [number, unknown] {
  return [answer.status, codeOf(answer)];
}

/** A member of `properties`. */
export function property(body: JsonObject, name: string): unknown {
  return objectAt(body, "properties")[name];
}

/** A text of `properties`; empty when there is none. */
export function propertyText(body: JsonObject, name: string): string {
  return textAt(objectAt(body, "properties"), name) ?? "";
}
