import { afterAll, beforeAll, expect, it } from "vitest";
import { armId, assignment, identity, identityId } from "../e2e/objects.ts";
import { GROUP, isReady, setStage } from "../e2e/stage.ts";
import type { Stage } from "../e2e/stage.ts";
import { loggedInAz } from "./az-cli.ts";
import type { AzCli } from "./az-cli.ts";

// The real az CLI and the real operator, in turns on one web app: az made it and goes on changing it, by a PUT of all that it
// has read; the operator adds its share by PATCH, and takes exactly that back.
const NAMESPACE = "az-turns";
const APP = "msdocs-identity-example";
const named = ["--resource-group", GROUP, "--name", APP] as const;

let stage: Stage;
let cli: AzCli;

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE] });
  cli = await loggedInAz(stage.azure);
  await stage.startOperator();
});
afterAll(async () => {
  await cli.close();
  await stage.close();
});

interface Shown {
  readonly type: string;
  readonly principalId: string | null;
  readonly names: readonly string[];
  readonly tags: unknown;
  readonly httpsOnly: unknown;
  readonly settings: unknown;
}

/** The web app as az shows it to its user. */
async function shown(): Promise<Shown> {
  const query = "{type: identity.type, principalId: identity.principalId, map: identity.userAssignedIdentities, tags: tags, httpsOnly: httpsOnly}";
  const { map, ...rest } = (await cli.az("webapp", "show", ...named, "--query", query)) as Omit<Shown, "names" | "settings"> & { readonly map: object | null };
  const settings = await cli.az("webapp", "config", "appsettings", "list", ...named, "--query", "[?name=='COLOUR'].value");
  return { ...rest, names: Object.keys(map ?? {}).map((key) => key.split("/").at(-1) ?? "").toSorted(), settings };
}

/** Asks the operator to look, and waits until it has: what it last saw is then what az left. */
async function lookAgain(turn: string): Promise<void> {
  await stage.kubectl("annotate", "ida", "ours", "-n", NAMESPACE, "--overwrite", `azureidentity.dev/reconcile-requested-at=${turn}`);
  await stage.until("ida", "ours", (object) => isReady(object) && object.status?.["lastHandledReconcileAt"] === turn);
}

it("az makes an app with an identity, a tag and a setting", async () => {
  const made = (await cli.az("identity", "create", "--resource-group", GROUP, "--name", "theirs")) as { readonly id: string };
  await cli.az("appservice", "plan", "create", ...named, "--is-linux", "false");
  await cli.az("webapp", "create", ...named, "--plan", APP, "--tags", "team=blue", "--assign-identity", made.id);
  await cli.az("webapp", "config", "appsettings", "set", ...named, "--settings", "COLOUR=blue");
  expect(await shown()).toEqual({ type: "UserAssigned", principalId: null, names: ["theirs"], tags: { team: "blue" }, httpsOnly: false, settings: ["blue"] });
});

it("the operator adds its identity, and az loses nothing", async () => {
  const spec = { target: { armId: armId("Microsoft.Web/sites", APP) }, userAssigned: [{ identityRef: { name: "ours" } }] };
  await stage.apply(identity(NAMESPACE, "ours"), assignment(NAMESPACE, "ours", spec));
  await stage.until("ida", "ours", isReady);
  expect(await shown()).toEqual({ type: "UserAssigned", principalId: null, names: ["ours", "theirs"], tags: { team: "blue" }, httpsOnly: false, settings: ["blue"] });
});

it("az switches its system-assigned identity on and changes the app, and the operator leaves that", async () => {
  const assigned = await cli.az("webapp", "identity", "assign", ...named, "--identities", "[system]");
  expect(assigned).toMatchObject({ type: "SystemAssigned, UserAssigned" });
  await cli.az("webapp", "update", ...named, "--https-only", "true", "--set", "tags.stage=live");
  const before = await shown();
  stage.azure.clearRequests();
  await lookAgain("first");
  expect(stage.arm().filter(({ principalId, method }) => principalId === stage.principalId && method !== "GET")).toEqual([]);
  expect(await shown()).toEqual(before);
  expect(before).toMatchObject({ names: ["ours", "theirs"], tags: { team: "blue", stage: "live" }, httpsOnly: true, settings: ["blue"] });
  expect(before.principalId).not.toBeNull();
});

it("az takes the operator's identity away, and the operator puts back that and nothing else", async () => {
  const before = await shown();
  await cli.az("webapp", "identity", "remove", ...named, "--identities", identityId("ours"));
  expect((await shown()).names).toEqual(["theirs"]);
  await lookAgain("second");
  expect(await shown()).toEqual(before);
});

it("the operator goes, and what az made is as az left it", async () => {
  const before = await shown();
  await stage.kubectl("delete", "ida", "ours", "-n", NAMESPACE, "--timeout=20s");
  expect(await shown()).toEqual({ ...before, names: ["theirs"] });
  await stage.kubectl("delete", "uai", "ours", "-n", NAMESPACE, "--timeout=20s");
  expect(await cli.az("identity", "list", "--resource-group", GROUP, "--query", "[].name")).toEqual(["theirs"]);
});
