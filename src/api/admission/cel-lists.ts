import type { NamedThing, Step } from "./named-things.ts";

/** A CEL expression for the texts that a spec has at some places, by the variable that holds the object. */
export type TextList = (object: "object" | "oldObject") => string;

/** The texts at all these places, in the order of the places; the same text can come more than once. */
export function textsAt(things: readonly NamedThing[]): TextList {
  return (object) => (things.length === 0 ? "[]" : things.map((thing) => listOf(`${object}.spec`, thing.path, thing)).join(" + "));
}

/** The texts of the object before the change; none while it is created. */
export function before(list: TextList): string {
  return `oldObject == null ? [] : ${list("oldObject")}`;
}

/** The same; none either when the object is for something else now. */
export function beforeForTheSame(list: TextList): string {
  return `variables.keepsPurpose ? ${list("oldObject")} : []`;
}

/** Texts of one place below `root`. A list within a list is written out entry by entry: CEL has no way to join lists of lists. */
function listOf(root: string, path: readonly Step[], thing: NamedThing): string {
  const at = path.findIndex((step) => "each" in step);
  if (at < 0) return `${optional(root, path)}.optMap(e, [${textOf("e", thing)}]).orValue([])`;
  const [list, each, rest] = [`${optional(root, path.slice(0, at))}.orValue([])`, path[at], path.slice(at + 1)];
  if (rest.some((step) => "each" in step)) {
    const size = each !== undefined && "each" in each ? each.each : 0;
    const entries = Array.from({ length: size }, (_, index) => `(size(${list}) > ${index} ? ${listOf(`${list}[${index}]`, rest, thing)} : [])`);
    return `(${entries.join(" + ")})`;
  }
  return `${list}.filter(e, ${optional("e", rest)}.hasValue()).map(e, ${textOf(`e${plain(rest)}`, thing)})`;
}

function optional(root: string, path: readonly Step[]): string {
  return root + path.map((step) => ("field" in step ? `.?${step.field}` : "")).join("");
}

function plain(path: readonly Step[]): string {
  return path.map((step) => ("field" in step ? `.${step.field}` : "")).join("");
}

/** A reference to an identity as `namespace/name`, an ARM id as it stands, any other reference by its name. */
function textOf(value: string, { is, crossesNamespaces }: NamedThing): string {
  switch (is) {
    case "identityRef":
      return `${crossesNamespaces ? `(has(${value}.namespace) ? ${value}.namespace : request.namespace)` : "request.namespace"} + '/' + ${value}.name`;
    case "identityId":
    case "attachedId":
      return value;
    case "Secret":
    case "ConfigMap":
    case "exportedConfigMap":
    case "exportedServiceAccount":
      return `${value}.name`;
  }
}
