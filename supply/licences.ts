import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LockedPackage } from "./packages.ts";

/** Licences under which packages may be part of what ships: all of them allow that, with their text beside it. */
export const ALLOWED_LICENCES: readonly string[] = ["0BSD", "Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "PSF-2.0", "Unlicense"];

const RULE = "-".repeat(80);

/** Every package with its licence and the text of it, as its own archive has it; packages of one text together. */
export async function licenceList(root: string, packages: readonly LockedPackage[]): Promise<string> {
  const texts = await Promise.all(packages.map(async (one) => ({ one, text: await licenceText(join(root, one.path)) })));
  const groups = Map.groupBy(texts, ({ text }) => text);
  const sections = [...groups].map(([text, of]) => [...of.map(({ one }) => `${one.name} ${one.version} (${one.license})`), "", text].join("\n"));
  return ["What is part of azure-identity-operator, and under which licences.", ...sections].join(`\n\n${RULE}\n\n`).concat("\n");
}

/** What the archive says: LICENSE, and NOTICE where there is one. */
async function licenceText(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice|unlicense)([.-]|$)/i.test(file)).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return texts.length === 0 ? "The archive of these holds no text of the licence." : texts.map((text) => text.replaceAll("\r\n", "\n").trim()).join("\n\n");
}
