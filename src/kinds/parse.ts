import type { z } from "zod";
import type { KubeObject } from "../api/object.ts";
import type { Parsed } from "./kind.ts";

/** Parses the spec of an object; the message names the first field that is wrong. */
export function parseSpec<Schema extends z.ZodType>(schema: Schema, object: KubeObject): Parsed<z.infer<Schema>> {
  const result = schema.safeParse(object.spec ?? {});
  if (result.success) return { ok: true, spec: result.data };
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).map((segment) => (typeof segment === "number" ? `[${segment}]` : `.${String(segment)}`)).join("");
  return { ok: false, message: `spec${path}: ${issue?.message ?? "it is not valid"}` };
}
