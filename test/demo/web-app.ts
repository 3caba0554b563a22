import { isDeepStrictEqual } from "node:util";
import type { Azure, JsonObject } from "../azure/azure.ts";
import { armId, identityId } from "../e2e/objects.ts";
import { REGION } from "../e2e/stage.ts";

const SITE = armId("Microsoft.Web/sites", "msdocs-identity-example");
const PLAN = armId("Microsoft.Web/serverfarms", "msdocs-identity-example-plan");
const POLICYS = identityId("attached-by-policy");
const MINE = identityId("msdocs-identity-example-user-assigned");
const REPORTS = identityId("msdocs-identity-example-reports");
const IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities";

/** What people do in the portal, beside the operator: a web app that is theirs, and two changes behind its back. */
export class WebApp {
  readonly #azure: Azure;
  readonly #before: unknown;

  /** Makes the web app with its system-assigned identity and one that a policy attached, and the identity that a sample names. */
  constructor(azure: Azure) {
    this.#azure = azure;
    azure.portal.put(PLAN, { location: REGION, sku: { name: "B1" } });
    azure.portal.put(identityId("msdocs-identity-example-shared"), { location: REGION });
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

  /** The tags of the identity of the object `reports`, as JSON. */
  tags(): string {
    return JSON.stringify(this.#tags());
  }

  /** Names of all identities that Azure has. */
  identities(): string {
    return this.#azure.portal.list(IDENTITIES).map(({ name }) => JSON.stringify(name)).join(", ");
  }

  /** Changes a tag that is declared, and detaches an identity that an assignment holds. */
  tamper(): void {
    this.#azure.portal.patch(REPORTS, { tags: { ...this.#tags(), team: "nobody" } });
    this.#azure.portal.patch(SITE, { identity: { type: "SystemAssigned, UserAssigned", userAssignedIdentities: { [MINE]: null } } });
  }

  /** Whether both changes of {@link tamper} are undone. */
  isHealed(): boolean {
    const attached = JSON.stringify(this.#azure.portal.get(SITE)?.["identity"] ?? {}).toLowerCase();
    return attached.includes(MINE.toLowerCase()) && this.#tags()["team"] === "reports";
  }

  /** Whether Azure has exactly what it had before the operator came, also the same principals. */
  isAsBefore(): boolean {
    return isDeepStrictEqual(this.#everything(), this.#before);
  }

  #tags(): JsonObject {
    return (this.#azure.portal.get(REPORTS)?.["tags"] ?? {}) as JsonObject;
  }

  #everything(): unknown {
    const identities = this.#azure.portal.list(IDENTITIES).map(({ id, properties, tags }) => ({ id, properties, tags: tags ?? {} }));
    return structuredClone({ identity: this.#azure.portal.get(SITE)?.["identity"], identities });
  }
}
