import { childId, parentOf, parseArmId } from "../api/arm-id.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { KubeObject } from "../api/object.ts";
import { withoutOwnerTag } from "../api/owner-tag.ts";
import { onAzureResource } from "../api/permission.ts";
import { WEB_APP } from "../api/resources.ts";
import { SITE_NAME_PATTERN, type WebAppSpec, webAppSpec } from "../api/web-app.ts";
import { exported, idsOf } from "./exported.ts";
import { hostShare, IDENTITIES_PATH } from "./host-share.ts";
import type { Kind, Located, Parsed, Part, Surroundings } from "./kind.ts";
import { badName, inGroup, type TypedName } from "./located.ts";
import { identityReferences } from "./named.ts";
import { claimedIn, HOST_VERBS, isObserved, onNamed } from "./permissions.ts";
import { parseSpec } from "./parse.ts";
import type { Reference } from "./reference.ts";
import { referentFor } from "./referent.ts";
import { shownIdentity } from "./shown-identity.ts";
import { tagStep } from "./tags.ts";
import { creatingBody, siteDifferences, siteSteps } from "./web-app-changes.ts";
import { fieldIdentityReferences, identityWaitedFor, strangeIdentity } from "./web-app-identities.ts";
import { needsConfig, planReferences } from "./web-app-properties.ts";
import { settingDocuments, settingParts, settingTwice } from "./web-app-settings.ts";

type Spec = WebAppSpec;

const typed: TypedName = {
  provider: "Microsoft.Web",
  type: "sites",
  name: { pattern: new RegExp(SITE_NAME_PATTERN), says: "2 to 60 letters, digits and hyphens" },
};

/** A web or function app, or a slot of one, with its identity: Microsoft.Web/sites and sites/slots (arm.md 6). */
export const webApp: Kind<Spec> = {
  type: WEB_APP,
  parse,
  references: (spec, namespace) => [
    ...identityReferences(spec.identity?.userAssigned ?? [], namespace, IDENTITIES_PATH),
    ...fieldIdentityReferences(spec, namespace),
    ...planReferences(spec, namespace),
    ...siteReferences(spec, namespace),
  ],
  namedIds: ({ plan }) => {
    const parsed = parseArmId(plan?.planArmId ?? "");
    return parsed.ok ? [{ path: "spec.plan.planArmId", id: parsed.id }] : [];
  },
  target,
  permissions: (spec, id, surroundings) => [
    ...claimedIn(spec, id, HOST_VERBS),
    ...onNamed("attach", "spec.plan.planArmId", spec.plan?.planArmId),
    ...siteReferences(spec, surroundings.namespace).flatMap((site) => (isObserved(site, surroundings) ? [onAzureResource("manage", site.path, parentOf(id) ?? id)] : [])),
  ],
  exports: (spec, status) => exported(spec.export, idsOf(status)),
  shape: {
    is: "resource",
    apiVersion: "2025-05-01",
    proof: "tag",
    answersFinally: true,
    listed: { of: "scope" },
    // Otherwise the plan would go with its last app (arm.md 6).
    deleteQuery: { deleteEmptyServerFarm: "false" },
    parts: (spec, surroundings) => [...(needsConfig(spec) ? [CONFIG] : []), ...settingParts(spec, surroundings)],
    documents: settingDocuments,
    location,
    tagKeys: (spec) => Object.keys(spec.tags ?? {}),
    desired: creatingBody,
    differences: siteDifferences,
    steps: siteSteps,
    unmarked: (have) => tagStep(withoutOwnerTag(have)),
    observed,
    incarnation: (have) => stringAt(objectAt(have, "identity"), "principalId")?.toLowerCase(),
    recorded: (status) => stringAt(objectAt(status, "identity"), "principalId")?.toLowerCase(),
    record: ({ appSettings = [] }) => (appSettings.length === 0 ? {} : { settingNames: appSettings.map(({ name }) => name) }),
    share: hostShare,
  },
};

const CONFIG: Part = { name: "web", path: "config/web" };

function parse(object: KubeObject): Parsed<Spec> {
  const parsed = parseSpec(webAppSpec, object);
  if (!parsed.ok) return parsed;
  const message = strangeIdentity(parsed.spec) ?? settingTwice(parsed.spec);
  return message === undefined ? parsed : { ok: false, message };
}

/** A slot goes with its site, so that the site stays while the slot is declared. */
function siteReferences({ slotOf }: Pick<Spec, "slotOf">, namespace: string): readonly Reference[] {
  if (slotOf === undefined) return [];
  return [{ kind: WEB_APP.kind, namespace, name: slotOf.webAppRef.name, path: "spec.slotOf.webAppRef", protects: true }];
}

/** An app waits for its plan, and for the ids of identities that its fields name. */
function target(spec: Spec, name: string, surroundings: Surroundings): Located {
  const located = spec.slotOf === undefined ? inGroup(spec, name, { typed, surroundings }) : slotTarget(spec, name, surroundings);
  if (!located.ok) return located;
  for (const reference of planReferences(spec, surroundings.namespace)) {
    const plan = referentFor(reference, surroundings);
    if (!plan.ok) return plan;
  }
  return identityWaitedFor(spec, surroundings) ?? located;
}

function slotTarget(spec: Spec, name: string, surroundings: Surroundings): Located {
  const [reference] = siteReferences(spec, surroundings.namespace);
  const slot = spec.azureName ?? name;
  if (!typed.name.pattern.test(slot)) return badName(slot, typed.name.says);
  if (reference === undefined) return { ok: false, message: "spec.slotOf: name the WebApp whose slot this is" };
  const site = referentFor(reference, surroundings);
  return site.ok ? { ok: true, target: childId(site.id, "slots", slot) } : site;
}

/** An app runs where its plan is, and a slot where its site is. */
function location(spec: Spec, surroundings: Surroundings): string | undefined {
  return declaredLocation(spec, surroundings) ?? surroundings.defaults.location;
}

function declaredLocation(spec: Pick<Spec, "location" | "plan" | "slotOf">, surroundings: Surroundings): string | undefined {
  const { namespace } = surroundings;
  const [place] = [...planReferences(spec, namespace), ...siteReferences(spec, namespace)];
  if (spec.location !== undefined || place === undefined) return spec.location;
  const declared = surroundings.referent(place)?.spec;
  if (place.kind !== WEB_APP.kind) return stringAt(declared, "location");
  const site = webAppSpec.safeParse(declared);
  return site.success && site.data.slotOf === undefined ? declaredLocation(site.data, surroundings) : undefined;
}

function observed(have: JsonObject): JsonObject {
  const properties = objectAt(have, "properties");
  return { state: stringAt(properties, "state"), defaultHostName: stringAt(properties, "defaultHostName"), identity: shownIdentity(have) };
}
