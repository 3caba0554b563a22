import { ours, readObjects, type TutorialObject } from "./objects.ts";

const objects = ours(readObjects());

/** Resource types of which the tutorial writes one each by a long-running operation. */
export const OPERATIONS = [
  "Microsoft.ContainerInstance/containerGroups",
  "Microsoft.AppPlatform/Spring/apps",
  "Microsoft.DocumentDB/databaseAccounts",
  "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments",
] as const;

/** The fewest requests that make the whole tutorial, by what they are for, when each operation ends before it is asked for. */
export const MINIMUM = {
  /** One observation, so that nothing is created twice and nothing of others is overwritten, and one write. */
  eachObject: 2 * objects.length,
  locationOfTheResourceGroup: 1,
  /** The actions of a role decide whether it may be granted; a data role of Cosmos DB has none. */
  definitionOfEachRole: objects.filter((object) => isGrant(object) && !mentions(object, "cosmosDB")).length,
  /** One poll, and one look at what came of it. */
  endOfEachOperation: 2 * OPERATIONS.length,
  /** It is never written together with the identity of the account (arm.md 11): a write, with a poll and a look of its own. */
  defaultIdentityOfTheAccount: 1,
  endOfThatOperation: 2,
  /** Whether the vault heeds roles at all. */
  modeOfTheKeyVault: 1,
  /** The settings of the function app come with its PUT; which of them stay with their slot does not, and is looked at after it. */
  settingsOfTheFunctionApp: 2,
  slotSettings: 1,
  whatCameOfTheSlotSettings: 3,
} as const;

/** The sum of {@link MINIMUM}. */
export const FEWEST_REQUESTS = Object.values(MINIMUM).reduce<number>((sum, part) => sum + part, 0);

/** How many of them write. */
export const FEWEST_WRITES = objects.length + MINIMUM.slotSettings + MINIMUM.defaultIdentityOfTheAccount;

/** An assignment on a host of somebody else looks at it before its identity exists, too: the host itself may concern it. */
export const LOOKS_BEFORE = objects.filter((object) => object.kind === "IdentityAssignment" && mentions(object, "armId")).length;

function isGrant({ kind }: TutorialObject): boolean {
  return kind === "RoleAssignment";
}

function mentions({ spec }: TutorialObject, field: string): boolean {
  return JSON.stringify(spec).includes(`"${field}":`);
}
