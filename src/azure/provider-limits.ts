import type { QuotaLimit } from "./quota-bucket.ts";

/** What a request does, as far as limits tell it apart. `create` and `attach` are writes, and `list` is a read. */
export type Operation = "read" | "list" | "create" | "attach" | "write" | "delete";

/** A limit of a resource provider, and to what each of its buckets belongs. */
export interface ProviderLimit extends QuotaLimit {
  readonly per: "resource" | "parent" | "subscription" | "tenant";
  /** Whether there is one bucket for each region. */
  readonly isRegional?: true;
}

interface Row {
  /** Lower-case resource type; `*` for any. */
  readonly type: string;
  readonly operations: readonly Operation[];
  readonly limits: readonly ProviderLimit[];
}

const IDENTITIES = "microsoft.managedidentity/userassignedidentities";
const CREDENTIALS = `${IDENTITIES}/federatedidentitycredentials`;

/** A bucket for so many requests a second; it holds what a second gives, and one at least. */
function steady(name: string, per: ProviderLimit["per"], perSecond: number): ProviderLimit {
  return { name, per, size: Math.max(1, perSecond), perSecond };
}

/** So many in 20 seconds, in each region. */
function inTwentySeconds(name: string, per: ProviderLimit["per"], count: number): ProviderLimit {
  return { name, per, size: count, perSecond: count / 20, isRegional: true };
}

/** The narrowest limit of a row comes first: it is the one that a refusal most likely speaks of. */
const ROWS: readonly Row[] = [
  {
    // arm.md 3.6
    type: IDENTITIES,
    operations: ["create"],
    limits: [inTwentySeconds("identity-creations", "subscription", 80), inTwentySeconds("identity-creations-of-tenant", "tenant", 400)],
  },
  {
    // arm.md 3.6
    type: "*",
    operations: ["attach"],
    limits: [inTwentySeconds("identity-attachments", "subscription", 300), inTwentySeconds("identity-attachments-of-tenant", "tenant", 400)],
  },
  ...federated(["create", "write", "delete"], "federated-credential-writes", { parent: 0.25, subscription: 2, tenant: 10 }),
  ...federated(["read"], "federated-credential-reads", { subscription: 10, tenant: 30 }),
  ...federated(["list"], "federated-credential-lists", { subscription: 5, tenant: 15 }),
  {
    // arm.md 2.6; the rates are those of https://learn.microsoft.com/azure/virtual-machines/compute-throttling-limits.
    type: "microsoft.compute/virtualmachines",
    operations: ["create", "attach", "write"],
    limits: [
      { name: "machine-updates", per: "resource", size: 12, perSecond: 4 / 60 },
      { name: "machine-updates-of-subscription", per: "subscription", size: 1500, perSecond: 500 / 60, isRegional: true },
    ],
  },
];

/**
 * arm.md 4. Of the reads of one identity there are 0.5 and lists 0.25 a second, which no pass could be held to that looks twice: it would
 * begin again and again. Their lists are shared instead, and what Azure refuses is waited for.
 */
function federated(operations: readonly Operation[], name: string, perSecond: Readonly<Record<string, number>>): readonly Row[] {
  const levels = (["parent", "subscription", "tenant"] as const).filter((per) => per in perSecond);
  const limits = levels.map((per) => steady(per === "parent" ? name : `${name}-of-${per}`, per, perSecond[per] ?? 0));
  return [{ type: CREDENTIALS, operations, limits }];
}

/** Types whose PUT mostly creates: what changes in them is changed by PATCH. */
export const MADE_BY_PUT: ReadonlySet<string> = new Set([IDENTITIES]);

/** The limits of providers under which an operation on a resource of a type falls. */
export function providerLimits(type: string, operation: Operation): readonly ProviderLimit[] {
  return ROWS.filter((row) => (row.type === "*" || row.type === type) && row.operations.includes(operation)).flatMap(({ limits }) => limits);
}
