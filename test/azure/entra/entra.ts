import type { Clock } from "../kernel/clock.ts";
import type { Answer } from "../kernel/errors.ts";
import { Refusal } from "../kernel/errors.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Directory, Principal } from "../kernel/principals.ts";
import type { Settings } from "../kernel/settings.ts";
import { checkAssertion, Misses } from "./assertion.ts";
import { instanceDiscovery, openIdConfiguration } from "./discovery.ts";
import { entraError } from "./entra-error.ts";
import type { EntraErrorKind } from "./entra-error.ts";
import type { Tokens } from "./tokens.ts";

/** What Entra answers from. */
export interface EntraOptions {
  readonly clock: Clock;
  readonly tenantId: string;
  readonly endpoint: () => string;
  readonly directory: Directory;
  readonly tokens: Tokens;
  readonly jwksOf: (issuer: string) => Promise<unknown>;
  readonly settings: Settings;
  /** Lifetime of a token by the kind of its principal, in seconds of the clock. */
  readonly tokenLifetimeSeconds: (kind: Principal["kind"]) => number;
}

/** Under this name the directory answers as an AD FS does: clients that cannot be told to trust an unknown authority accept one. */
const ADFS = "adfs";
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ENTRA_ISSUER = /^https:\/\/(login\.microsoftonline\.(com|us)|login\.chinacloudapi\.cn|sts\.windows\.net)\//;

/** Microsoft Entra ID, as far as a confidential client without a user meets it. */
export class Entra {
  readonly #options: EntraOptions;
  readonly #misses = new Misses();

  constructor(options: EntraOptions) {
    this.#options = options;
  }

  /** Says whether a path is Entra's rather than ARM's. */
  static serves(path: string): boolean {
    return /^\/[^/]+\/(v2\.0\/|oauth2\/|discovery\/|\.well-known\/)/.test(path) && !/^\/(subscriptions|providers)\//i.test(path);
  }

  /** Answers a request of Entra's endpoints. */
  async answer(method: string, path: string, form: URLSearchParams): Promise<Answer> {
    const [, tenant = "", ...rest] = path.split("/");
    try {
      return await this.#route(`${method} ${rest.join("/").toLowerCase()}`, tenant, form);
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    }
  }

  async #route(request: string, tenant: string, form: URLSearchParams): Promise<Answer> {
    switch (request) {
      case "GET v2.0/.well-known/openid-configuration":
      case "GET .well-known/openid-configuration":
        return { status: 200, body: this.#configuration(tenant, request.includes("v2.0")) };
      case "GET discovery/v2.0/keys":
      case "GET discovery/keys":
        return { status: 200, body: (await this.#options.tokens.jwks()) as unknown as JsonObject };
      case "GET discovery/instance":
        return { status: 200, body: instanceDiscovery(this.#options.endpoint(), this.#options.tenantId) };
      case "POST oauth2/v2.0/token":
        return { status: 200, body: await this.#token(tenant, form) };
      case "POST oauth2/token":
        return { status: 200, body: await this.#tokenOfV1(tenant, form) };
      default:
        return { status: 404 };
    }
  }

  /** Clients that do not know the tenant yet ask for `common` or `organizations`. */
  #configuration(tenant: string, isV2: boolean): JsonObject {
    const { tenantId, endpoint } = this.#options;
    const isAdfs = tenant.toLowerCase() === ADFS;
    if (!["common", "organizations"].includes(tenant.toLowerCase())) this.#checkTenant(tenant);
    return openIdConfiguration({ authority: `${endpoint()}/${isAdfs ? ADFS : tenantId}`, version: isV2 ? "v2.0" : "v1.0" });
  }

  async #token(tenant: string, form: URLSearchParams): Promise<JsonObject> {
    this.#checkTenant(tenant);
    const principal = this.#client(form);
    const grant = this.#required(form, "grant_type");
    if (grant !== "client_credentials") throw this.#error("unsupported_grant_type", 70003, `The app requested an unsupported grant type '${grant}'.`);
    const audience = this.#audience(form.get("scope") === null ? `${this.#required(form, "resource")}/.default` : this.#required(form, "scope"));
    await this.#checkProof(principal, form);
    const lifetimeSeconds = this.#options.tokenLifetimeSeconds(principal.kind);
    const token = await this.#options.tokens.issue(principal, audience, lifetimeSeconds);
    return { token_type: "Bearer", expires_in: lifetimeSeconds, ext_expires_in: lifetimeSeconds, access_token: token };
  }

  /** The older endpoint is asked for a `resource` instead of a scope, and answers with texts and with times. */
  async #tokenOfV1(tenant: string, form: URLSearchParams): Promise<JsonObject> {
    const answer = await this.#token(tenant, form);
    const nowSeconds = Math.floor(this.#options.clock.now() / 1000);
    const lifetimeSeconds = Number(answer["expires_in"]);
    return {
      ...answer,
      expires_in: String(lifetimeSeconds),
      ext_expires_in: String(lifetimeSeconds),
      expires_on: String(nowSeconds + lifetimeSeconds),
      not_before: String(nowSeconds),
      resource: form.get("resource") ?? form.get("scope")?.replace(/\/\.default$/, ""),
    };
  }

  #checkTenant(tenant: string): void {
    if ([this.#options.tenantId.toLowerCase(), ADFS].includes(tenant.toLowerCase())) return;
    throw this.#error("invalid_request", 90002, `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID.`);
  }

  #client(form: URLSearchParams): Principal {
    const clientId = this.#required(form, "client_id");
    const principal = this.#options.directory.findByClientId(clientId);
    if (principal && principal.kind !== "systemAssigned") return principal;
    const message = `Application with identifier '${clientId}' was not found in the directory '${this.#options.tenantId}'.`;
    throw this.#error("unauthorized_client", 700016, message);
  }

  #audience(scope: string): string {
    if (!/(^| )\S+\/\.default( |$)/.test(scope)) {
      throw this.#error("invalid_scope", 1002012, `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`);
    }
    const audience = this.#options.tokens.audienceOf(scope.split(" ").find((one) => one.endsWith("/.default")) ?? scope);
    if (audience !== undefined) return audience;
    const message = `The resource principal named ${scope.replace(/\/\.default$/, "")} was not found in the tenant.`;
    throw this.#error("invalid_resource", 500011, message);
  }

  async #checkProof(principal: Principal, form: URLSearchParams): Promise<void> {
    const assertion = form.get("client_assertion");
    const secret = form.get("client_secret");
    if (assertion !== null && form.get("client_assertion_type") === JWT_BEARER) return checkAssertion(this.#judge(), principal, assertion);
    if (secret === null) {
      throw this.#error("invalid_client", 7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.");
    }
    if (principal.secret !== secret) throw this.#error("invalid_client", 7000215, `Invalid client secret provided for app '${principal.clientId}'.`);
  }

  #judge(): Parameters<typeof checkAssertion>[0] {
    const { clock, jwksOf, settings, endpoint } = this.#options;
    return {
      now: () => clock.now(),
      jwksOf,
      credentialDelaySeconds: settings.federatedCredentialDelaySeconds,
      missCacheSeconds: settings.federatedMissCacheSeconds,
      misses: this.#misses,
      isEntraIssuer: (issuer) => ENTRA_ISSUER.test(issuer) || issuer.startsWith(`${endpoint()}/`),
    };
  }

  #required(form: URLSearchParams, name: string): string {
    const value = form.get(name);
    if (value !== null && value !== "") return value;
    throw this.#error("invalid_request", 900144, `The request body must contain the following parameter: '${name}'.`);
  }

  #error(kind: EntraErrorKind, number: number, message: string): Refusal {
    return entraError(kind, number, message, this.#options.clock.now());
  }
}
