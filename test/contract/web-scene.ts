import { type JsonObject, objectAt } from "../../src/api/json.ts";
import type { Stage } from "./stage.ts";

/** Plans and web apps on a stage, and what Azure has of them. */
export class WebScene {
  readonly #stage: Stage;
  #count = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** The subscription and the resource group of every object. */
  at(): JsonObject {
    return { subscriptionId: this.#stage.bench.azure.subscriptionIds[0] ?? "", resourceGroup: "rg" };
  }

  /** A name that no other test uses. */
  fresh(): string {
    this.#count += 1;
    return `web-${String(this.#count).padStart(3, "0")}`;
  }

  site(name: string): string {
    return this.#below(`Microsoft.Web/sites/${name}`);
  }

  plan(name: string): string {
    return this.#below(`Microsoft.Web/serverfarms/${name}`);
  }

  identity(name: string): string {
    return this.#below(`Microsoft.ManagedIdentity/userAssignedIdentities/${name}`);
  }

  /** Makes a plan in Azure that is nobody's. */
  makePlan(name: string, sku = "S1"): void {
    this.#stage.bench.azure.portal.put(this.plan(name), { location: "westeurope", sku: { name: sku } });
  }

  /** The spec of an app on a plan that is nobody's. */
  spec(name: string): JsonObject {
    this.makePlan(`plan-${name}`);
    return { ...this.at(), plan: { planArmId: this.plan(`plan-${name}`) } };
  }

  /** Declares an app and waits until it is there; returns its name. */
  async created(more: JsonObject): Promise<string> {
    const name = this.fresh();
    await this.apply("WebApp", name, { ...this.spec(name), ...more });
    return name;
  }

  /** Applies an object; throws unless it is Ready then. */
  async apply(kind: string, name: string, spec: JsonObject): Promise<void> {
    await this.#stage.apply(kind, name, spec);
    const state = this.#stage.state(kind, name);
    if (state !== "True Succeeded") throw new Error(`${kind} ${name} is ${state}: ${this.#stage.message(kind, name)}`);
  }

  status(name: string): JsonObject {
    return (this.#stage.object("WebApp", name)?.status ?? {}) as JsonObject;
  }

  /** The app as the portal shows it. */
  azure(name: string): JsonObject | undefined {
    return this.#stage.bench.azure.portal.get(this.site(name));
  }

  /** What was asked of an app since the last `clearRequests`: `GET 200`, `PUT config/appsettings 200`. */
  told(name: string): readonly string[] {
    const about = this.#stage.requests().filter(({ path }) => path.toLowerCase().startsWith(this.site(name).toLowerCase()));
    return about.map(({ method, path, status }) => [method, path.slice(this.site(name).length + 1), status].filter((part) => part !== "").join(" "));
  }

  /** Members of the bodies that were sent to an app itself. */
  sent(name: string): readonly (readonly string[])[] {
    const about = this.#stage.writes().filter(({ path }) => path.toLowerCase() === this.site(name).toLowerCase());
    return about.map(({ body }) => Object.keys(body ?? {}));
  }

  /** Names of the identities that are attached. */
  attached(name: string): readonly string[] {
    const map = objectAt(objectAt(this.azure(name), "identity"), "userAssignedIdentities") ?? {};
    return Object.keys(map).map((id) => id.split("/").at(-1) ?? "");
  }

  settings(name: string): unknown {
    return this.#stage.bench.azure.portal.hidden(this.site(name))["appSettings"];
  }

  slotNames(name: string): JsonObject {
    return (this.#stage.bench.azure.portal.hidden(this.site(name))["slotConfigNames"] ?? {}) as JsonObject;
  }

  /** Replaces all app settings behind the operator's back. */
  async putSettings(name: string, settings: Readonly<Record<string, string>>): Promise<void> {
    await this.#put(name, "appsettings", settings);
  }

  /** Replaces the names of what stays with a slot behind the operator's back. */
  async putSlotNames(name: string, names: Readonly<Record<string, readonly string[]>>): Promise<void> {
    await this.#put(name, "slotConfigNames", names);
  }

  async #put(name: string, config: string, properties: Readonly<Record<string, string | readonly string[]>>): Promise<void> {
    const { status, text } = await this.#stage.bench.send("PUT", `${this.site(name)}/config/${config}?api-version=2025-05-01`, { body: { properties } });
    if (status !== 200) throw new Error(text);
  }

  #below(path: string): string {
    return `${this.#stage.bench.group}/providers/${path}`;
  }
}
