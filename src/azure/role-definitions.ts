import type { ArmId } from "../api/arm-id.ts";
import { armIdKey, extensionId } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import { objectAt, stringAt } from "../api/json.ts";
import { foundOf } from "./answers.ts";
import type { AzureFailure, AzureRead, Clock } from "./contract.ts";
import { absentCode, failureOf } from "./errors.ts";
import type { ListClient } from "./list.ts";
import { listAll } from "./list.ts";
import { RememberedReads } from "./remembered-reads.ts";

/** arm.md 2.8. */
const API_VERSION = "2022-04-01";
const EXTENSION = { provider: "Microsoft.Authorization", type: "roleDefinitions" } as const;

/** By which of its properties a role is meant: its name, in any case, or its GUID. */
export type RoleIdentifier = { readonly name: string } | { readonly id: string };

/** A role as one credential sees it at a scope. */
export interface RoleQuery {
  readonly scope: ArmId;
  readonly by: RoleIdentifier;
  readonly credential: string;
}

/** Role definitions with their permissions: asked for by many grants, and hardly ever changed. */
export class RoleDefinitions {
  readonly #source: (credential: string) => ListClient;
  readonly #remembered: RememberedReads;

  constructor(source: (credential: string) => ListClient, clock: Clock) {
    this.#source = source;
    this.#remembered = new RememberedReads(clock);
  }

  /** Reads the definition, at most once in ten minutes when it is found; absent when the scope knows no such role. */
  read(query: RoleQuery): Promise<AzureRead> {
    const by = "name" in query.by ? `name ${query.by.name}` : `id ${query.by.id}`;
    const key = [query.credential, armIdKey(query.scope), by.toLowerCase()].join(" ");
    return this.#remembered.read(key, async () => this.#ask(query));
  }

  #ask({ scope, by, credential }: RoleQuery): Promise<AzureRead> {
    const source = this.#source(credential);
    return "name" in by ? byName(source, { scope, credential, name: by.name }) : byId(source, extensionId(scope, { ...EXTENSION, name: by.id }));
  }
}

async function byId({ client, clock }: ListClient, id: ArmId): Promise<AzureRead> {
  const answer = await client.send({ method: "GET", id, apiVersion: API_VERSION, signal: new AbortController().signal });
  if (answer.status === 200) return foundOf(answer);
  const code = absentCode(answer, "GET", id);
  return code === undefined ? { is: "failed", failure: failureOf(answer, clock.now()) } : { is: "absent", code };
}

async function byName(source: ListClient, { scope, credential, name }: { scope: ArmId; credential: string; name: string }): Promise<AzureRead> {
  const filter = `roleName eq '${name.replaceAll("'", "''")}'`;
  const request = { apiVersion: API_VERSION, credential, signal: new AbortController().signal, filter };
  const list = await listAll(source, { parent: scope, collection: `providers/${EXTENSION.provider}/${EXTENSION.type}`, request });
  if (list.is !== "found") return list;
  const [role, ...others] = list.items.filter((item) => roleNameOf(item)?.toLowerCase() === name.toLowerCase());
  if (role === undefined) return { is: "absent", code: "RoleDefinitionDoesNotExist" };
  return others.length === 0 ? { is: "found", body: role } : { is: "failed", failure: ambiguous(name) };
}

function roleNameOf(definition: JsonObject): string | undefined {
  return stringAt(objectAt(definition, "properties"), "roleName");
}

function ambiguous(name: string): AzureFailure {
  return { class: "invalid", code: "AmbiguousRoleName", message: `several roles are called ${name}; name the role by its id` };
}
