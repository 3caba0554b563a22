import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { build, type BuildResult, formatMessages } from "esbuild";
import { shakers } from "./shake.ts";
import { licenceList } from "./supply/licences.ts";
import { packageOfFile, shippedPackages } from "./supply/packages.ts";

const ROOT = import.meta.dirname;

/** CommonJS packages in the bundle call `require` for Node's own modules, which an ES module does not have. */
const REQUIRE = [
  'import { createRequire as createRequireOfBundle } from "node:module";',
  "const require = createRequireOfBundle(import.meta.url);",
].join("\n");

/**
 * Bundles `entry` with everything that it imports into ES modules for Node 24 and returns their size in bytes: `outfile`, and
 * beside it what it imports late. The licence comments of what is in a module lie beside it, in `<module>.LEGAL.txt`. Throws when
 * something cannot be resolved or is doubtful.
 */
export async function bundle(entry: string, outfile: string): Promise<number> {
  const { outputFiles } = await bundled(entry, outfile);
  await mkdir(dirname(outfile), { recursive: true });
  await Promise.all(outputFiles.map(({ path, text }) => writeFile(path, path.endsWith(".mjs") ? latin(text) : text)));
  return outputFiles.filter(({ path }) => path.endsWith(".mjs")).reduce((sum, { text }) => sum + Buffer.byteLength(latin(text)), 0);
}

/** Paths, `node_modules/…`, of the packages of which something is in the bundle of `entry`. */
export async function bundledPackages(entry: string): Promise<ReadonlySet<string>> {
  const { metafile } = await bundled(entry, join(ROOT, "dist/main.mjs"));
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs).filter((file) => (inputs[file]?.bytesInOutput ?? 0) > 0));
  return new Set(files.map(packageOfFile).filter((path) => path !== undefined));
}

async function bundled(entry: string, outfile: string): Promise<BuildResult<{ write: false; metafile: true }>> {
  const result = await build({
    entryPoints: { [basename(outfile, ".mjs")]: entry },
    outdir: dirname(outfile),
    outExtension: { ".js": ".mjs" },
    absWorkingDir: ROOT,
    bundle: true,
    // In one file, esbuild would keep every statement of what is imported late, used or not.
    splitting: true,
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
    plugins: [...(await shakers(join(ROOT, "src")))],
    metafile: true,
    write: false,
  });
  if (result.warnings.length > 0) throw new Error((await formatMessages(result.warnings, { kind: "warning" })).join("\n"));
  return result;
}

/**
 * Writes the few other characters as escapes: V8 keeps a source with a single character beyond Latin-1 at twice its size.
 * esbuild escapes them everywhere but in regular expressions and comments, where an escape means the same.
 */
function latin(code: string): string {
  return code.replaceAll(/[\u0100-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

if (import.meta.main) {
  const folder = join(ROOT, "dist");
  await rm(folder, { recursive: true, force: true });
  const entry = join(ROOT, "src/main.ts");
  const sizeBytes = await bundle(entry, join(folder, "main.mjs"));
  const inside = await bundledPackages(entry);
  const packages = shippedPackages(ROOT).filter(({ path }) => inside.has(path));
  await writeFile(join(folder, "THIRD_PARTY_LICENSES"), await licenceList(ROOT, packages));
  console.log(`${relative(ROOT, folder)}: ${(sizeBytes / 1_000_000).toFixed(2)} MB`);
}
