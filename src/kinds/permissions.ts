import { type ArmId, parseArmId } from "../api/arm-id.ts";
import { onAzureResource, type Permission } from "../api/permission.ts";
import { stringAt } from "../api/json.ts";
import type { Policies, Surroundings } from "./kind.ts";
import type { Reference } from "./reference.ts";

/** An object that takes over what exists, or only looks at it, names what it did not make. */
export function claimedIn({ managementPolicy, adoptionPolicy }: Policies, target: ArmId, verbs: { readonly adopting: Permission["verb"]; readonly observing: Permission["verb"] }): readonly Permission[] {
  if (managementPolicy === "ObserveOnly") return [onAzureResource(verbs.observing, "spec.managementPolicy", target)];
  return adoptionPolicy === "IfExists" ? [onAzureResource(verbs.adopting, "spec.adoptionPolicy", target)] : [];
}

/** Who takes over a host decides about all of its identities; who looks at it reads their ids. */
export const HOST_VERBS = { adopting: "manage", observing: "attach" } as const;

/** Who names an identity can become it. */
export const IDENTITY_VERBS = { adopting: "use", observing: "use" } as const;

/** Whether an object of the namespace only observes what it stands for, so that a reference to it names what is not the namespace's. */
export function isObserved(reference: Reference, surroundings: Surroundings): boolean {
  return stringAt(surroundings.referent(reference)?.spec, "managementPolicy") === "ObserveOnly";
}

/** The permission on what a text names; none when it is absent or no ARM id. */
export function onNamed(verb: Permission["verb"], path: string, text: string | undefined): readonly Permission[] {
  const parsed = parseArmId(text ?? "");
  return parsed.ok ? [onAzureResource(verb, path, parsed.id)] : [];
}
