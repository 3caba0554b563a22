import type { Azure, JsonObject } from "../azure/azure.ts";
import { objectAt, textAt } from "../azure/kernel/json.ts";
import { REGION } from "../e2e/stage.ts";
import type { Chance } from "../world/random.ts";
import { fellInGap } from "./gaps.ts";
import { ANCHOR, COSMOS, type ForeignHost, foreignHosts, PLAN, VISITOR } from "./hosts.ts";
import type { TheirHosts } from "./inventory.ts";
import { identityOf } from "./plots.ts";

/** Everybody in Azure but the operator. What they do to what is theirs must stay; what they do to ours must be undone. */
export class Strangers {
  readonly #azure: Azure;
  readonly #hosts: readonly ForeignHost[];
  /** The tag that each host got last, and whether the visitor is there, by the host's id. */
  readonly #made = new Map<string, { readonly note: string; readonly hasVisitor: boolean }>();
  /** Hosts where they reversed something of ours: a third time in an hour, and the operator rightly leaves it to people. */
  readonly #reversed = new Set<string>();
  /** When the visitor came or went last, by the host's id, in milliseconds since the epoch. */
  readonly #visitedAtMs = new Map<string, number>();
  edits = 0;
  /** Edits that fell between a GET of the operator and its write, and were made once more. */
  gaps = 0;

  constructor(azure: Azure, plots: number) {
    this.#azure = azure;
    this.#hosts = foreignHosts(plots);
    const { portal } = azure;
    for (const id of [ANCHOR, VISITOR]) portal.put(id, { location: REGION });
    portal.put(PLAN, { location: REGION, sku: { name: "P1v3" } });
    portal.put(COSMOS, { location: REGION, properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: REGION }] } });
    for (const { id, body } of this.#hosts) portal.put(id, { location: REGION, ...body, identity: { type: "UserAssigned", userAssignedIdentities: { [ANCHOR]: {} } } });
  }

  /** They do something: to a host of theirs, or to what the operator made. */
  act(chance: Chance, identities: readonly string[]): void {
    const { id } = chance.pick(this.#hosts);
    this.edits += 1;
    const roll = chance.below(100);
    if (roll < 40) this.#set(id, { ...this.#of(id), note: `n${chance.below(1000)}` });
    else if (roll < 75) this.#set(id, { ...this.#of(id), hasVisitor: !this.#of(id).hasVisitor });
    else if (roll < 85) this.#detachOurs(id);
    else if (identities.length > 0) this.#spoil(identityOf(chance.pick(identities)), chance.happens(0.2));
  }

  /**
   * They write again the hosts whose last operation failed, as they are: until somebody does, Azure shows the failure, and instances
   * of a scale set lack its model. The operator has no reason to: it writes nothing where nothing differs.
   */
  mend(): void {
    for (const { id, body } of this.#hosts) {
      const host = this.#azure.portal.get(id) ?? {};
      if (textAt(objectAt(host, "properties"), "provisioningState") !== "Failed") continue;
      const attached = Object.keys(objectAt(objectAt(host, "identity"), "userAssignedIdentities")).map((key) => [key, {}]);
      const identity = { type: this.#typeOf(id), userAssignedIdentities: Object.fromEntries(attached) as JsonObject };
      this.#azure.portal.put(id, { location: REGION, ...body, tags: objectAt(host, "tags"), identity });
    }
  }

  /** They attach and detach the visitor once more where a write of all identities, without If-Match, could not know of it. */
  insist(answered: readonly string[]): void {
    for (const [id, { hasVisitor }] of this.#made) {
      const attached = Object.keys(objectAt(objectAt(this.#azure.portal.get(id) ?? {}, "identity"), "userAssignedIdentities"));
      const isAsMade = hasVisitor === attached.some((key) => key.toLowerCase() === VISITOR.toLowerCase());
      if (isAsMade || !id.includes("/Microsoft.Web/sites/") || !fellInGap(answered, id, this.#visitedAtMs.get(id) ?? 0)) continue;
      this.gaps += 1;
      this.#visit(id, hasVisitor);
    }
  }

  /** Makes their part of another Azure as it is here now. */
  repeatIn(azure: Azure, plots: number): Strangers {
    const others = new Strangers(azure, plots);
    for (const [id, made] of this.#made) others.#set(id, made);
    return others;
  }

  /** What they have in Azure that they did not make of anything of ours. */
  get theirs(): { readonly identities: readonly string[]; readonly plans: readonly string[]; readonly hosts: TheirHosts } {
    const hosts = this.#hosts.map(({ id }) => [id, [ANCHOR, ...(this.#of(id).hasVisitor ? [VISITOR] : [])]] as const);
    return { identities: [ANCHOR, VISITOR], plans: [PLAN], hosts: new Map(hosts) };
  }

  #of(id: string): { readonly note: string; readonly hasVisitor: boolean } {
    return this.#made.get(id) ?? { note: "none", hasVisitor: false };
  }

  #set(id: string, made: { readonly note: string; readonly hasVisitor: boolean }): void {
    const { portal } = this.#azure;
    const before = this.#of(id);
    if (before.note !== made.note) portal.patch(id, { tags: { note: made.note } });
    if (before.hasVisitor !== made.hasVisitor) this.#visit(id, made.hasVisitor);
    this.#made.set(id, made);
  }

  #visit(id: string, hasVisitor: boolean): void {
    this.#visitedAtMs.set(id, Date.now());
    this.#azure.portal.patch(id, { identity: { type: this.#typeOf(id), userAssignedIdentities: { [VISITOR]: hasVisitor ? {} : null } } });
  }

  /** Takes one of our identities from a host of theirs. */
  #detachOurs(id: string): void {
    const attached = Object.keys(objectAt(objectAt(this.#azure.portal.get(id) ?? {}, "identity"), "userAssignedIdentities"));
    const ours = attached.find((key) => ![ANCHOR, VISITOR].some((theirs) => theirs.toLowerCase() === key.toLowerCase()));
    if (ours === undefined || this.#reversed.has(id)) return;
    this.#reversed.add(id);
    this.#azure.portal.patch(id, { identity: { type: this.#typeOf(id), userAssignedIdentities: { [ours]: null } } });
  }

  /** Changes an identity of ours, or deletes it: hosts keep the dead attachment, grants the dead principal. */
  #spoil(id: string, isDeleted: boolean): void {
    const { portal } = this.#azure;
    const identity = portal.get(id);
    if (identity === undefined || this.#reversed.has(id)) return;
    this.#reversed.add(id);
    if (isDeleted) portal.delete(id);
    else portal.patch(id, { tags: { ...objectAt(identity, "tags"), team: "nobody" } });
  }

  /** As the host spells it: with their identity there it is never None. */
  #typeOf(id: string): string {
    return textAt(objectAt(this.#azure.portal.get(id) ?? {}, "identity"), "type") ?? "UserAssigned";
  }
}
