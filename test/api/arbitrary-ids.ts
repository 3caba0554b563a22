import * as fc from "fast-check";
import { armId } from "../../src/api/arm-id.ts";

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const letter = `${letters}0123456789`;

const text = (characters: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters.split("")), minLength, maxLength });
const joined = (separator: string, ...texts: readonly fc.Arbitrary<string>[]) => fc.tuple(...texts).map((parts) => parts.join(separator));

const rest = joined("", text(`${letter}-_~ ()`, 0, 20), text(`${letter}-_.~()`, 1, 1));
const segment = joined("", text(letter, 1, 1), fc.oneof(fc.constant(""), rest));
const resourceGroup = joined(".", text(`${letter}-_()`, 0, 40), text(`${letter}-_()`, 1, 20));
const provider = joined(".", text(letters, 1, 12), joined("", text(letters, 1, 1), text(letter, 0, 8)));
const pairs = fc.array(fc.tuple(segment, segment), { minLength: 1, maxLength: 3 });

/** The parts of ids that ARM would accept. */
export const idParts = fc.record({ subscriptionId: fc.uuid(), resourceGroup, provider, pairs }).map(({ pairs: chosen, ...others }) => ({
  ...others,
  types: chosen.map(([type]) => type),
  names: chosen.map(([, name]) => name),
}));

/** Ids that ARM would accept. */
export const validIds = idParts.map((parts) => armId(parts));

/** Any UTF-16 unit, alone or not; the unit "binary" would build a table of a million code points first. */
const unit = fc.integer({ min: 0, max: 0xff_ff }).map((code) => String.fromCharCode(code));

const inserted = fc.constantFrom("..", "/", "//", "%2e", "?", "#", " ", "\n", "\\", "providers", "\u00e9");

/** Ids with something inserted, removed or replaced, and texts that never were ids. */
export const doubtfulIds = fc.oneof(
  fc.string({ unit, maxLength: 60 }),
  fc.tuple(validIds, fc.nat(), fc.nat(4), fc.oneof(inserted, fc.string())).map(([id, position, removed, insertion]) => {
    const at = position % id.length;
    return id.slice(0, at) + insertion + id.slice(at + removed);
  }),
);
