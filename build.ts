import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { build, formatMessages } from "esbuild";

const ROOT = import.meta.dirname;

/** CommonJS packages in the bundle call `require` for Node's own modules, which an ES module does not have. */
const REQUIRE = [
  'import { createRequire as createRequireOfBundle } from "node:module";',
  "const require = createRequireOfBundle(import.meta.url);",
].join("\n");

/**
 * Bundles `entry` with everything that it imports into one ES module for Node 24 and returns its size in bytes. The licence
 * comments of what is in it lie beside it, in `<outfile>.LEGAL.txt`. Throws when something cannot be resolved or is doubtful.
 */
export async function bundle(entry: string, outfile: string): Promise<number> {
  const { warnings } = await build({
    entryPoints: [entry],
    outfile,
    absWorkingDir: ROOT,
    bundle: true,
    platform: "node",
    // An older Azure SDK comes in both forms; as CommonJS it would bring what it shares with the others a second time.
    mainFields: ["module", "main"],
    target: "node24",
    format: "esm",
    minify: true,
    // Names of classes appear in logs.
    keepNames: true,
    banner: { js: REQUIRE },
    legalComments: "linked",
    logLevel: "silent",
  });
  if (warnings.length > 0) throw new Error((await formatMessages(warnings, { kind: "warning" })).join("\n"));
  return (await stat(outfile)).size;
}

if (import.meta.main) {
  const outfile = join(ROOT, "dist/main.mjs");
  const sizeBytes = await bundle(join(ROOT, "src/main.ts"), outfile);
  console.log(`${relative(ROOT, outfile)}: ${(sizeBytes / 1_000_000).toFixed(2)} MB`);
}
