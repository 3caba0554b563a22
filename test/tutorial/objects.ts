import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { JsonObject } from "../../src/api/json.ts";
import { readPolicy } from "../../src/config/policy-file.ts";
import type { PolicyRules } from "../../src/api/policy-rules.ts";
import { FOLDER, ROOT } from "./document.ts";

/** An object of the tutorial. */
export interface TutorialObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: JsonObject;
}

/** The objects of all files, in the order in which `kubectl apply -f` takes them. */
export function readObjects(): readonly TutorialObject[] {
  const files = readdirSync(join(ROOT, FOLDER)).sort();
  const documents = files.flatMap((file) => parseAllDocuments(readFileSync(join(ROOT, FOLDER, file), "utf8")));
  return documents.map((document) => document.toJS() as TutorialObject);
}

/** Those that the operator acts on. */
export function ours(objects: readonly TutorialObject[]): readonly TutorialObject[] {
  return objects.filter(({ apiVersion }) => apiVersion.startsWith("azureidentity.dev/"));
}

/** The rules of the administrator's policy that the samples come with, for the namespace in which the contract stage has its objects. */
export function readRules(): PolicyRules {
  const policy = readPolicy(readFileSync(join(ROOT, "deploy/samples/policy.yaml"), "utf8").replaceAll("identity-demo", "default"), "policy.yaml");
  if (policy.is !== "policy") throw new Error(policy.errors.join("\n"));
  return policy.rules;
}
