import { type ArmId, armId, groupScope } from "../../src/api/arm-id.ts";
import type { AzurePort, AzureRequest, AzureWrite } from "../../src/reconcile/ports.ts";
import { type Azure, defaultSettings, type JsonObject, type JsonValue } from "../azure/azure.ts";
import { comparable } from "../azure/azure-state.ts";

/** An Azure and the way to it: the real one is HTTPS with logins, the others are fakes of that way. */
export interface AzureUnderTest {
  readonly azure: Azure;
  readonly port: AzurePort;
  /** The object id of whoever asks. */
  readonly principalId: string;
  readonly advance: (ms: number) => Promise<void>;
  close(): Promise<void>;
}

/** The resource group that there is. */
export const GROUP = "rg";

const ever = new AbortController().signal;
const at = (apiVersion: string, more: Partial<AzureRequest> = {}): AzureRequest => ({ apiVersion, credential: "shared", signal: ever, ...more });
const MSI = at("2024-11-30");
const MACHINE = at("2024-07-01");
const WEB = at("2023-12-01");

/** Somebody who asks, and notes what the answer was. */
interface Teller extends AzureUnderTest {
  readonly id: (type: string, ...names: readonly string[]) => ArmId;
  readonly identity: (name: string) => ArmId;
  readonly note: (answer: unknown) => void;
}

/** What the engine asks of Azure, story by story. */
export const STORIES: Readonly<Record<string, (on: Teller) => Promise<void>>> = {
  "an identity comes, changes and goes": async ({ port, note, identity }) => {
    const one = identity("one");
    note(await port.read(one, MSI));
    note(await port.put(one, { location: "westeurope", tags: { a: "b", größe: "ß 𝄞" } }, MSI));
    note(await port.read(one, MSI));
    note(await port.patch(one, { tags: { c: "d" } }, MSI));
    note(await port.put(one, { location: "westeurope", tags: {} }, { ...MSI, typed: true }));
    note(await port.delete(one, { ...MSI, typed: true }));
    note(await port.delete(one, MSI));
  },
  "refusals of ARM": async ({ azure, port, note, identity, id, principalId }) => {
    const one = identity("one");
    note(await port.put(one.replace(`/${GROUP}/`, "/nowhere/") as ArmId, { location: "westeurope" }, MSI));
    note(await port.read(one, at("2000-01-01")));
    note(await port.read(id("Microsoft.Web/nothings", "one"), WEB));
    note(await port.put(id("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials", "gone", "one"), { properties: { issuer: "https://i.example", subject: "s", audiences: ["a"] } }, MSI));
    azure.revoke(() => true);
    note(await port.read(one, MSI));
    azure.grant({ principalId, actions: ["*"], scope: "/" });
  },
  "lists, in pages": async ({ azure, port, note, id, identity }) => {
    for (let index = 0; index < 5; index += 1) await port.put(identity(`no-${index}`), { location: "westeurope" }, MSI);
    azure.adjust({ pageSize: 2 });
    const parent = groupScope(azure.subscriptionIds[0] ?? "", GROUP);
    note(await port.list(parent, "providers/Microsoft.ManagedIdentity/userAssignedIdentities", MSI));
    const pages: (readonly JsonObject[])[] = [];
    for (let from: string | undefined, first = true; first || from !== undefined; first = false) {
      const page = await port.page(parent, "resources", { ...at("2021-04-01"), filter: "resourceType eq 'Microsoft.ManagedIdentity/userAssignedIdentities'", ...(from === undefined ? {} : { from }) });
      if (page.is !== "found") return note(page);
      // Whether some come empty is a habit of a world.
      if (page.items.length > 0) pages.push(page.items);
      from = page.next;
    }
    note(pages);
    note(await port.list(id("Microsoft.ManagedIdentity/userAssignedIdentities", "gone"), "federatedIdentityCredentials", MSI));
  },
  "operations run and end, fail, and move": async (on) => {
    const { azure, port, note, id, identity, advance } = on;
    await port.put(identity("one"), { location: "westeurope" }, MSI);
    const machine = id("Microsoft.Compute/virtualMachines", "machine");
    azure.portal.put(machine, { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
    const attach: JsonObject = { identity: { type: "UserAssigned", userAssignedIdentities: { [identity("one")]: {} } } };
    await followed(on, await port.patch(machine, attach, MACHINE));
    azure.failOperation(({ method }) => method === "PATCH", { code: "AllocationFailed", message: "There is no room." });
    await followed(on, await port.patch(machine, attach, MACHINE));
    azure.intercept(({ method }) => method === "PATCH", { do: "move-operation", old: "gone" });
    await followed(on, await port.patch(machine, attach, MACHINE));
    note(await port.patch(machine, { tags: {} }, { ...MACHINE, ifMatch: '"of another version"' }));
    await followed(on, await port.delete(machine, MACHINE));
    await advance(120_000);
    note(await port.read(machine, MACHINE));
  },
  "an identity that is not there": async ({ azure, port, note, id, identity }) => {
    const machine = id("Microsoft.Compute/virtualMachines", "machine");
    azure.portal.put(machine, { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
    const refused = await port.patch(machine, { identity: { type: "UserAssigned", userAssignedIdentities: { [identity("missing")]: {} } } }, MACHINE);
    // Which code says so is a habit of a world.
    note(refused.is === "failed" ? [refused.failure.class, refused.failure.named] : refused.is);
  },
  "actions": async ({ azure, port, note, id }) => {
    const site = id("Microsoft.Web/sites", "azid-contract");
    azure.portal.put(site, { location: "westeurope", properties: { siteConfig: { appSettings: [{ name: "COLOUR", value: "blue" }] } } });
    const settings = id("Microsoft.Web/sites/config", "azid-contract", "appsettings");
    note(await port.readAction(settings, "list", WEB));
    const stopped = await port.act(site, "stop", {}, WEB);
    note(stopped.is);
    note(await port.readAction(id("Microsoft.Web/sites/config", "azid-gone", "appsettings"), "list", WEB));
  },
  "roles and locations": async ({ azure, port, note }) => {
    const [subscriptionId = ""] = azure.subscriptionIds;
    const group = groupScope(subscriptionId, GROUP);
    for (const by of [{ name: "reader" }, { id: "acdd72a7-3385-48ef-bd42-f606fba81ae7" }, { name: "No such role" }]) note(await port.roleDefinition(group, by, at("2022-04-01")));
    for (const name of [GROUP, "nowhere"]) note(await port.groupLocation(subscriptionId, name, at("2021-04-01")));
  },
  "answers of no use, before the effect and after it": async ({ azure, port, note, identity }) => {
    const one = identity("one");
    await port.put(one, { location: "westeurope" }, MSI);
    const bodies = ["html", "empty", "half"] as const;
    const broken = ([500, 502, 503, 504] as const).flatMap((status) => bodies.flatMap((body) => (["none", "done"] as const).map((effect) => ({ do: "break", status, body, effect }) as const)));
    const resets = (["none", "done"] as const).map((effect) => ({ do: "reset", effect }) as const);
    for (const [index, fault] of [...broken, ...resets, { do: "gateway-timeout" } as const].entries()) {
      azure.intercept(({ method }) => method === "PATCH", fault);
      note([fault, await port.patch(one, { tags: { nth: String(index) } }, MSI)]);
      note(await port.read(one, MSI));
    }
  },
  "throttling": async ({ azure, port, note, identity, advance }) => {
    const isArm = ({ type }: { readonly type: string }): boolean => type !== "entra";
    for (const flavour of ["arm", "msi", "web"] as const) {
      azure.intercept(isArm, { do: "throttle", retryAfterSeconds: 9, flavour }, 2);
      for (const ask of [() => port.read(identity("one"), MSI), () => port.put(identity("one"), { location: "westeurope" }, MSI)]) {
        note(await ask());
        // Where a governor stands before it, it lets nobody through earlier.
        await advance(9000);
      }
    }
    azure.intercept(isArm, { do: "answer", status: 429, headers: { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, text: "" });
    const dated = await port.read(identity("one"), MSI);
    note(dated.is === "failed" ? dated.failure.class : dated.is);
  },
  "a request that was given up before it was sent": async ({ azure, port, note, identity }) => {
    const sent = () => azure.requests.filter(({ type }) => type !== "entra").length;
    const before = sent();
    note(await port.put(identity("one"), { location: "westeurope" }, { ...MSI, signal: AbortSignal.abort() }));
    note(sent() - before);
  },
};

/** What a port answers in a story; what is drawn by whose it is. */
export async function told(under: AzureUnderTest, story: (on: Teller) => Promise<void>): Promise<readonly string[]> {
  const { azure } = under;
  const [subscriptionId = ""] = azure.subscriptionIds;
  azure.adjust(defaultSettings);
  const id: Teller["id"] = (type, ...names) => {
    const [provider = "", ...types] = type.split("/");
    return armId({ subscriptionId, resourceGroup: GROUP, provider, types, names });
  };
  const lines: string[] = [];
  const note = (answer: unknown): void => {
    const text = comparable(azure)(JSON.parse(JSON.stringify(answer ?? null)) as JsonValue);
    const drawn = [[subscriptionId, "sub"], [azure.tenantId, "tenant"], [under.principalId, "me"]] as const;
    lines.push(drawn.reduce((left, [value, name]) => left.replaceAll(value, name), text).replaceAll(/(the client '|actor ')[^']*/g, "$1"));
  };
  await story({ ...under, id, identity: (name) => id("Microsoft.ManagedIdentity/userAssignedIdentities", name), note });
  return lines;
}

/** Follows an operation until it ends, over two minutes at most. */
async function followed({ note, advance }: Teller, begun: AzureWrite): Promise<void> {
  if (begun.is !== "running") return note(begun);
  for (let asked = 0; asked < 12; asked += 1) {
    const polling = begun.operation.poll(ever);
    // Longer than a world takes for an answer.
    await advance(1000);
    const progress = await polling;
    note(progress.is === "running" ? progress.is : progress);
    if (progress.is !== "running") return;
    await advance(10_000);
  }
}
