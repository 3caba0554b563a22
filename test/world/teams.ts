import type { JsonObject } from "../../src/api/json.ts";
import type { ActOfAdministrators, Setting } from "./administrators.ts";
import { GROUP, SUBSCRIPTION } from "./azure.ts";
import type { Chance } from "./random.ts";
import { RIGHTS } from "./rights.ts";
import { type Declared, HOST_IDS, HOSTS, identityId } from "./specs.ts";
import type { Act, Step } from "./story.ts";

/** What a story of two namespaces is about. */
export type TeamTheme = "credentials" | "rights" | "consent" | "permissions" | "lists";

/** A story with what was decided before it. */
export interface TeamStory {
  readonly setting: Setting;
  readonly steps: readonly Step[];
}

const PLACE = { subscriptionId: SUBSCRIPTION, resourceGroup: "rg" };
const THEMES: readonly TeamTheme[] = ["credentials", "credentials", "rights", "consent", "consent", "permissions", "lists"];

const KEYS = [
  "UserAssignedIdentity/default/ida",
  "UserAssignedIdentity/default/idb",
  "IdentityAssignment/default/x",
  "UserAssignedIdentity/team/idt",
  "IdentityAssignment/team/tx",
  "IdentityAssignment/team/ty",
  "RoleAssignment/team/tgrant",
];

/** A story of two namespaces on one host: `default` shares the operator's credential, `team` has one of its own unless it is shared. */
export function toldOfTeams(chance: Chance): TeamStory {
  const theme = chance.pick(THEMES);
  const host = chance.pick(HOSTS);
  const setting: Setting = {
    team: theme === "credentials" ? chance.pick(["own", "own", "operator", "platform"]) : chance.pick(["own", "own", "operator"]),
    cleanUp: theme === "credentials" ? chance.pick(["nobody", "operator", "platform"]) : "nobody",
    hosts: theme === "lists" && chance.happens(0.5) ? [] : "all",
    requirePermissions: theme === "permissions" || chance.happens(0.15),
  };
  const steps: Step[] = [
    { afterMs: 0, act: identity("ida", chance, theme) },
    { afterMs: 0, act: { do: "apply", ...assignment(chance, { name: "tx", host, theme }) } },
    { afterMs: chance.pick([0, 3000]), act: identity("idt", chance, theme) },
  ];
  for (let left = 3 + chance.below(8); left > 0; left -= 1) steps.push({ afterMs: chance.pick([0, 50, 400, 3000, 30_000, 200_000]), act: drawn(chance, theme, host) });
  // What was withdrawn last is to be seen at rest.
  if (theme === "consent" && chance.happens(0.6)) steps.push({ afterMs: 30_000, act: { do: "label", namespace: "team", tier: "lead" } });
  return { setting, steps };
}

function drawn(chance: Chance, theme: TeamTheme, host: string): Act {
  const roll = chance.below(100);
  if (roll < 42) return declared(chance, theme, host);
  if (roll < 74) return decided(chance, theme, host);
  if (roll < 83) return { do: "delete", key: chance.pick(KEYS) };
  if (roll < 88) return { do: chance.pick(["pause", "resume", "ask"]), key: chance.pick(KEYS) };
  if (roll < 93) return chance.pick<Act>([{ do: "attachForeign", host }, { do: "detachAll", host }, { do: "retag", identity: chance.pick(["ida", "idt"]) }, { do: "unmake", identity: chance.pick(["ida", "idt"]) }]);
  return chance.pick<Act>([{ do: "vanish", namespace: "team" }, { do: "outage", forMs: 20_000 }, { do: "relist" }, { do: "restart" }, { do: "restart" }, { do: "secondLeader", forMs: 2000 }]);
}

function declared(chance: Chance, theme: TeamTheme, host: string): Act {
  const roll = chance.below(100);
  if (roll < 25) return identity(chance.pick(["ida", "ida", "idb"]), chance, theme);
  if (roll < 35) return identity("idt", chance, theme);
  if (roll < 45) return { do: "apply", kind: "RoleAssignment", namespace: "team", name: "tgrant", spec: { principal: { identityRef: { name: "idt" } }, scope: { armId: GROUP }, roleDefinitionName: chance.pick(["Reader", "Contributor"]), ...policy(chance) } };
  return { do: "apply", ...assignment(chance, { name: chance.pick(["tx", "tx", "ty", "x"]), host, theme }) };
}

function identity(name: string, chance: Chance, theme: TeamTheme): Act {
  const isOffered = name !== "idt" && (theme === "consent" || theme === "permissions" || chance.happens(0.5));
  const spec = { ...PLACE, tags: { team: chance.pick(["web", "reports"]) }, ...(isOffered ? offered(chance) : {}), ...policy(chance) };
  return { do: "apply", kind: "UserAssignedIdentity", ...(name === "idt" ? { namespace: "team" } : {}), name, spec };
}

/** To whom an identity is offered, and what becomes of what was attached when it is no more. */
function offered(chance: Chance): JsonObject {
  const from = chance.pick(["Same", "All", "All", "Selector", "Selector"]);
  return {
    allowedNamespaces: { from, ...(from === "Selector" ? { selector: { matchLabels: { tier: "gold" } } } : {}) },
    ...(chance.happens(0.6) ? { onConsentWithdrawn: chance.pick(["Detach", "Detach", "Hold"]) } : {}),
  };
}

function assignment(chance: Chance, { name, host, theme }: { readonly name: string; readonly host: string; readonly theme: TeamTheme }): Declared {
  const isOfTeam = name !== "x";
  const ofOthers = theme === "consent" || theme === "permissions" ? ["ida", "ida", "idb", "never"] : ["ida", "never"];
  const across = isOfTeam && chance.happens(theme === "consent" || theme === "permissions" ? 0.9 : 0.4) ? [{ identityRef: { name: chance.pick(ofOthers), namespace: "default" } }] : [];
  const own = isOfTeam ? [{ identityRef: { name: "idt" } }] : [{ identityRef: { name: chance.pick(["ida", "idb"]) } }];
  const byId = chance.happens(theme === "permissions" ? 0.4 : 0.1) ? [{ armId: identityId(chance.pick(["foreign", "ida", "missing"])) }] : [];
  const spec = {
    target: { armId: HOST_IDS[host] ?? "" },
    userAssigned: [...(across.length === 0 || chance.happens(0.6) ? own : []), ...across, ...byId],
    ...(chance.happens(0.15) ? { systemAssigned: chance.happens(0.6) } : {}),
    ...(chance.happens(0.1) ? { systemAssignedRemoval: "Destroy" } : {}),
    ...(chance.happens(0.04) ? { ownership: "Exclusive" } : {}),
    ...(chance.happens(0.2) ? { allowDisruption: chance.pick(["None", "Restart"]) } : {}),
    ...policy(chance),
  };
  return { kind: "IdentityAssignment", ...(isOfTeam ? { namespace: "team" } : {}), name, spec };
}

function policy(chance: Chance): JsonObject {
  return {
    ...(chance.happens(0.07) ? { deletionPolicy: "Retain" } : {}),
    ...(chance.happens(0.05) ? { adoptionPolicy: "IfExists" } : {}),
    ...(chance.happens(0.03) ? { managementPolicy: "ObserveOnly" } : {}),
  };
}

/** What administrators decide in a story of a theme. */
function decided(chance: Chance, theme: TeamTheme, host: string): ActOfAdministrators {
  switch (theme) {
    case "credentials":
      return chance.pick<ActOfAdministrators>([
        { do: "share", from: chance.pick(["own", "operator", "platform"]) },
        { do: "account", namespace: "team", as: chance.pick(["first", "second", "anew", "absent"]) },
        { do: "account", namespace: "team", as: chance.pick(["first", "second", "anew"]) },
        { do: "account", namespace: "platform", as: chance.pick(["platform", "anew", "absent"]) },
        { do: "cleanUp", by: chance.pick(["operator", "platform", "nobody"]) },
      ]);
    case "rights":
      return { do: chance.pick(["empower", "disempower"]), who: chance.pick(["first", "first", "operator"]), right: chance.pick(RIGHTS) };
    case "consent":
      return { do: "label", namespace: "team", tier: chance.pick(["gold", "lead"]) };
    case "permissions":
      return { do: chance.pick(["permit", "forbid"]), namespace: "team", name: chance.pick(["ida", "ida", "foreign", host, "missing"]) };
    case "lists":
      return { do: "list", hosts: chance.pick<readonly string[] | "all">([[], "all", ["microsoft.web/sites"], ["microsoft.compute/virtualmachines", "microsoft.documentdb/databaseaccounts"]]) };
  }
}
