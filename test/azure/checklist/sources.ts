import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The simulator's own files and their tests, by their path below its folder. */
export function sourcesOf(): readonly { readonly path: string; readonly text: string }[] {
  const folder = join(import.meta.dirname, "..");
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return paths.map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
}
