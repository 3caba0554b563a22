import { isDeepStrictEqual } from "node:util";
import type { Azure, JsonObject } from "../azure/azure.ts";
import { armId, identityId } from "../e2e/objects.ts";
import { REGION } from "../e2e/stage.ts";
import { identitiesOf, madeIn, makeServices } from "../tutorial/services.ts";

const SITE = armId("Microsoft.Web/sites", "msdocs-identity-example");
const PLAN = armId("Microsoft.Web/serverfarms", "msdocs-identity-example-plan");
const SHOWN = ["Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Web/sites", "Microsoft.ContainerInstance/containerGroups"];
const POLICYS = identityId("attached-by-policy");
const MINE = identityId("msdocs-identity-example-user-assigned");
const CREDENTIAL = `${MINE}/federatedIdentityCredentials/msdocs-identity-pods`;
const SUBJECT = "system:serviceaccount:identity-demo:msdocs-identity-pods";

/** What people do in the portal, beside the operator: services that are theirs, a web app among them, and two changes behind its back. */
export class WebApp {
  readonly #azure: Azure;
  readonly #before: unknown;

  /** Makes what the tutorial uses, and a web app with its system-assigned identity and one that a policy attached. */
  constructor(azure: Azure) {
    this.#azure = azure;
    makeServices(azure);
    azure.portal.put(PLAN, { location: REGION, sku: { name: "B1" } });
    azure.portal.put(POLICYS, { location: REGION });
    const identity = { type: "SystemAssigned, UserAssigned", userAssignedIdentities: { [POLICYS]: {} } };
    azure.portal.put(SITE, { location: REGION, properties: { serverFarmId: PLAN }, identity });
    this.#before = this.#everything();
  }

  /** Its identity as Azure shows it; the common beginning of the ids of identities is left out. */
  identity(): string {
    const text = JSON.stringify(this.#azure.portal.get(SITE)?.["identity"] ?? null, undefined, 2);
    return text.replaceAll(/\/subscriptions\/[^"]*\/userAssignedIdentities\//g, "…/");
  }

  /** Who may become the identity of the tutorial. */
  subject(): string {
    const { subject } = (this.#azure.portal.get(CREDENTIAL)?.["properties"] ?? {}) as JsonObject;
    return JSON.stringify(subject ?? null);
  }

  /** Names of all identities, web apps and container groups that Azure has. */
  names(): string {
    return SHOWN.flatMap((type) => this.#azure.portal.list(type)).map(({ name }) => JSON.stringify(name)).join(", ");
  }

  /** Lets another ServiceAccount become the identity, and detaches the identity from the web app. */
  tamper(): void {
    const properties = this.#azure.portal.get(CREDENTIAL)?.["properties"] as JsonObject;
    this.#azure.portal.put(CREDENTIAL, { properties: { ...properties, subject: SUBJECT.replace(/[^:]+$/, "somebody-else") } });
    this.#azure.portal.patch(SITE, { identity: { type: "SystemAssigned, UserAssigned", userAssignedIdentities: { [MINE]: null } } });
  }

  /** Whether both changes of {@link tamper} are undone. */
  isHealed(): boolean {
    const attached = JSON.stringify(this.#azure.portal.get(SITE)?.["identity"] ?? {}).toLowerCase();
    return attached.includes(MINE.toLowerCase()) && this.subject() === JSON.stringify(SUBJECT);
  }

  /** Whether Azure has exactly what it had before the operator came, also the same principals. */
  isAsBefore(): boolean {
    return isDeepStrictEqual(this.#everything(), this.#before);
  }

  #everything(): unknown {
    const identity = this.#azure.portal.get(SITE)?.["identity"];
    return structuredClone([identity, madeIn(this.#azure), identitiesOf(this.#azure)]);
  }
}
