/**
 * Behaviours of hosts beyond Web, Compute and ContainerInstance that no recording settles (arm.md 18 and the marks [?] before it).
 * The `unrecorded…` ones hold for every type of which arm.md says nothing there.
 */
export interface HostSwitches {
  /** Whether PATCH adds to the map or takes its place. */
  readonly unrecordedPatchMap: "merge-keys" | "full-map-replaces";
  /** What a null key does in a PATCH. */
  readonly unrecordedPatchNullKey: "removes" | "rejected" | "ignored";
  /** PUT without an identity block. */
  readonly unrecordedPutWithoutIdentity: "keeps" | "clears";
  /** How a host looks after `type: None`. */
  readonly unrecordedAfterNone: "absent" | "none-object";
  /** What PATCH with `identity` does on container apps: in the spec, never recorded (arm.md 9). */
  readonly containerAppPatchIdentity: "merge-keys" | "full-map-replaces" | "rejected" | "ignored";
  /** Whether PATCH of a job, which takes `identity` as recorded, adds to the map or takes its place. */
  readonly containerAppJobPatchMap: "merge-keys" | "full-map-replaces";
  /** What a null key does in a PATCH of a container app or a job. */
  readonly containerAppPatchNullKey: "removes" | "rejected" | "ignored";
  /** PUT of a container app or a job without an identity block. */
  readonly containerAppPutWithoutIdentity: "clears" | "keeps";
  /** PUT of a managed cluster without an identity block. */
  readonly aksPutWithoutIdentity: "keeps" | "clears";
  /** What `type: None` does to a cluster that has an identity: there is no way back to a service principal (arm.md 8). */
  readonly aksReturnToNone: "rejected" | "accepted";
  /** The code of the 409 while another operation runs on a cluster. */
  readonly aksBusyCode: "OperationNotAllowed" | "EtagMismatch";
  /** Whether a PUT without the secrets that GET hides keeps them (arm.md 8). */
  readonly aksPutWithoutSecrets: "keeps" | "clears";
  /** Whether a Spring app has to have a location (arm.md 10). */
  readonly springAppLocation: "required" | "optional";
  /** What a PUT of a Service Fabric application does that changes nothing but the identity (arm.md 12). */
  readonly serviceFabricIdentityOnlyPut: "applied" | "ignored";
  /** What PATCH of an Event Hubs or Service Bus namespace, whose body is the full namespace, does to what it leaves out (arm.md 14). */
  readonly messagingPatchOmissions: "keeps" | "resets";
  /** The envelope of API Management for a missing child: `{"Message"}` was seen sometimes (arm.md 2.1). */
  readonly apiManagementNotFound: "standard" | "message-only";
}

/** What is assumed where nothing else is set. */
export const defaultHostSwitches: HostSwitches = {
  unrecordedPatchMap: "merge-keys",
  unrecordedPatchNullKey: "removes",
  unrecordedPutWithoutIdentity: "keeps",
  unrecordedAfterNone: "absent",
  containerAppPatchIdentity: "merge-keys",
  containerAppJobPatchMap: "merge-keys",
  containerAppPatchNullKey: "removes",
  containerAppPutWithoutIdentity: "clears",
  aksPutWithoutIdentity: "keeps",
  aksReturnToNone: "rejected",
  aksBusyCode: "OperationNotAllowed",
  aksPutWithoutSecrets: "keeps",
  springAppLocation: "required",
  serviceFabricIdentityOnlyPut: "applied",
  messagingPatchOmissions: "keeps",
  apiManagementNotFound: "standard",
};

/** The identity rules of a switch's word for PATCH. */
export const patchRules = { "merge-keys": "merges", "full-map-replaces": "replaces", rejected: "rejected", ignored: "ignored" } as const;
