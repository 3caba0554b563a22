/** A grant of a test. Actions may hold `*` for any number of characters; case is ignored (arm.md 16). */
export interface Permission {
  /** Object id of the principal, or `*` for everybody. */
  readonly principalId: string;
  readonly actions: readonly string[];
  /** An ARM id; the grant holds there and below. `/` is everything. */
  readonly scope: string;
}

/** What a role assignment grants its principal: the actions of the role without its notActions, at the scope and below. */
export interface RoleGrant {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly scope: string;
}

/**
 * Whether a `*` between two slashes may stand for nothing at all. Managed Identity Operator holds the actions read and
 * assign of the identities with a star before them, and reads and assigns identities (arm.md 16).
 */
export type WildcardSegment = "may-be-empty" | "not-empty";

/** Where an Authorization learns of role assignments, and how it reads their patterns. */
export interface RoleSource {
  readonly grantsOf: (principalId: string) => readonly RoleGrant[];
  readonly wildcardSegment: () => WildcardSegment;
}

/** Says whether an action pattern covers an action. */
export function actionMatches(pattern: string, action: string, wildcardSegment: WildcardSegment = "not-empty"): boolean {
  const literal = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  const expression = literal.join(".*");
  const lenient = wildcardSegment === "may-be-empty" ? expression.replaceAll("/.*/", "/(.*/)?") : expression;
  return new RegExp(`^${lenient}$`, "i").test(action);
}

/** Says whether one ARM scope lies at or below another. */
export function isWithin(scope: string, outer: string): boolean {
  const [inner, above] = [scope.toLowerCase(), outer.toLowerCase().replace(/\/+$/, "")];
  return inner === above || inner.startsWith(`${above}/`);
}

/** Who may do what: permissions that a test sets, and role assignments. Everything else is denied. */
export class Authorization {
  readonly #roles: RoleSource;
  #permissions: readonly Permission[];

  constructor(permissions: readonly Permission[], roles: RoleSource) {
    this.#permissions = permissions;
    this.#roles = roles;
  }

  replace(permissions: readonly Permission[]): void {
    this.#permissions = permissions;
  }

  grant(permission: Permission): void {
    this.#permissions = [...this.#permissions, permission];
  }

  revoke(predicate: (permission: Permission) => boolean): void {
    this.#permissions = this.#permissions.filter((permission) => !predicate(permission));
  }

  /** Says whether any of the spellings of an action is granted on the scope. */
  allows(principalId: string, actions: readonly string[], scope: string): boolean {
    return this.#anyScope(principalId, actions, (granted) => isWithin(scope, granted));
  }

  /** Says whether the action is granted on the scope, above it, or on anything below it. */
  allowsSomewhere(principalId: string, actions: readonly string[], scope: string): boolean {
    return this.#anyScope(principalId, actions, (granted) => isWithin(scope, granted) || isWithin(granted, scope));
  }

  /** Says whether anything is granted on the scope, above it, or below it. */
  holdsAnything(principalId: string, scope: string): boolean {
    const near = (granted: string): boolean => isWithin(scope, granted) || isWithin(granted, scope);
    return this.#permissionsOf(principalId).some((permission) => near(permission.scope)) || this.#roles.grantsOf(principalId).some((grant) => near(grant.scope));
  }

  #permissionsOf(principalId: string): readonly Permission[] {
    return this.#permissions.filter((permission) => permission.principalId === "*" || permission.principalId.toLowerCase() === principalId.toLowerCase());
  }

  #anyScope(principalId: string, actions: readonly string[], reaches: (granted: string) => boolean): boolean {
    const permitted = this.#permissionsOf(principalId).some(
      (permission) => permission.actions.some((pattern) => actions.some((action) => actionMatches(pattern, action))) && reaches(permission.scope),
    );
    return permitted || this.#roles.grantsOf(principalId).some((grant) => reaches(grant.scope) && actions.some((action) => this.#covers(grant, action)));
  }

  #covers(grant: RoleGrant, action: string): boolean {
    const matches = (pattern: string): boolean => actionMatches(pattern, action, this.#roles.wildcardSegment());
    return grant.actions.some(matches) && !grant.notActions.some(matches);
  }
}
