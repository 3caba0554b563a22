import { nameOf } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { webError } from "../kernel/errors.ts";
import { isObject, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Route, RouteRequest } from "../kernel/route.ts";
import { WEB_API_VERSIONS } from "./web-plans.ts";
import { SITE_NAME, sites } from "./web-sites.ts";
import { webAppStacks } from "./web-stacks.ts";

/** What Microsoft.Web answers beside its resources; clients ask it before they create an app. */
export const webRoutes: readonly Route[] = [
  {
    path: "/subscriptions/{subscriptionId}/providers/Microsoft.Web/checkNameAvailability",
    method: "POST",
    type: "Microsoft.Web/checkNameAvailability",
    action: () => "Microsoft.Web/checknameavailability/action",
    scope: ({ subscriptionId = "" }) => `/subscriptions/${subscriptionId}`,
    apiVersions: WEB_API_VERSIONS,
    answer: checkNameAvailability,
  },
  {
    path: "/providers/Microsoft.Web/webAppStacks",
    method: "GET",
    type: "Microsoft.Web/webAppStacks",
    scope: () => "/",
    apiVersions: WEB_API_VERSIONS,
    answer: ({ query }) => ({ status: 200, body: { value: webAppStacks(query.get("stackOsType")), nextLink: null, id: null } }),
  },
];

/** Host names are unique in the world (arm.md 6), so a name is taken whoever has it. */
function checkNameAvailability({ world, body }: RouteRequest): Answer {
  const name = textAt(isObject(body) ? body : {}, "name");
  if (name === undefined) throw webError(400, "BadRequest", "The parameter name has an invalid value.", "01007");
  const taken = world.store.ofType(sites.type).some(({ id }) => nameOf(id).toLowerCase() === name.toLowerCase());
  if (taken) return unavailable("AlreadyExists", `Hostname '${name}' already exists. Please select a different name.`);
  if (!SITE_NAME.pattern.test(name)) return unavailable("Invalid", `The name '${name}' is not valid: it must be ${SITE_NAME.says}.`);
  return { status: 200, body: { nameAvailable: true, reason: "", message: "" } };
}

function unavailable(reason: string, message: string): Answer {
  const body: JsonObject = { nameAvailable: false, reason, message };
  return { status: 200, body };
}
