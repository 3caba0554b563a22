import { describe, expect, test } from "vitest";
import { parseArmId } from "../../src/api/arm-id.ts";
import type { HostClaim } from "../../src/reconcile/host-facts.ts";
import { hostDone } from "../../src/reconcile/host-done.ts";
import { claim, HOST, idOf, keyOfName } from "./hosts.ts";

interface Row {
  readonly name: string;
  /** All claims of the unit; the first is the one that is told. */
  readonly claims: readonly HostClaim[];
  readonly attach?: readonly string[];
  readonly detach?: readonly string[];
  readonly system?: boolean;
  readonly want: readonly string[];
}

const onlyX = () => claim("a", { ids: ["x"], holdsNames: ["x"] });
const switching = (holdsSystem: string, parts: Parameters<typeof claim>[1] = {}) => claim("a", { holdsSystem, ...parts });
/** A claim that is about to switch the system-assigned identity on: it holds one without a principal. */
const switchingOn = (): HostClaim => {
  const { claim: made, ...entry } = switching("", { spec: { systemAssigned: true } });
  return { ...entry, claim: { ...made, holds: made.holds === undefined ? undefined : { ...made.holds, systemAssigned: {} } } };
};

const rows: readonly Row[] = [
  { name: "one of fifty in one write: its own only", claims: [onlyX(), claim("b", { ids: ["y", "z"] })], attach: ["x", "y", "z"], want: ["Attached 1 identity to sites/web"] },
  { name: "two of its own", claims: [claim("b", { ids: ["y", "z"] }), onlyX()], attach: ["x", "y", "z"], want: ["Attached 2 identities to sites/web"] },
  { name: "what two name is told to both", claims: [claim("b", { ids: ["x"] }), onlyX()], attach: ["x"], want: ["Attached 1 identity to sites/web"] },
  { name: "nothing of its own", claims: [onlyX(), claim("b", { ids: ["y"] })], attach: ["y"], want: [] },
  { name: "what it named and no longer names", claims: [claim("a", { ids: ["y"], holdsNames: ["x", "y"] })], detach: ["x"], want: ["Detached 1 identity from sites/web"] },
  { name: "one for another", claims: [claim("a", { ids: ["y"], holdsNames: ["x"] })], attach: ["y"], detach: ["x"], want: ["Attached 1 identity to sites/web", "Detached 1 identity from sites/web"] },
  { name: "what a leaving one held", claims: [claim("a", { ids: ["x", "y"], holdsNames: ["x", "y"], deleting: true })], detach: ["x", "y"], want: ["Detached 2 identities from sites/web"] },
  { name: "what another one held", claims: [onlyX(), claim("b", { holdsNames: ["y"], deleting: true })], detach: ["y"], want: [] },
  { name: "what nobody held, for an Exclusive one", claims: [claim("a", { ids: ["x"], holdsNames: ["x"], spec: { ownership: "Exclusive" } })], detach: ["f", "g"], want: ["Detached 2 identities from sites/web"] },
  { name: "what nobody held, for a Shared one", claims: [onlyX()], detach: ["f"], want: [] },
  { name: "what a paused one names", claims: [claim("a", { ids: ["x"], paused: true }), claim("b", { ids: ["x"] })], attach: ["x"], want: [] },
  { name: "the system-assigned one that it wanted", claims: [switchingOn()], system: true, want: ["Switched the system-assigned identity of sites/web on"] },
  { name: "the one that it switched on before", claims: [switching("p", { ids: ["x"], spec: { systemAssigned: true } })], attach: ["x"], system: true, want: ["Attached 1 identity to sites/web"] },
  { name: "the one that it held and gives up", claims: [switching("p", { deleting: true })], want: ["Switched the system-assigned identity of sites/web off"] },
  { name: "no system-assigned one", claims: [onlyX(), switching("p", { deleting: true })], want: [] },
];

describe("the event of an object after a write of its host tells", () => {
  test.each(rows)("$name", ({ claims, attach = [], detach = [], system = false, want }) => {
    const target = parseArmId(HOST);
    const [told] = claims;
    if (!target.ok || told === undefined) throw new Error("the row has no claim");
    const change = { attach: attach.map(idOf), detach: detach.map(keyOfName), systemAssigned: system };
    expect(hostDone(target.id, told, { change, claims }).map(({ note }) => note)).toEqual(want);
  });
});
