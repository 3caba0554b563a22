/** A grant. Actions may hold `*` for any number of characters; case is ignored (arm.md 16). */
export interface Permission {
  /** Object id of the principal, or `*` for everybody. */
  readonly principalId: string;
  readonly actions: readonly string[];
  /** An ARM id; the grant holds there and below. `/` is everything. */
  readonly scope: string;
}

/** Says whether an action pattern covers an action. */
export function actionMatches(pattern: string, action: string): boolean {
  const literal = pattern.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${literal.join(".*")}$`, "i").test(action);
}

/** Says whether one ARM scope lies at or below another. */
export function isWithin(scope: string, outer: string): boolean {
  const [inner, above] = [scope.toLowerCase(), outer.toLowerCase().replace(/\/+$/, "")];
  return inner === above || inner.startsWith(`${above}/`);
}

/** Who may do what; everything else is denied. */
export class Authorization {
  #permissions: readonly Permission[];

  constructor(permissions: readonly Permission[]) {
    this.#permissions = permissions;
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
    return this.#grants(principalId, actions).some((permission) => isWithin(scope, permission.scope));
  }

  /** Says whether the action is granted on the scope, above it, or on anything below it. */
  allowsSomewhere(principalId: string, actions: readonly string[], scope: string): boolean {
    return this.#grants(principalId, actions).some(
      (permission) => isWithin(scope, permission.scope) || isWithin(permission.scope, scope),
    );
  }

  #grants(principalId: string, actions: readonly string[]): readonly Permission[] {
    return this.#permissions
      .filter((permission) => permission.principalId === "*" || permission.principalId.toLowerCase() === principalId.toLowerCase())
      .filter((permission) => permission.actions.some((pattern) => actions.some((action) => actionMatches(pattern, action))));
  }
}
