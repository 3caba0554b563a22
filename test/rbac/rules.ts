/** A rule of a Role or ClusterRole that is about resources. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Something that was asked of the API server; names count only where a rule names some. */
export interface Asked {
  readonly verb: string;
  readonly group: string;
  /** With its subresource, `webapps/status`. */
  readonly resource: string;
  readonly name: string;
}

/** Whether a rule allows it, as RBAC has it (k8s.io/kubernetes pkg/apis/rbac/v1: RuleAllows), without wildcards: our rules have none. */
export function allows(rule: Rule, asked: Asked): boolean {
  const isNamed = rule.resourceNames === undefined || rule.resourceNames.includes(asked.name);
  return rule.verbs.includes(asked.verb) && rule.apiGroups.includes(asked.group) && rule.resources.includes(asked.resource) && isNamed;
}

/** One verb of one rule. */
export interface Removal {
  readonly rule: Rule;
  readonly verb: string;
  /** All rules but for this verb of this rule. */
  readonly rest: readonly Rule[];
}

/** Each verb of each rule, removed in turn. */
export function removals(rules: readonly Rule[]): readonly Removal[] {
  return rules.flatMap((rule) =>
    rule.verbs.map((verb) => {
      const less = { ...rule, verbs: rule.verbs.filter((other) => other !== verb) };
      return { rule, verb, rest: rules.map((other) => (other === rule ? less : other)).filter(({ verbs }) => verbs.length > 0) };
    }),
  );
}

/** How messages name a rule. */
export function ruleText({ apiGroups, resources, resourceNames = [] }: Rule): string {
  return [`${apiGroups.join(",")}/${resources.join(",")}`, ...resourceNames].join(" ");
}
