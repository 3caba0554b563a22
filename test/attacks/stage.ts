import { join } from "node:path";
import { stringify } from "yaml";
import { kubectl, type KubectlResult } from "../control-plane/access.ts";
import { setStage, type Stage, type StageOptions } from "../e2e/stage.ts";

const DEPLOY = join(import.meta.dirname, "../../deploy");

/** The namespaces of the two tenants. */
export const BLUE = "team-blue";
export const GREEN = "team-green";

/** Somebody with rights in one namespace, as the API server authorizes them. */
export interface Person {
  readonly user: string;
  /** The real kubectl as this person. */
  kubectl(args: readonly string[], input?: string): Promise<KubectlResult>;
  /** Server-side apply as this person; resolves with how kubectl ended. */
  apply(...objects: readonly object[]): Promise<KubectlResult>;
}

/** One team in its namespace. */
export interface Tenant {
  readonly namespace: string;
  /** Has the built-in `edit` in the namespace, and nothing else anywhere. */
  readonly editor: Person;
  /** Has the built-in `admin` in the namespace, and nothing else anywhere. */
  readonly owner: Person;
}

/** A stage with what `deploy/` recommends for several tenants who share the operator's credential. The operator is not started. */
export interface AttackStage extends Stage {
  readonly blue: Tenant;
  readonly green: Tenant;
  /** Somebody with no right at all yet. */
  person(user: string): Person;
  /** Lets a person, or each ServiceAccount of a namespace, do this with a cluster-scoped or namespaced resource; admin's work. */
  grant(...grants: readonly Grant[]): Promise<void>;
  /** Takes a grant back. */
  revoke(grant: Pick<Grant, "name" | "namespace">): Promise<void>;
}

/** A right that an administrator gives. */
export interface Grant {
  /** Name of the role and of its binding. */
  readonly name: string;
  readonly to: readonly ({ readonly user: string } | { readonly serviceAccountsOf: string })[];
  readonly verbs: readonly string[];
  readonly resource: string;
  readonly resourceNames?: readonly string[];
  /** Namespace where it holds; absent: a cluster-scoped grant. */
  readonly namespace?: string;
  /** API group; default that of this operator. */
  readonly group?: string;
}

/** Sets the stage: the cluster, Azure, our policies and roles, and both teams. */
export async function setAttackStage(options: Omit<StageOptions, "namespaces"> & { readonly namespaces?: readonly string[] } = {}): Promise<AttackStage> {
  const stage = await setStage({ ...options, namespaces: [BLUE, GREEN, ...(options.namespaces ?? [])] });
  const person = (user: string): Person => ({
    user,
    kubectl: (args, input) => kubectl(stage.plane, [...args, "--as", user], input === undefined ? {} : { input }),
    apply: (...objects) => kubectl(stage.plane, ["apply", "--server-side", "--as", user, "-f", "-"], { input: objects.map((object) => stringify(object)).join("---\n") }),
  });
  const tenant = (namespace: string): Tenant => ({ namespace, editor: person(`${namespace}-editor`), owner: person(`${namespace}-owner`) });
  const [blue, green] = [tenant(BLUE), tenant(GREEN)];
  await stage.kubectl("apply", "--server-side", "-k", join(DEPLOY, "policy"));
  for (const { namespace, editor, owner } of [blue, green]) {
    await stage.kubectl("create", "rolebinding", "editors", "-n", namespace, "--clusterrole=edit", `--user=${editor.user}`);
    await stage.kubectl("create", "rolebinding", "owners", "-n", namespace, "--clusterrole=admin", `--user=${owner.user}`);
  }
  await until("admin holds our roles", () => holdsOurRoles(green));
  const probe = person("probe");
  const grant = (...given: readonly Grant[]) => stage.apply(...given.flatMap(grantObjects));
  await grant({ name: "probe", to: [{ user: probe.user }], verbs: ["create"], resource: "webapps", namespace: BLUE });
  await until("the policies are in force", () => isRefused(probe));
  return {
    ...stage,
    blue,
    green,
    person,
    grant,
    revoke: async ({ name, namespace }) => {
      await stage.kubectl("delete", namespace === undefined ? "clusterrolebinding" : "rolebinding", name, ...(namespace === undefined ? [] : ["-n", namespace]));
    },
  };
}

const RBAC = "rbac.authorization.k8s.io";

function grantObjects({ name, to, verbs, resource, resourceNames, namespace, group = "azureidentity.dev" }: Grant): readonly object[] {
  const rules = [{ apiGroups: [group], resources: [resource], verbs, ...(resourceNames === undefined ? {} : { resourceNames }) }];
  const subjects = to.map((subject) =>
    "user" in subject
      ? { kind: "User", apiGroup: RBAC, name: subject.user }
      : { kind: "Group", apiGroup: RBAC, name: `system:serviceaccounts:${subject.serviceAccountsOf}` },
  );
  const metadata = namespace === undefined ? { name } : { name, namespace };
  const [role, binding] = namespace === undefined ? ["ClusterRole", "ClusterRoleBinding"] : ["Role", "RoleBinding"];
  const apiVersion = `${RBAC}/v1`;
  return [
    { apiVersion, kind: role, metadata, rules },
    { apiVersion, kind: binding, metadata, roleRef: { apiGroup: RBAC, kind: role, name }, subjects },
  ];
}

/** Asks again at once: each question waits for its answer, which takes long enough. */
async function until(what: string, isMet: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await isMet())) {
    if (Date.now() > deadlineMs) throw new Error(`cannot set the stage: it does not come to it that ${what}`);
  }
}

/** The controller manager fills `edit` and `admin` from the labels of our roles. */
async function holdsOurRoles({ namespace, owner }: Tenant): Promise<boolean> {
  const rights = [["create", "roleassignments"], ["use", "userassignedidentities"], ["create", "identityassignments"]];
  const answers = await Promise.all(rights.map(([verb = "", resource = ""]) => owner.kubectl(["auth", "can-i", verb, `${resource}.azureidentity.dev`, "-n", namespace])));
  return answers.every(({ stdout }) => stdout.trim() === "yes");
}

/** The API server takes policies up within a second or two; the binding of the one that refuses this is the last that is applied. */
async function isRefused(probe: Person): Promise<boolean> {
  const appSettings = [{ name: "probe", valueFrom: { secretKeyRef: { name: "probe", key: "probe" } } }];
  const spec = { plan: { planRef: { name: "probe" } }, appSettings };
  const app = { apiVersion: "azureidentity.dev/v1alpha1", kind: "WebApp", metadata: { name: "probe", namespace: BLUE }, spec };
  const answer = await probe.kubectl(["create", "--dry-run=server", "-f", "-"], stringify(app));
  return answer.stderr.includes("azure-identity-webapps-secrets");
}
