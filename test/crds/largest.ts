import { armId, armIdParts, type ArmId } from "../../src/api/arm-id.ts";
import type { JsonObject } from "../../src/api/json.ts";

/** A spec whose lists are as long as can be, with texts as long as can be in what one case is about. */
interface Largest {
  readonly what: string;
  readonly kind: string;
  readonly spec: JsonObject;
}

const IDENTITY =
  "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader";

/** A text of a length that differs from others by its number. */
const text = (length: number, index = 0) => `${index}${"x".repeat(length)}`.slice(0, length);

function times<Item>(count: number, item: (index: number) => Item): readonly Item[] {
  return Array.from({ length: count }, (_, index) => item(index));
}

/** The longest id that Azure could give to an identity: 90 characters of group, 128 of name. */
function identityId(index: number): ArmId {
  return armId({ ...armIdParts(IDENTITY as ArmId), resourceGroup: text(90), names: [text(128, index)] });
}

const secretKeyRef = { name: text(253), key: text(253) };
const identityRef = { name: text(253) };

const settingSources: readonly JsonObject[] = [
  { valueFrom: { secretKeyRef } },
  { valueFrom: { configMapKeyRef: secretKeyRef } },
  { identityClientId: { armId: identityId(0) } },
  { identityClientId: { identityRef }, slotSetting: true },
  { keyVaultReference: { secretUri: `https://${text(335)}/secrets/${text(127)}/${"0".repeat(32)}` } },
];

const variableSources: readonly JsonObject[] = [{ valueFrom: { configMapKeyRef: secretKeyRef } }, { secureValueFrom: { secretKeyRef } }];

const container = (index: number): JsonObject => ({
  name: text(63, index),
  image: text(512),
  command: times(64, () => text(64)),
  ports: times(64, (port) => ({ port: port + 1 })),
  environmentVariables: times(64, (at) => ({ name: text(256, at), ...variableSources[at % variableSources.length] })),
  volumeMounts: times(16, (at) => ({ name: text(63, at), mountPath: `/${text(500, at)}` })),
  livenessProbe: { exec: { command: times(64, () => text(16)) } },
  readinessProbe: { httpGet: { path: text(1024), port: 1 } },
});

const userAssigned = times(16, (index) => (index % 2 === 0 ? { armId: identityId(index) } : { identityRef: { name: text(253, index), namespace: "x".repeat(63) } }));

const webApp: JsonObject = { plan: { planRef: { name: text(253) } }, identity: { userAssigned } };

/** The largest objects, each below what etcd takes: 1.5 MiB. */
export const LARGEST: readonly Largest[] = [
  {
    what: "settings from everywhere",
    kind: "WebApp",
    spec: { ...webApp, appSettings: times(128, (index) => ({ name: text(256, index), ...settingSources[index % settingSources.length] })) },
  },
  {
    what: "settings of long values",
    kind: "WebApp",
    spec: { ...webApp, appSettings: times(128, (index) => ({ name: text(256, index), value: text(8192) })) },
  },
  {
    what: "containers with everything",
    kind: "ContainerGroup",
    spec: {
      containers: times(10, container),
      volumes: times(16, (index) => ({
        name: text(63, index),
        azureFile: { shareName: text(63), storageAccountName: text(24), storageAccountKeyFrom: { secretKeyRef } },
      })),
      imageRegistryCredentials: times(8, (index) => ({
        server: text(255, index),
        ...(index % 2 === 0 ? { identity: { armId: identityId(index) } } : { username: text(256), passwordFrom: { secretKeyRef } }),
      })),
      identity: { userAssigned },
    },
  },
  {
    what: "identities and registries",
    kind: "IdentityAssignment",
    spec: {
      target: { webAppRef: { name: text(253) } },
      userAssigned,
      followThrough: { registries: times(8, (index) => ({ server: text(255, index), identity: { armId: identityId(index) } })) },
    },
  },
  {
    what: "labels of namespaces",
    kind: "UserAssignedIdentity",
    spec: {
      allowedNamespaces: {
        from: "Selector",
        selector: {
          matchLabels: Object.fromEntries(times(8, (index) => [text(317, index), text(63)])),
          matchExpressions: times(8, (index) => ({ key: text(317, index), operator: "NotIn", values: times(16, (at) => text(63, at)) })),
        },
      },
    },
  },
];
