import { ACCOUNT_ANNOTATIONS, ACCOUNT_KIND, ACCOUNT_NAME } from "../../../src/api/credential.ts";
import type { CredentialPort } from "../../../src/reconcile/credential-port.ts";
import { POLICY } from "../../reconcile/hosts.ts";
import { at, below } from "../places.ts";
import type { Stage } from "../stage.ts";
import type { Scenario } from "./scenario.ts";

const IDENTITY = "UserAssignedIdentity";
const ASSIGNMENT = "IdentityAssignment";
const CLIENT = "11112222-bbbb-3333-cccc-4444dddd5555";
const OTHER = "99992222-bbbb-3333-cccc-4444dddd5555";
const SHARED = new Map([["default", { accountNamespace: undefined }]]);

/** Whether the token of a credential is still there once its account is gone. */
const tokens = (isHeld: boolean): CredentialPort => ({ isHeld: () => isHeld, claims: () => undefined, forget: () => undefined });

const options = (isHeld: boolean): NonNullable<Scenario["options"]> => ({
  policy: { sharedNamespaces: SHARED },
  azure: { durations: { "Microsoft.Compute/virtualMachines": 0 } },
  credentials: tokens(isHeld),
});

/** An identity on a machine of somebody else, by the shared credential at first and by the namespace's own after that. */
async function settled(stage: Stage): Promise<void> {
  const machine = below(stage, "Microsoft.Compute/virtualMachines/machine");
  stage.bench.azure.portal.put(machine, { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
  await stage.apply(IDENTITY, "app", at(stage));
  await stage.apply(ASSIGNMENT, "machine", { target: { armId: machine }, userAssigned: [{ identityRef: { name: "app" } }] });
  stage.policy({ sharedNamespaces: new Map() });
  await stage.restart();
  await annotate(stage, CLIENT);
}

/** Creates or changes the account of the namespace. */
async function annotate(stage: Stage, clientId: string, tenantId = POLICY.tenantId): Promise<void> {
  if (stage.object(ACCOUNT_KIND, ACCOUNT_NAME) === undefined) stage.cluster.apply(ACCOUNT_KIND, ACCOUNT_NAME, {});
  stage.cluster.annotate(ACCOUNT_KIND, ACCOUNT_NAME, { [ACCOUNT_ANNOTATIONS.clientId]: clientId, [ACCOUNT_ANNOTATIONS.tenantId]: tenantId });
  await stage.settle();
}

async function deleted(stage: Stage): Promise<void> {
  await stage.remove(ASSIGNMENT, "machine");
  await stage.remove(IDENTITY, "app");
}

/** Every way in which the credential of objects changes, goes or comes back. */
export const OF_CREDENTIALS: readonly Scenario[] = [
  {
    name: "objects go on with another credential, and with the shared one again",
    of: ["credential-moves"],
    options: options(false),
    act: async (stage) => {
      await settled(stage);
      await annotate(stage, OTHER);
      stage.policy({ sharedNamespaces: SHARED });
      await stage.restart();
      await stage.look();
      await deleted(stage);
    },
  },
  {
    name: "a credential of another tenant is set, and set back; its account goes and is made anew",
    of: ["credential-moves"],
    options: options(true),
    act: async (stage) => {
      await settled(stage);
      await annotate(stage, CLIENT, OTHER);
      await annotate(stage, CLIENT);
      await stage.remove(ACCOUNT_KIND, ACCOUNT_NAME);
      await annotate(stage, CLIENT);
      await deleted(stage);
    },
  },
  {
    name: "objects leave after their account, with the token that is held",
    of: ["credential-moves"],
    options: options(true),
    act: async (stage) => {
      await settled(stage);
      await stage.remove(ACCOUNT_KIND, ACCOUNT_NAME);
      await deleted(stage);
    },
  },
  {
    name: "objects stay after their account, until somebody may clean up",
    of: ["credential-moves"],
    options: options(false),
    act: async (stage) => {
      await settled(stage);
      await stage.remove(ACCOUNT_KIND, ACCOUNT_NAME);
      await deleted(stage);
      stage.policy({ cleanup: { accountNamespace: undefined } });
      await stage.restart();
    },
  },
  {
    name: "what its credential may no longer reach leaves under Retain, and the rest with the right that is given back",
    of: ["credential-moves"],
    options: options(true),
    act: async (stage) => {
      await settled(stage);
      const { azure, principal } = stage.bench;
      azure.setPermissions([]);
      for (const [kind, name] of [[ASSIGNMENT, "machine"], [IDENTITY, "app"]] as const) stage.cluster.delete(kind, name);
      await stage.settle();
      await stage.apply(IDENTITY, "app", { ...at(stage), deletionPolicy: "Retain" });
      azure.setPermissions([{ principalId: principal.principalId, actions: ["*"], scope: "/" }]);
      await stage.look();
    },
  },
];
