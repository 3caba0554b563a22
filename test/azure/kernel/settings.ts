/** A tier of App Service that a region does not offer, or has no quota of; every tier when none is named. */
export interface AppServiceLimit {
  readonly location: string;
  /** Such as `Basic` or `PremiumV3`. */
  readonly tier?: string;
  readonly because: "quota" | "not-offered";
}

/** A region without quota or without room for container groups. */
export interface ContainerGroupLimit {
  readonly location: string;
  readonly because: "quota" | "not-available";
}

/** Delays and limits of the simulated cloud. Seconds are those of the clock. */
export interface Settings {
  /**
   * How long a new principal is unknown to those who grant: Microsoft.Authorization (400 PrincipalNotFound where no
   * principalType is given, arm.md 13) and Cosmos DB (arm.md 11).
   */
  readonly principalReplicationSeconds: number;
  /** How long a new role assignment grants nothing yet; Azure says up to ten minutes (arm.md 13). */
  readonly roleAssignmentDelaySeconds: number;
  /** Role assignments that a subscription may have (arm.md 13). */
  readonly roleAssignmentLimit: number;
  /**
   * Whether the provider of federated identity credentials limits the requests to one identity, in a subscription and in
   * the tenant, as documented: one write in 4 s per identity (arm.md 4).
   */
  readonly federatedCredentialRates: "unlimited" | "documented";
  /** Whether identities are made and attached as quickly as one likes, or at the documented rates (arm.md 3.6). */
  readonly identityRates: "unlimited" | "documented";
  /** Regions in which identities take no federated credentials: 405 (arm.md 4). */
  readonly regionsWithoutFederatedCredentials: readonly string[];
  /** The Retry-After of every running operation; null: what its type says, which is nothing for some (arm.md 2.3). */
  readonly operationRetryAfterSeconds: number | null;
  /** Items in one page of a list. */
  readonly pageSize: number;
  /** How far lists of one type lag behind GET; ten minutes at most (arm.md 17.17). */
  readonly listLagSeconds: number;
  /** How far the lists of all resources, which are ARM's cache, and Resource Graph lag behind GET; ten minutes at most (arm.md 15). */
  readonly resourcesLagSeconds: number;
  /** How long Entra does not see a new federated credential (arm.md 4). */
  readonly federatedCredentialDelaySeconds: number;
  /** Whether a drained quota refuses with 429 or is only shown in the headers (arm.md 2.6). */
  readonly quotas: "shown" | "enforced";
  /** How long Entra remembers that no federated credential matched an assertion (arm.md 4). */
  readonly federatedMissCacheSeconds: number;
  /** Namespaces that a subscription has to register before it can use them: 409 MissingSubscriptionRegistration (arm.md 2.5). */
  readonly unregisteredProviders: readonly string[];
  /** How long the name of a deleted API Management service is taken (arm.md 14). */
  readonly apiManagementRetentionHours: number;
  readonly appServiceLimits: readonly AppServiceLimit[];
  readonly containerGroupLimits: readonly ContainerGroupLimit[];
}

/** What holds where nothing else is set: no delays, and Azure's limits. */
export const defaultSettings: Settings = {
  principalReplicationSeconds: 0,
  roleAssignmentDelaySeconds: 0,
  roleAssignmentLimit: 4000,
  federatedCredentialRates: "unlimited",
  identityRates: "unlimited",
  regionsWithoutFederatedCredentials: [],
  listLagSeconds: 0,
  resourcesLagSeconds: 0,
  federatedCredentialDelaySeconds: 0,
  quotas: "shown",
  federatedMissCacheSeconds: 0,
  unregisteredProviders: [],
  apiManagementRetentionHours: 48,
  operationRetryAfterSeconds: null,
  pageSize: 100,
  appServiceLimits: [],
  containerGroupLimits: [],
};
