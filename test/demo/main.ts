import { join } from "node:path";
import { setStage, type Stage, SUBSCRIPTION } from "../e2e/stage.ts";
import { armId, identityId } from "../e2e/objects.ts";
import { Narrator } from "./narrator.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAMESPACE = "identity-demo";
const SITE = armId("Microsoft.Web/sites", "msdocs-identity-example");
const IDENTITY = identityId("msdocs-identity-example-user-assigned");

const say = new Narrator(process.stdout);

/** The demo: everything real but Azure. Returns the exit code. */
async function main(keep: boolean): Promise<number> {
  say.title("A cluster, an Azure, and the operator between them");
  const stage = await say.during("starting etcd, kube-apiserver, kube-controller-manager and the simulator", () => setStage({ namespaces: [NAMESPACE] }));
  try {
    prepareAzure(stage);
    await say.during("starting the operator as its own ServiceAccount", () => stage.startOperator());
    await show(stage);
    if (keep) await stay(stage);
    else await cleanUp(stage);
    return 0;
  } catch (error) {
    say.failure(error instanceof Error ? error.message : String(error));
    say.failure((await stage.operator().output()).split("\n").slice(-15).join("\n"));
    return 1;
  } finally {
    await stage.close();
  }
}

/** A web app that somebody else owns, with an identity that somebody else attached, and the identity that a sample names. */
function prepareAzure({ azure }: Stage): void {
  const plan = armId("Microsoft.Web/serverfarms", "msdocs-identity-example-plan");
  const theirs = identityId("attached-by-policy");
  azure.portal.put(plan, { location: "westus2", sku: { name: "B1" } });
  azure.portal.put(identityId("msdocs-identity-example-shared"), { location: "westus2" });
  azure.portal.put(theirs, { location: "westus2" });
  azure.portal.put(SITE, { location: "westus2", properties: { serverFarmId: plan }, identity: { type: "UserAssigned", userAssignedIdentities: { [theirs]: {} } } });
}

async function show(stage: Stage): Promise<void> {
  const run = (...args: readonly string[]) => command(stage, args);
  say.title("What somebody else has in Azure: a web app with an identity that a policy attached");
  showSite(stage);
  say.title("Declare two identities, and assign them to that web app");
  await run("apply", "--server-side", "--force-conflicts", "-k", "deploy/samples");
  await run("wait", "--for=condition=Ready", "uai,ida", "--all", "-n", NAMESPACE, "--timeout=30s");
  await run("get", "azure-identity", "-n", NAMESPACE);
  await run("get", "uai", "-n", NAMESPACE, "-o", "wide");
  say.title("The web app has them, and keeps what the policy attached");
  showSite(stage);
  say.title("Somebody changes a tag and detaches an identity behind the operator's back");
  const tags = stage.azure.portal.get(identityId("msdocs-identity-example-reports"))?.["tags"];
  stage.azure.portal.patch(identityId("msdocs-identity-example-reports"), { tags: { ...(tags as object), team: "nobody" } });
  stage.azure.portal.patch(SITE, { identity: { type: "SystemAssigned, UserAssigned", userAssignedIdentities: { [IDENTITY]: null } } });
  showSite(stage);
  say.title("The operator finds it within --sync-interval-seconds, or at once when asked");
  const asked = `azureidentity.dev/reconcile-requested-at=${new Date().toISOString()}`;
  await run("annotate", "uai,ida", "--all", "-n", NAMESPACE, asked);
  await say.during("waiting for the web app to have it again", () => stage.untilArm(() => hasIdentity(stage) && teamOf(stage) === "reports"));
  showSite(stage);
  await run("describe", "ida", "msdocs-identity-example", "-n", NAMESPACE);
}

async function cleanUp(stage: Stage): Promise<void> {
  say.title("Delete the objects: exactly what they made goes");
  await command(stage, ["delete", "ida,uai", "--all", "-n", NAMESPACE, "--timeout=40s"]);
  showSite(stage);
  const left = stage.azure.portal.list("Microsoft.ManagedIdentity/userAssignedIdentities").map(({ name }) => (typeof name === "string" ? name : ""));
  say.text(`Identities left in Azure: ${left.join(", ")}`);
  const writes = stage.arm().filter(({ method }) => method !== "GET").length;
  say.title(`Done: ${stage.arm().length} requests to Azure, ${writes} of them writes`);
}

async function stay(stage: Stage): Promise<void> {
  say.title("It stays up. In another terminal:");
  say.text(`export KUBECONFIG=${stage.plane.adminKubeconfig}`);
  say.text(`alias kubectl=${stage.plane.kubectl}`);
  say.text(`# Azure Resource Manager and Entra answer at ${stage.azure.endpoint}, their authority is ${stage.caFile}`);
  say.text("Ctrl-C ends it.");
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

async function command(stage: Stage, args: readonly string[]): Promise<void> {
  say.command(["kubectl", ...args]);
  const resolved = args.map((arg) => (arg.startsWith("deploy/") ? join(ROOT, arg) : arg));
  say.text((await say.during(`kubectl ${args[0] ?? ""}`, () => stage.kubectl(...resolved))).trimEnd());
}

function showSite(stage: Stage): void {
  say.text("The identity of the web app, as Azure shows it:");
  say.text(JSON.stringify(stage.azure.portal.get(SITE)?.["identity"] ?? null, undefined, 2).replaceAll(SUBSCRIPTION, "…"));
}

function hasIdentity(stage: Stage): boolean {
  return JSON.stringify(stage.azure.portal.get(SITE)?.["identity"] ?? {}).toLowerCase().includes(IDENTITY.toLowerCase());
}

function teamOf(stage: Stage): unknown {
  return (stage.azure.portal.get(identityId("msdocs-identity-example-reports"))?.["tags"] as { team?: string } | undefined)?.team;
}

process.exitCode = await main(process.argv.includes("--keep"));
