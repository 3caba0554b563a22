import { code, escaped, table } from "../api/markdown.ts";
import type { HiddenValue, HostRow, SettingRule, WriteForm } from "./host-row.ts";
import { HOSTS } from "./hosts/catalogue.ts";

/** `docs/hosts.md`: the host catalogue, made from its rows. */
export function hostReferenceFiles(): ReadonlyMap<string, string> {
  return new Map([["docs/hosts.md", `${sections().join("\n\n")}\n`]]);
}

function sections(): readonly string[] {
  return [
    '<!-- Generated from src/kinds by "npm run generate"; changes made here are lost. -->',
    "# Hosts",
    `An ${code("IdentityAssignment")} reaches any of these hosts by its ARM id in ${code("spec.target.armId")}, also one that somebody else owns. What a write does to the host is never a surprise: more than ${code("spec.allowDisruption")} allows (default ${code("Recycle")}) is refused, and what is not known counts as ${code("Restart")}.`,
    table(
      ["Host", "Type", "How its identity is written", "What that does", "Disruption"],
      HOSTS.map((row) => [escaped(row.title), code(row.type), formsOf(row), escaped(`it ${row.effect}`), row.disruption]),
    ),
    "A host is read before each write, and what others attached stays. The ways, of which the next one is tried where Azure refuses one or takes it without effect:",
    (Object.keys(WAYS) as WriteForm[]).map((form) => `- ${code(form)}: ${WAYS[form]}`).join("\n"),
    GAP,
    "## What is known of each",
    "Recorded means that the requests were seen in recordings of Azure and that the row follows them. Where something was inferred, the note says what, and the way that touches least is tried first.",
    table(
      ["Host", "api-version", "Known", "Takes", "An identity named here is in use and not detached", "Hidden by Azure"],
      HOSTS.map((row) => [escaped(row.title), row.apiVersion, row.recorded === true ? "recorded" : `inferred in part: ${escaped(row.recorded)}`, takesOf(row), usesOf(row), hiddenOf(row)]),
    ),
    "## What a host uses its identities for",
    `Attaching alone does not make a host use an identity. ${code("spec.followThrough")} names which of the host's identities it is to use, and each is written after the identity is attached, healed like an attachment, and set back before the identity is detached, if it still names that one.`,
    table(
      ["Field of spec.followThrough", "Host", "Setting", "Named by", "While nobody is named"],
      HOSTS.flatMap((row) => (row.settings ?? []).map((rule) => [code(rule.field), escaped(row.title), settingOf(rule), namedBy(rule), rule.nobody === "" ? "nothing" : code(rule.nobody)])),
    ),
    "A change of the identities of a Cosmos DB account sets its default identity back, whoever had set it: what stood there is held before that change and restored by a second PATCH.",
    "The first identity of a SQL server becomes its primary one with the same write, and gives way to another when it leaves. A primary one that somebody chose is in use and not detached.",
    ...NOTES.flatMap(([title, text]) => [`## ${title}`, text]),
  ];
}

const WAYS: Readonly<Record<WriteForm, string>> = {
  merge: "PATCH that names what comes, and with null what leaves",
  map: "PATCH of all identities that the host is to have",
  nulls: "the same, and with null what leaves",
  whole: "PATCH of everything that GET shows, with all identities that the host is to have",
  put: "PUT of the same",
};

function formsOf({ forms, honoursIfMatch }: HostRow): string {
  const ways = forms.map((form) => code(form)).join(", else ");
  return honoursIfMatch ? `${ways}, guarded by If-Match` : ways;
}

function takesOf({ both, maxUserAssigned, maxKeys, last }: HostRow): string {
  const kinds = both === undefined ? "a system-assigned identity or user-assigned ones, not both" : "both kinds";
  const count = maxUserAssigned === 1 ? "one user-assigned identity" : maxKeys === undefined ? "any number" : `any number, ${maxKeys} in one request`;
  return [kinds, count, ...(last === "stays" ? ["never none"] : [])].join("; ");
}

function settingOf({ part, at }: SettingRule): string {
  return part === undefined ? code(at) : `${code(at)} of ${code(part)}`;
}

function namedBy({ form }: SettingRule): string {
  return { armId: "ARM id", clientId: "client id", flag: "a flag that one is used", registry: "ARM id, in the entry of the registry" }[form];
}

function usesOf({ uses }: HostRow): string {
  return uses.map((path) => code(path)).join(", ");
}

function hiddenOf({ hidden, forms, secrets }: HostRow): string {
  if (hidden.length === 0) return "";
  const paths = hidden.map(hiddenPath).join(", ");
  if (secrets !== undefined) return `${paths}: read by ${code(secrets.action)} for a PUT`;
  return forms.length === 1 ? `${paths}: with one of them the write is refused` : `${paths}: with one of them a PUT is not made`;
}

function hiddenPath({ at, value }: HiddenValue): string {
  return code(value === undefined ? at : `${at}.${value}`);
}

const GAP =
  "Without If-Match, the GET directly precedes a write of all identities, and still an addition in that gap can be lost: an identity that somebody else attaches in the moment between is not in that write, and nobody saw it. `merge` names only what comes and goes and cannot lose anything.";

const NOTES: readonly (readonly [string, string])[] = [
  [
    "Hosts with one slot",
    `An AKS cluster has one identity. Under ${code("ownership: Shared")} an assignment is refused (${code("SlotTaken")}) while the slot holds what it did not put there; ${code("Exclusive")} replaces it in one write. A system-assigned identity never gives way unless the object holds it and says ${code("systemAssignedRemoval: Destroy")}. Deleting the assignment leaves the slot as it is, and so does a data factory with its last identity. The identity of the kubelet is in use and never taken away; a cluster with a service principal is changed over first, with ${code("az aks update --enable-managed-identity")}.`,
  ],
  [
    "Hosts that AKS manages",
    `Virtual machines, scale sets and storage accounts in a resource group that belongs to an AKS cluster are refused (${code("ManagedResourceGroup")}): Azure does not support changes there. Give the identity to the cluster, or to its pods by a ${code("FederatedIdentityCredential")}.`,
  ],
  [
    "Instances of scale sets",
    `Instances get the identity when they are upgraded to the model of their scale set. Until then the assignment is not Ready (${code("InstancesPending")}, with counts), unless the upgrade policy is Automatic. ${code("allowDisruption: Recreate")} lets the operator upgrade those that lack the model, by ${code("manualupgrade")}; everything else that differs from the model comes with it. Instances of a flexible scale set get an identity only when they are made. Detaching reaches instances in the same way, and an assignment that is deleted does not wait for it.`,
  ],
  [
    "A host that this list lacks",
    `Set ${code("spec.target.apiVersion")} beside ${code("armId")}. Such a host is written by PATCH only, what that disturbs is not known and counts as ${code("Restart")}, and an identity that its properties name anywhere is not detached. The status says so.`,
  ],
  [
    "Grants that Azure Resource Manager does not give",
    [
      "Attaching an identity lets the host become it; what it may do is granted elsewhere, by a `RoleAssignment`. Two things are not Azure Resource Manager's to grant:",
      "Users of Azure SQL databases. An administrator of the server, logged in with Microsoft Entra ID, runs this in the database; the name is that of the identity, or of the host for a system-assigned one:",
      "```sql\nCREATE USER [<name of the identity>] FROM EXTERNAL PROVIDER;\nALTER ROLE db_datareader ADD MEMBER [<name of the identity>];\nALTER ROLE db_datawriter ADD MEMBER [<name of the identity>];\n```",
      "Key Vaults in access-policy mode (`enableRbacAuthorization: false`). A role on such a vault is granted and has no effect: change the vault to Azure RBAC, or add an access policy for the identity's principalId with `az keyvault set-policy --name <vault> --object-id <principalId> --secret-permissions get list`.",
    ].join("\n\n"),
  ],
  [
    "What takes time",
    "A new grant acts within about 10 minutes. A token that a host obtained before stays valid for up to 24 hours: detaching an identity does not revoke tokens, and a host whose identity changed can serve old ones that long.",
  ],
];
