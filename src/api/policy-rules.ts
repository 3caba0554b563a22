/** A role that may be granted at or below a scope. */
export interface RoleRule {
  /** Name of the role, or its GUID in lower case. */
  readonly role: string;
  /** Whether `role` is a GUID: roles that can hand on their own power may be granted only when listed so (DESIGN 6). */
  readonly byId: boolean;
  /** ARM scope at or below which it may be granted; the subscription in lower case. */
  readonly scope: string;
  /** Namespaces whose objects may grant it; undefined for every served one. */
  readonly namespaces: readonly string[] | undefined;
}

/** Who may become an identity. */
export interface FederationRule {
  /** Issuer of tokens, exactly; `cluster` for that of this cluster. */
  readonly issuer: string;
  /** Subject of tokens, exactly, or with `*` for any text; `{namespace}` stands for the object's namespace. */
  readonly subject: string;
  /** Namespaces whose objects may declare it; undefined for every served one. */
  readonly namespaces: readonly string[] | undefined;
}

/** A type of hosts whose identities may be written. */
export interface HostRule {
  /** ARM type in lower case, exactly: a type of children, such as slots, is another one. */
  readonly type: string;
  /** Namespaces whose objects may; undefined for every served one. */
  readonly namespaces: readonly string[] | undefined;
}

/** A subscription, or resource groups in it, that objects may name. */
export interface SubscriptionRule {
  /** Its GUID in lower case. */
  readonly id: string;
  /** Resource groups in lower case, to which it is limited; undefined for the whole subscription. */
  readonly resourceGroups: readonly string[] | undefined;
  /** Namespaces whose objects may; undefined for every served one. */
  readonly namespaces: readonly string[] | undefined;
}

/**
 * The administrator's allow-lists (DESIGN 6). What is granted and who may become an identity must be listed: an absent list there is
 * an empty one. Where objects may reach is limited by the credential already: absent lists of hosts and subscriptions allow all.
 */
export interface PolicyRules {
  readonly roles: readonly RoleRule[];
  readonly federation: readonly FederationRule[];
  readonly hosts?: readonly HostRule[] | undefined;
  readonly subscriptions?: readonly SubscriptionRule[] | undefined;
}

/** The rules without a policy file: nothing may be granted, nobody may become an identity. */
export const NO_RULES: PolicyRules = { roles: [], federation: [] };
