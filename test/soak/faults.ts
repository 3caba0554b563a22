import { request } from "node:https";
import type { Azure } from "../azure/azure.ts";
import type { FaultRule } from "../azure/kernel/fault-rules.ts";
import { CONTROL_KEY_HEADER } from "../azure/kernel/control.ts";

const WRITES: ("PUT" | "PATCH" | "DELETE")[] = ["PUT", "PATCH", "DELETE"];
const READS: ("GET")[] = ["GET"];
const always = "always" as const;

/** What goes wrong in Azure, and how often: about one request in ten. A DELETE that Azure says it has done is done (DESIGN 3, invariant 3). */
const RULES: readonly FaultRule[] = [
  { fault: { do: "break", status: 503, body: "html", effect: "none" }, likelihood: 0.02, times: always },
  { fault: { do: "break", status: 500, body: "empty", effect: "none" }, likelihood: 0.01, times: always },
  { fault: { do: "break", status: 502, body: "half", effect: "done" }, likelihood: 0.01, times: always },
  { fault: { do: "reset", effect: "none" }, likelihood: 0.01, times: always },
  { fault: { do: "reset", effect: "done" }, likelihood: 0.01, times: always },
  { match: { methods: WRITES }, fault: { do: "gateway-timeout" }, likelihood: 0.03, times: always },
  { fault: { do: "throttle", retryAfterSeconds: 2 }, likelihood: 0.01, times: always },
  { match: { type: "Microsoft.ManagedIdentity/userAssignedIdentities" }, fault: { do: "throttle", retryAfterSeconds: 3, flavour: "msi" }, likelihood: 0.01, times: always },
  { match: { methods: WRITES }, fault: { do: "delay", ms: 400 }, likelihood: 0.1, times: always },
  { match: { methods: READS }, fault: { do: "delay", ms: 200 }, likelihood: 0.03, times: always },
  { match: { methods: WRITES }, fault: { do: "fail-operation", error: { code: "InternalServerError", message: "The operation failed." } }, likelihood: 0.03, times: always },
  { match: { methods: WRITES }, fault: { do: "move-operation", old: "gone" }, likelihood: 0.03, times: always },
  { match: { methods: ["PUT", "PATCH"] }, fault: { do: "ignore" }, likelihood: 0.005, times: always },
];

/** How long lists and Entra lag behind while everything goes wrong. */
const LAGS = { listLagSeconds: 3, resourcesLagSeconds: 5, principalReplicationSeconds: 3, roleAssignmentDelaySeconds: 2 };

/** The fault plane of a simulator, as somebody has it who only knows its endpoint and its key. */
export class FaultPlane {
  readonly #azure: Azure;
  readonly #key: string;

  constructor(azure: Azure, key: string) {
    this.#azure = azure;
    this.#key = key;
  }

  /** From now on everything goes wrong now and then. */
  async begin(): Promise<void> {
    for (const rule of RULES) await this.#send("POST", "faults", rule);
    await this.#send("PATCH", "settings", LAGS);
  }

  /** From now on nothing does; returns how many requests had met a fault. */
  async end(): Promise<number> {
    const { value } = JSON.parse(await this.#send("GET", "faults")) as { readonly value: readonly { readonly met: number }[] };
    await this.#send("DELETE", "faults");
    await this.#send("PATCH", "settings", Object.fromEntries(Object.keys(LAGS).map((name) => [name, 0])));
    return value.reduce((sum, { met }) => sum + met, 0);
  }

  #send(method: string, plane: string, body?: object): Promise<string> {
    const headers = { [CONTROL_KEY_HEADER]: this.#key, "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const sent = request(`${this.#azure.endpoint}/simulator/${plane}`, { method, headers, ca: this.#azure.caPem }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.on("end", () => ((answer.statusCode ?? 500) < 300 ? resolve(text) : reject(new Error(`cannot ${method} /simulator/${plane}: ${answer.statusCode ?? 0}: ${text}`))));
      });
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
