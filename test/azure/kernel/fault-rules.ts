import { z } from "zod";
import type { Dose, Fault, IncomingRequest } from "./faults.ts";
import { latencyNames } from "./latencies.ts";

const json = z.json();
const jsonObject = z.record(z.string(), json);
const seconds = z.number().min(0);
const effect = z.enum(["none", "done"]);
const armError = z.strictObject({ code: z.string(), message: z.string() });

const fault = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("answer"), status: z.int().min(200).max(599), headers: z.record(z.string(), z.string()).optional(), body: json.optional(), text: z.string().optional() }),
  z.strictObject({ do: z.literal("throttle"), retryAfterSeconds: seconds, flavour: z.enum(["arm", "msi", "web"]).optional(), code: z.string().optional() }),
  z.strictObject({ do: z.literal("reset"), effect }),
  z.strictObject({ do: z.literal("break"), status: z.union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)]), body: z.enum(["html", "empty", "half"]), effect }),
  z.strictObject({ do: z.literal("delay"), ms: z.number().min(0) }),
  z.strictObject({ do: z.literal("latency"), of: z.enum(latencyNames) }),
  z.strictObject({ do: z.literal("gateway-timeout") }),
  z.strictObject({ do: z.literal("ignore") }),
  z.strictObject({ do: z.literal("revert"), afterSeconds: seconds }),
  z.strictObject({ do: z.literal("edit"), when: z.enum(["before", "after"]), patch: jsonObject, id: z.string().startsWith("/subscriptions/").optional() }),
  z.strictObject({ do: z.literal("stale"), seconds }),
  z.strictObject({ do: z.literal("fail-operation"), error: armError }),
  z.strictObject({ do: z.literal("move-operation"), old: z.enum(["works", "gone"]) }),
]);

/** Every fault by its `do`. */
export const faultNames: readonly string[] = fault.options.map((option) => option.shape.do.value);

const match = z.strictObject({
  methods: z.array(z.enum(["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"])).min(1).optional(),
  /** A regular expression that the path has to contain, in any case. */
  path: z.string().refine(isRegExp, "must be a regular expression").optional(),
  /** An ARM resource type in any case, or `entra`. */
  type: z.string().optional(),
  principalId: z.string().optional(),
});

const rule = z.strictObject({
  match: match.default({}),
  fault,
  /** `always` has no end. */
  times: z.union([z.int().min(1), z.literal("always")]).default(1),
  skip: z.int().min(0).default(0),
  likelihood: z.number().gt(0).max(1).default(1),
});

/** A fault, whom it meets, and how often: as it comes over the wire. */
export type FaultRule = z.input<typeof rule>;

/** A rule that has been understood. */
export interface ParsedRule {
  readonly match: (request: IncomingRequest) => boolean;
  readonly fault: Fault;
  readonly dose: Dose;
}

/** Reads a rule from JSON; a text that says what is wrong with it. */
export function parseRule(value: unknown): ParsedRule | string {
  const parsed = rule.safeParse(value);
  if (!parsed.success) return z.prettifyError(parsed.error);
  const { times, skip, likelihood } = parsed.data;
  return { match: matcher(parsed.data.match), fault: faultOf(parsed.data.fault), dose: { times: times === "always" ? Infinity : times, skip, likelihood } };
}

/** Without the members that are there and undefined. */
function faultOf(parsed: z.infer<typeof fault>): Fault {
  return JSON.parse(JSON.stringify(parsed)) as Fault;
}

function matcher({ methods, path, type, principalId }: z.infer<typeof match>): ParsedRule["match"] {
  const pattern = new RegExp(path ?? "", "i");
  return (request) =>
    (methods === undefined || methods.some((method) => method === request.method)) &&
    pattern.test(request.path) &&
    (type === undefined || type.toLowerCase() === request.type.toLowerCase()) &&
    (principalId === undefined || principalId === request.principalId);
}

function isRegExp(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
