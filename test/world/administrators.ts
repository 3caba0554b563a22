import { readAccount } from "../../src/api/credential.ts";
import type { Permission } from "../../src/api/permission.ts";
import type { Answer } from "../../src/reconcile/permissions.ts";
import type { Policy } from "../../src/reconcile/ports.ts";
import type { ApiServer } from "./api-server.ts";
import type { WorldAzure } from "./azure.ts";
import { APPLICATIONS, principalIdOf, type Who } from "./principals.ts";
import { type Right, rightsWithout } from "./rights.ts";

/** Whose credential the objects of team use. */
export type SharedFrom = "own" | "operator" | "platform";

/** What an administrator decided when the operator was started; without it there is only the namespace default. */
export interface Setting {
  readonly team: SharedFrom;
  readonly cleanUp: Cleaner;
  /** ARM types of the hosts of which objects of team may write the identity. */
  readonly hosts: readonly string[] | "all";
  readonly requirePermissions: boolean;
}

/** Whose credential may clean up. */
export type Cleaner = "operator" | "platform" | "nobody";

/** They change a flag, which starts the operator anew. */
export type ActOnFlags =
  | { readonly do: "share"; readonly from: SharedFrom }
  | { readonly do: "cleanUp"; readonly by: Cleaner }
  | { readonly do: "list"; readonly hosts: readonly string[] | "all" };

/** What administrators do, of the cluster and of Azure. */
export type ActOfAdministrators =
  | ActOnFlags
  /** The ServiceAccount azure-identity signs in as an application, is made anew, or is gone. */
  | { readonly do: "account"; readonly namespace: "team" | "platform"; readonly as: Who | "anew" | "absent" }
  | { readonly do: "label"; readonly namespace: string; readonly tier: string }
  /** A namespace gets or loses the permissions on what has a name. */
  | { readonly do: "permit" | "forbid"; readonly namespace: string; readonly name: string }
  /** A principal gets or loses a right in Azure. */
  | { readonly do: "empower" | "disempower"; readonly who: Who; readonly right: Right };

/** Whether an act changes a flag of the operator. */
export function isFlag(act: ActOfAdministrators): act is ActOnFlags {
  return act.do === "share" || act.do === "cleanUp" || act.do === "list";
}

const VERBS: ReadonlySet<string> = new Set(["share", "cleanUp", "list", "account", "label", "permit", "forbid", "empower", "disempower"] satisfies ActOfAdministrators["do"][]);

/** Whether something that somebody does is what administrators do. */
export function isOfAdministrators(act: { readonly do: string }): act is ActOfAdministrators {
  return VERBS.has(act.do);
}

interface Reign {
  readonly principalId: string | undefined;
  untilMs: number;
}

/** Those who decide what namespaces and principals may: what they decided, and when it was otherwise. */
export class Administrators {
  /** What a namespace has no permission on, as `<namespace> <name>`, and since when. */
  readonly forbidden = new Map<string, number>();
  /** When anything that may refuse was changed last, in milliseconds since the epoch. */
  changedAtMs = Number.NEGATIVE_INFINITY;
  #setting: Setting | undefined;
  readonly #api: ApiServer;
  readonly #azure: WorldAzure;
  readonly #now: () => number;
  readonly #lacking = new Map<Who, Set<Right>>();
  readonly #reigns = new Map<string, Reign[]>();

  constructor(setting: Setting | undefined, { api, azure, now }: { readonly api: ApiServer; readonly azure: WorldAzure; readonly now: () => number }) {
    this.#setting = setting;
    this.#api = api;
    this.#azure = azure;
    this.#now = now;
    if (setting === undefined) return;
    for (const namespace of ["team", "platform"] as const) api.place("Namespace", "", namespace, { labels: { tier: "gold" } });
    this.#account("team", "first");
    this.#account("platform", "platform");
    this.note();
  }

  get setting(): Setting | undefined {
    return this.#setting;
  }

  /** Whether any principal lacks a right. */
  get isAnythingLacking(): boolean {
    return [...this.#lacking.values()].some(({ size }) => size > 0);
  }

  /** What the operator is started with. */
  policyOver(policy: Policy): Policy {
    if (this.#setting === undefined) return policy;
    const { team, cleanUp, hosts } = this.#setting;
    const types = hosts === "all" ? undefined : HOST_TYPES.map((type) => ({ type, namespaces: hosts.includes(type) ? undefined : ["default"] }));
    return {
      ...policy,
      sharedNamespaces: new Map(team === "own" ? policy.sharedNamespaces : [...policy.sharedNamespaces, ["team", sharedBy(team)]]),
      ...(cleanUp === "nobody" ? {} : { cleanup: sharedBy(cleanUp) }),
      rules: { ...policy.rules, hosts: types },
    };
  }

  /** How the API server answers about permissions; undefined where nobody asks. */
  get access(): { review(namespace: string, permission: Permission): Promise<Answer> } | undefined {
    if (this.#setting?.requirePermissions !== true) return undefined;
    return {
      review: (namespace, permission) => Promise.resolve(this.#api.awayUntilMs > this.#now() ? "unknown" : this.isForbidden(namespace, permission.name) ? "denied" : "granted"),
    };
  }

  /** Whether a namespace has no permission on what has a name, or an ARM id that ends with it. */
  isForbidden(namespace: string, name: string): boolean {
    return this.forbidden.has(`${namespace} ${name.toLowerCase().split("/").at(-1) ?? ""}`);
  }

  /** Somebody decides something. */
  act(act: ActOfAdministrators): void {
    this.changedAtMs = this.#now();
    if (isFlag(act)) return this.#set(act);
    switch (act.do) {
      case "account":
        return this.#account(act.namespace, act.as);
      case "label":
        if (this.#isThere(act.namespace)) this.#api.place("Namespace", "", act.namespace, { labels: { tier: act.tier } });
        return;
      case "permit":
        this.forbidden.delete(`${act.namespace} ${act.name}`);
        return;
      case "forbid":
        this.forbidden.set(`${act.namespace} ${act.name}`, this.#now());
        return;
      case "empower":
      case "disempower":
        return this.#empower(act);
    }
  }

  #set(act: ActOnFlags): void {
    if (this.#setting === undefined) return;
    switch (act.do) {
      case "share":
        this.#setting = { ...this.#setting, team: act.from };
        return;
      case "cleanUp":
        this.#setting = { ...this.#setting, cleanUp: act.by };
        return;
      case "list":
        this.#setting = { ...this.#setting, hosts: act.hosts };
        return;
    }
  }

  /** Gives every principal every right. */
  relent(): void {
    this.#lacking.clear();
    this.#azure.simulator.setPermissions(Object.values(APPLICATIONS).map(({ principalId }) => ({ principalId, actions: ["*"], scope: "/" })));
  }

  /** Gives the accounts that are gone again, where their namespaces take any. */
  restore(): void {
    if (this.#setting === undefined) return;
    if (this.#api.account("team") === undefined) this.#account("team", "first");
    if (this.#api.account("platform") === undefined) this.#account("platform", "platform");
    this.note();
  }

  /** Remembers as whom namespaces sign in now. */
  note(): void {
    for (const namespace of ["default", "team"]) {
      const reigns = this.#reigns.get(namespace) ?? [];
      const principalId = this.#principalOf(namespace);
      const last = reigns.at(-1);
      if (reigns.length > 0 && last?.principalId === principalId) continue;
      if (last !== undefined) last.untilMs = this.#now();
      reigns.push({ principalId, untilMs: Number.POSITIVE_INFINITY });
      this.#reigns.set(namespace, reigns);
    }
  }

  /** As whom a namespace signs in, or did until so long ago. */
  principalsOf(namespace: string, withinMs: number): readonly (string | undefined)[] {
    const reigns = this.#reigns.get(namespace) ?? [{ principalId: APPLICATIONS.operator.principalId, untilMs: Number.POSITIVE_INFINITY }];
    return reigns.filter(({ untilMs }) => untilMs >= this.#now() - withinMs).map(({ principalId }) => principalId);
  }

  /** Who may clean up. */
  get cleaner(): string | undefined {
    const by = this.#setting?.cleanUp ?? "nobody";
    if (by === "nobody") return undefined;
    return by === "operator" ? APPLICATIONS.operator.principalId : this.#principalOfAccount("platform");
  }

  #principalOf(namespace: string): string | undefined {
    if (namespace === "default" || this.#setting?.team === "operator") return APPLICATIONS.operator.principalId;
    return this.#principalOfAccount(this.#setting?.team === "platform" ? "platform" : namespace);
  }

  #principalOfAccount(namespace: string): string | undefined {
    const account = this.#api.account(namespace);
    const read = account === undefined ? undefined : readAccount(account, TENANT);
    return read?.ok === true ? principalIdOf(read.account.clientId) : undefined;
  }

  #isThere(namespace: string): boolean {
    const found = this.#api.namespace(namespace);
    return found !== undefined && found.metadata.deletionTimestamp === undefined;
  }

  #account(namespace: "team" | "platform", as: Who | "anew" | "absent"): void {
    if (!this.#isThere(namespace)) return;
    const annotations = this.#api.account(namespace)?.metadata.annotations;
    if (as === "absent" || as === "anew") this.#api.displace(`ServiceAccount/${namespace}/azure-identity`);
    if (as === "absent" || (as === "anew" && annotations === undefined)) return;
    const clientId = as === "anew" ? undefined : APPLICATIONS[as].clientId;
    this.#api.place("ServiceAccount", namespace, "azure-identity", { annotations: clientId === undefined ? (annotations ?? {}) : { "azure.workload.identity/client-id": clientId } });
  }

  #empower({ do: verb, who, right }: Extract<ActOfAdministrators, { do: "empower" | "disempower" }>): void {
    const lacking = this.#lacking.get(who) ?? new Set();
    if (verb === "empower") lacking.delete(right);
    else lacking.add(right);
    this.#lacking.set(who, lacking);
    const { principalId } = APPLICATIONS[who];
    this.#azure.simulator.revoke((permission) => permission.principalId === principalId);
    this.#azure.simulator.grant({ principalId, actions: rightsWithout(lacking), scope: "/" });
  }
}

/** Types of the hosts that stories tell of. */
const HOST_TYPES = ["microsoft.web/sites", "microsoft.compute/virtualmachines", "microsoft.documentdb/databaseaccounts", "microsoft.containerinstance/containergroups"];

const TENANT = "a0000000-0000-4000-8000-000000000001";

function sharedBy(from: "operator" | "platform"): { readonly accountNamespace: string | undefined } {
  return { accountNamespace: from === "operator" ? undefined : from };
}
