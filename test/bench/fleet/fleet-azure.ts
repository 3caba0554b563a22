import type { HttpClient, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import { createAzure } from "../../../src/azure/gateway.ts";
import { Governor } from "../../../src/azure/governor.ts";
import type { AzurePort } from "../../../src/reconcile/ports.ts";
import { askedInProcess } from "../../azure-client/without-network.ts";
import { type AzureInProcess, azureInProcess, type Clock } from "../../azure/azure.ts";

const ENDPOINT = "https://arm.fleet.test";
const TOKEN = "the token of the fleet";
const OPERATOR = { clientId: "c0000000-0000-4000-8000-000000000001", principalId: "d0000000-0000-4000-8000-000000000001" };

export const SUBSCRIPTION = "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/msdocs-identity-example`;

/** Items in a page of the list of all resources, and of a provider's own list (issue and arm.md 2.4: as assumed). */
const RESOURCES_PAGE = 1000;
const PROVIDER_PAGE = 100;

/** Requests since the last count. */
export interface FleetRequests {
  pages: number;
  reads: number;
  writes: number;
}

/**
 * The simulator without a network, on a virtual clock, behind the real gateway. A page that was answered is answered from memory as
 * long as nothing was written: in a settled day the simulator would make the same ones again and again.
 */
export class FleetAzure {
  readonly simulator: AzureInProcess;
  readonly #clock: Clock;
  readonly #instead: AzurePort | undefined;
  readonly #pages = new Map<string, PipelineResponse>();
  requests: FleetRequests = { pages: 0, reads: 0, writes: 0 };

  /** `instead` takes the place of the simulator. */
  constructor(clock: Clock, instead?: AzurePort) {
    this.#instead = instead;
    this.#clock = clock;
    this.simulator = azureInProcess({ clock, endpoint: ENDPOINT, subscriptionIds: [SUBSCRIPTION], pageSize: RESOURCES_PAGE });
    this.simulator.trust(TOKEN, OPERATOR);
    this.simulator.grant({ principalId: OPERATOR.principalId, actions: ["*"], scope: "/" });
    this.simulator.portal.createResourceGroup(SUBSCRIPTION, "msdocs-identity-example", "westeurope");
  }

  /** The gateway of a process, with the governor that it asks. */
  gateway(): { readonly azure: AzurePort; readonly governor: Governor } {
    const token = { token: TOKEN, expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
    const credential = () => ({ getToken: () => Promise.resolve(token), renew: () => Promise.resolve(token) });
    const governor = new Governor({ clock: this.#clock, share: 1 });
    const httpClient: HttpClient = { sendRequest: (request) => this.#send(request) };
    const azure = createAzure({ endpoint: ENDPOINT, httpClient, credential, clock: this.#clock, governor, userAgent: "azid/bench" });
    return { azure: this.#instead ?? azure, governor };
  }

  /** Somebody writes in Azure, so that pages have to be made again. */
  changed(): void {
    this.#pages.clear();
  }

  /** Begins to count anew, and returns what was counted. */
  count(): FleetRequests {
    const { requests } = this;
    this.requests = { pages: 0, reads: 0, writes: 0 };
    this.simulator.clearRequests();
    return requests;
  }

  async #send(request: PipelineRequest): Promise<PipelineResponse> {
    const path = request.url.slice(ENDPOINT.length);
    if (request.method !== "GET") {
      this.requests.writes += 1;
      this.changed();
      return this.#answer(request, path);
    }
    if (!isList(path)) {
      this.requests.reads += 1;
      return this.#answer(request, path);
    }
    this.requests.pages += 1;
    const page = this.#pages.get(path) ?? (await this.#answer(request, sized(path)));
    if (page.status === 200) this.#pages.set(path, page);
    return { ...page, request };
  }

  async #answer(request: PipelineRequest, path: string): Promise<PipelineResponse> {
    const answer = await askedInProcess(this.simulator, Object.assign(request, { url: ENDPOINT + path }));
    this.simulator.clearRequests();
    return answer;
  }
}

/** Whether a path ends with a type rather than a name: then it has an odd number of segments after its last provider. */
function isList(path: string): boolean {
  const [id = ""] = path.split("?");
  if (id.endsWith("/resources")) return true;
  const below = id.split("/providers/").at(-1)?.split("/") ?? [];
  return id.includes("/providers/") && below.length % 2 === 0;
}

function sized(path: string): string {
  return path.includes("/resources?") || path.includes("%24top=") ? path : `${path}&$top=${PROVIDER_PAGE}`;
}