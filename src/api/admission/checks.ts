import type { Validation } from "./policy.ts";

/** Verbs of ours that are permissions (DESIGN 6). */
export type Verb = "use" | "attach" | "manage" | "release" | "get" | "update";

/** What a permission is asked for. All members but `group` and `resource` are CEL expressions. */
interface On {
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** The CEL expression that asks the API server's authorizer about the requester. */
export function mayRequester(verb: Verb, { group, resource, namespace, name }: On): string {
  const [inNamespace, named] = [namespace === undefined ? "" : `.namespace(${namespace})`, name === undefined ? "" : `.name(${name})`];
  return `authorizer.group('${group}').resource('${resource}')${inNamespace}${named}.check('${verb}').allowed()`;
}

/** The same with its message, which says what was written and which permission is missing, whether or not the thing exists. */
export function check(verb: Verb, on: On, what: string): Validation {
  return { expression: mayRequester(verb, on), messageExpression: lacking(verb, on, what) };
}

function lacking(verb: Verb, { group, resource, namespace, name = "''" }: On, what: string): string {
  const full = group === "" ? resource : `${resource}.${group}`;
  const scope = namespace === undefined ? "' by a ClusterRole'" : `' in namespace ' + ${namespace}`;
  return `${what} + ': ' + request.userInfo.username + ' needs the verb ${verb} on ${full} ' + ${name} + ${scope} + ': ask an administrator to grant it'`;
}

/** What is asked about each entry of a list. */
export interface AskedOfEach {
  /** What each is refused with, as a variable of the policy. */
  readonly variables: Readonly<Record<string, string>>;
  readonly validations: readonly Validation[];
}

/**
 * One validation for each entry that the list of a variable can have: the authorizer costs 350,000 of the 1,000,000 that an
 * expression has. The messages are worked out together, and only once something is refused.
 */
export function checkEach(list: string, indices: readonly number[], validation: (entry: string) => Validation): AskedOfEach {
  const messages = `${list}Refused`;
  return {
    variables: { [messages]: `variables.${list}.map(entry, ${validation("entry").messageExpression})` },
    validations: indices.map((index) => ({
      expression: `size(variables.${list}) <= ${index} || ${validation(`variables.${list}[${index}]`).expression}`,
      messageExpression: `variables.${messages}[${index}]`,
    })),
  };
}
