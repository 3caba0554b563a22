import { titleOf } from "../api/object.ts";
import { type Reason, REASONS } from "../api/reasons.ts";
import type { Claim } from "./claim.ts";
import type { Outcome } from "./outcome.ts";
import type { AzureFailure } from "./ports.ts";

/** The built-in role that grants an action, for the line that a person can paste (arm.md 16). */
const ROLES: readonly { readonly action: RegExp; readonly role: string }[] = [
  { action: /userassignedidentities\/.*assign\/action$/i, role: "Managed Identity Operator" },
  { action: /^microsoft\.managedidentity\/userassignedidentities\//i, role: "Managed Identity Contributor" },
  { action: /^microsoft\.web\/(?:sites|serverfarms\/join)\//i, role: "Website Contributor" },
  { action: /^microsoft\.web\/serverfarms\//i, role: "Web Plan Contributor" },
  { action: /^microsoft\.authorization\/roleassignments\/(?:write|delete)$/i, role: "Role Based Access Control Administrator" },
  { action: /^microsoft\.compute\//i, role: "Virtual Machine Contributor" },
  { action: /^microsoft\.containerinstance\//i, role: "Azure Container Instances Contributor Role" },
  { action: /^microsoft\.containerservice\//i, role: "Azure Kubernetes Service Contributor Role" },
  { action: /^microsoft\.documentdb\//i, role: "DocumentDB Account Contributor" },
  { action: /^microsoft\.storage\//i, role: "Storage Account Contributor" },
  { action: /^microsoft\.sql\//i, role: "SQL Server Contributor" },
  { action: /^microsoft\.apimanagement\//i, role: "API Management Service Contributor" },
  { action: /^microsoft\.logic\//i, role: "Logic App Contributor" },
  { action: /^microsoft\.datafactory\//i, role: "Data Factory Contributor" },
  { action: /^microsoft\.search\//i, role: "Search Service Contributor" },
  { action: /^microsoft\.cognitiveservices\//i, role: "Cognitive Services Contributor" },
  { action: /^microsoft\.eventgrid\//i, role: "EventGrid Contributor" },
  { action: /\/read$/i, role: "Reader" },
];

/** What a person can do about refusals that have a code of their own (src/azure/error-codes.ts). */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["NameNotAvailable", "choose another name in spec.azureName"],
  ["QuotaExceeded", "ask for more quota, or choose another size or region"],
]);

/** A code that is one of our reasons says more than that Azure refused. */
function reasonOf(code: string): Reason {
  return Object.hasOwn(REASONS, code) ? (code as Reason) : "AzureRefused";
}

/** What a failed request means for a claim. `verb` is what was tried: "create", "attach identities to the host of". */
export function outcomeOf(failure: AzureFailure, claim: Claim, verb: string): Outcome {
  if (claim.deleting && claim.mode === "leaving" && isLocked(failure)) return claim.retain ? leftUnseen(claim, failure) : lockedOut(failure, claim, verb);
  const message = `cannot ${verb} ${titleOf(claim.object)}: ${failure.code}: ${failure.message}`;
  switch (failure.class) {
    case "throttled":
      if (failure.isUnsent === true) return { is: "queued", afterSeconds: failure.afterSeconds ?? 1 };
      return { is: "throttled", afterSeconds: failure.afterSeconds ?? 10 };
    case "unavailable":
      return { is: "unavailable", message };
    case "busy":
      if (failure.code === "InUse") return { is: "waiting", reason: "InUse", message: `${message}: remove what uses it, or wait until it is removed`, polled: true };
      return { is: "progressing", reason: "HostBusy", message, afterSeconds: failure.afterSeconds ?? 10 };
    case "forbidden":
      return { is: "waiting", reason: "AuthorizationFailed", message: `${message}${remedyFor(failure)}`, hasDeadline: true };
    case "identity":
      return { is: "waiting", reason: "IdentityNotPermitted", message: `${message}${remedyFor(failure)}`, hasDeadline: true };
    case "principal":
      return { is: "waiting", reason: "PrincipalNotFound", message: `${message}: a new principal reaches the directory within minutes; if it was deleted, correct the spec`, hasDeadline: true };
    case "exists":
      return { is: "waiting", reason: "AlreadyExists", message: `${message}: the other one is looked for again`, hasDeadline: true };
    case "locked":
      return { is: "waiting", reason: "ScopeLocked", message: `${message}: remove the lock, or wait until it is removed`, hasDeadline: true };
    case "missing":
      return { is: "waiting", reason: "AzureNotFound", message: `${message}: create what is missing, or correct what the spec names`, hasDeadline: true };
    case "credential":
      return { is: "waiting", reason: "CredentialUnavailable", message: `${message}: an administrator can correct the operator's credential`, hasDeadline: true };
    case "invalid":
      return { is: "refused", reason: reasonOf(failure.code), message: `${message}: ${REMEDIES.get(failure.code) ?? "correct the spec, or what Azure complains about"}` };
  }
}

/** Whether what is asked for cannot be reached with this credential, whenever it is asked. */
function isLocked(failure: AzureFailure): boolean {
  return failure.class === "forbidden" || failure.class === "credential";
}

/** What stays in Azure need not be reached: our mark stays on it, which a person who takes it over can remove. */
function leftUnseen({ object }: Claim, { code }: AzureFailure): Outcome {
  return { is: "released", reason: "Released", message: `${titleOf(object)}: what is held stays in Azure, as deletionPolicy says; it could not be looked at: ${code}` };
}

/** A role can be gone with the group that it was granted at: then there is nobody who could grant it again (DESIGN 6). */
function lockedOut(failure: AzureFailure, claim: Claim, verb: string): Outcome {
  const reason = failure.class === "forbidden" ? "AuthorizationFailed" : "CredentialUnavailable";
  const way = "or set deletionPolicy to Retain to leave in Azure what is held, or let an administrator set --cleanup-credential";
  return { is: "waiting", reason, message: `cannot ${verb} ${titleOf(claim.object)}: ${failure.code}: ${failure.message}${remedyFor(failure)}; ${way}`, hasDeadline: true };
}

/** Whether an object that is being deleted was refused what it needs to leave, so that only a clean-up could do it. */
export function isLockedOut({ claim, outcome }: { readonly claim: Claim; readonly outcome: Outcome }): boolean {
  return claim.deleting && claim.mode === "leaving" && outcome.is === "waiting" && ["AuthorizationFailed", "CredentialUnavailable"].includes(outcome.reason);
}

/** How to grant what a 403 says is missing; grants can take ten minutes to act (arm.md 13). */
export function remedyFor(failure: AzureFailure, scope = failure.denied?.scope): string {
  const { denied } = failure;
  if (denied === undefined || scope === undefined) return "";
  const who = denied.principalId ?? "<object id of the operator's identity>";
  const role = ROLES.find(({ action }) => action.test(denied.action))?.role ?? `<a role with ${denied.action}>`;
  const grant = `az role assignment create --assignee-object-id ${who} --assignee-principal-type ServicePrincipal --role "${role}" --scope ${scope}`;
  return `: the operator lacks ${denied.action}; grant it with: ${grant} (it can take up to 10 minutes to act)`;
}
