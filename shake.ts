import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";

/*
 * What esbuild cannot see to be unused. The packages below name everything that they have in one table or one file, so that a
 * bundle holds, and the operator keeps in memory, some thousand classes that it never touches. What is left out here follows
 * from the sources by name alone, and nothing behaves otherwise than without it: whatever is named is there.
 */

/** Plugins for a bundle of the operator; `sources` is the folder of everything that may call the packages. */
export async function shakers(sources: string): Promise<readonly Plugin[]> {
  return [clientNode(await textsOf(sources)), lazyUndici, oneLanguage];
}

/**
 * client-node: its index passes on the modules from which the sources import something; the generated API classes keep the
 * operations that the sources name; models stay that these operations, and the models themselves, are made of.
 */
function clientNode(texts: readonly string[]): Plugin {
  const named = new Set(texts.flatMap((text) => text.match(/\w+/g) ?? []));
  const imports = texts.flatMap((text) => [...text.matchAll(/^import \{([^}]*)\} from "@kubernetes\/client-node";$/gm)].map(([, names]) => names ?? ""));
  const imported = new Set(imports.flatMap((names) => names.match(/\w+/g) ?? []));
  let models: Promise<ReadonlySet<string>> | undefined;
  const modelsIn = (folder: string) => (models ??= modelsOf(join(folder, "../apis"), folder, named));
  return {
    name: "client-node",
    setup: (build) => {
      build.onLoad({ filter: /client-node\/dist\/index\.js$/ }, ({ path }) => ({ contents: withModules(readFileSync(path, "utf8"), dirname(path), imported) }));
      build.onLoad({ filter: /client-node\/dist\/gen\/(?:apis\/\w+Api|types\/\w+API)\.js$/ }, ({ path }) => ({ contents: withOperations(readFileSync(path, "utf8"), named) }));
      build.onLoad({ filter: /client-node\/dist\/gen\/models\/(?:all|ObjectSerializer)\.js$/ }, async ({ path }) => {
        return { contents: withModels(await readFile(path, "utf8"), await modelsIn(dirname(path))) };
      });
    },
  };
}

/** The index without the modules of which nothing is imported; what passes on others stays. */
function withModules(text: string, folder: string, imported: ReadonlySet<string>): string {
  const isImported = (module: string) => {
    const exported = [...readFileSync(join(folder, module), "utf8").matchAll(/^export (?:async )?(?:class|const|function|let|var) (\w+)|^export (\*)/gm)];
    return exported.some(([, name, passedOn]) => passedOn !== undefined || imported.has(name ?? ""));
  };
  return text.replaceAll(/^export \* from '(.*)';$/gm, (line, module: string) => (isImported(module) ? line : ""));
}

/** A generated class without the operations that nobody names. The generator indents every method by four spaces. */
export function withOperations(text: string, named: ReadonlySet<string>): string {
  return text.replaceAll(/^ {4}(?:async )?(\w+)\([^\n]*\) \{\n[^]*?^ {4}\}\n/gm, (method, name: string) => {
    const operation = name.replace(/WithHttpInfo$/, "");
    return operation === "constructor" || named.has(operation) ? method : "";
  });
}

/** The table of models, and the imports that it is made from, without those that are not reachable. */
export function withModels(text: string, models: ReadonlySet<string>): string {
  return text
    .split("\n")
    .filter((line) => {
      const model = /^(?:import \{ \w+ \}|export \*) from '\.\.\/models\/(\w+)\.js';$|^ {4}"(\w+)": \2,$/.exec(line);
      return model === null || models.has(model[1] ?? model[2] ?? "");
    })
    .join("\n");
}

/** The models that the named operations send or receive, with all that they consist of. */
async function modelsOf(apis: string, models: string, named: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const files = (await readdir(apis)).filter((file) => file.endsWith("Api.js"));
  const texts = await Promise.all(files.map((file) => readFile(join(apis, file), "utf8")));
  const known = new Set((await readdir(models)).filter((file) => file.endsWith(".js")).map((file) => file.slice(0, -".js".length)));
  const reached = new Set<string>();
  const pending = texts.flatMap((text) => typesIn(withOperations(text, named)));
  for (let type = pending.pop(); type !== undefined; type = pending.pop()) {
    if (reached.has(type) || !known.has(type)) continue;
    reached.add(type);
    pending.push(...typesIn(readFileSync(join(models, `${type}.js`), "utf8")));
  }
  return reached;
}

/** Names within texts such as "Array<V1Container>". */
function typesIn(text: string): readonly string[] {
  return [...text.matchAll(/"[^"\n]*"/g)].flatMap(([literal]) => literal.match(/[A-Z]\w+/g) ?? []);
}

/** undici: the dispatchers at once, as its own index would; anything else when it is first used. */
const lazyUndici: Plugin = {
  name: "undici",
  setup: (build) => {
    build.onResolve({ filter: /^undici$/ }, () => ({ path: "undici", namespace: "undici" }));
    build.onLoad({ filter: /.*/, namespace: "undici" }, () => {
      const require = createRequire(import.meta.url);
      const names = Object.keys(require("undici") as object);
      return { contents: undiciIndex(names), resolveDir: dirname(require.resolve("undici")), loader: "js" };
    });
  },
};

function undiciIndex(names: readonly string[]): string {
  const files: Readonly<Record<string, string>> = { Dispatcher: "dispatcher", Pool: "pool", Agent: "agent", ProxyAgent: "proxy-agent", EnvHttpProxyAgent: "env-http-proxy-agent" };
  const getter = (name: string) => (files[name] === undefined ? `require("./index.js").${name}` : `require("./lib/dispatcher/${files[name]}.js")`);
  return [
    'Object.assign(require("./lib/dispatcher/dispatcher.js").prototype, require("./lib/api"));',
    ...names.map((name) => `Object.defineProperty(exports, "${name}", { enumerable: true, get: () => ${getter(name)} });`),
  ].join("\n");
}

/** zod: English comes by itself; the other fifty languages come along with `z.locales`, which nobody uses. */
const oneLanguage: Plugin = {
  name: "zod",
  setup: (build) => {
    build.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export {};" }));
  },
};

async function textsOf(folder: string): Promise<readonly string[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".ts"));
  return Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
}
