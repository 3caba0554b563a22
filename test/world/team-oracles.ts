import type { KubeObject } from "../../src/api/object.ts";
import { isLive, readyOf } from "./seen.ts";
import type { Universe } from "./universe.ts";
import { miscounted, notGivenBack, withheldNames } from "./consents.ts";

/** What is wrong about two namespaces at rest; empty when nothing is. */
export function teamFaults(universe: Universe): readonly string[] {
  if (universe.administrators.setting === undefined) return [];
  return [...notGivenBack(universe), ...miscounted(universe), ...toldOf(universe), ...unhealed(universe)];
}

/** Of what may not be named is said what is said of what does not exist (DESIGN 6). */
function toldOf(universe: Universe): readonly string[] {
  return universe.api.list("IdentityAssignment").filter(isLive).flatMap((object) => {
    const message = readyOf(object)?.message ?? "";
    const { namespace } = object.metadata;
    const told = withheldNames(universe, object).find((name) => message.includes(`/${name} `) && !message.includes(`/${name} does not exist, or does not allow namespace "${namespace}"`));
    return told === undefined ? [] : [`${object.metadata.name} tells of what it may not name: "${message}"`];
  });
}

/** Once a right or an account is there again, nobody is without it (DESIGN 7: slow retry). */
function unhealed({ api, administrators }: Universe): readonly string[] {
  const isServed = ({ metadata }: KubeObject): boolean => administrators.principalsOf(metadata.namespace, 0)[0] !== undefined;
  const isRefused = (object: KubeObject): boolean => {
    const reason = readyOf(object)?.reason ?? "";
    if (reason === "AuthorizationFailed") return !administrators.isAnythingLacking;
    return isServed(object) && ["CredentialNotAllowed", "CredentialUnavailable", "CredentialGone"].includes(reason);
  };
  return api.list().filter((object) => isLive(object) && isRefused(object)).map((object) => `${object.kind} ${object.metadata.name} lacks nothing any more, and says ${readyOf(object)?.reason ?? ""}`);
}
