/**
 * Makes the release bundle in dist/: one file per program, native addons beside it, and launchers in dist/bin. A bundle
 * starts several times faster than a tree of modules, and a server needs only this folder and Node.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { LANGUAGE } from "./lib/bundle-language.ts";
import { ALLOCATOR_ENVIRONMENT, ENGINE_FLAGS } from "./lib/engine-flags.ts";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** Bundled CommonJS packages still ask for these three; node-gyp-build finds `prebuilds/` by `__dirname`. */
const COMMONJS_BANNER = [
  `import { createRequire as createRequireOfBundle } from "node:module";`,
  `const require = createRequireOfBundle(import.meta.url);`,
  `const __dirname = import.meta.dirname;`,
  `const __filename = import.meta.filename;`,
].join("");

/**
 * The parser of command lines can start programs, which none of ours asks of it; and loading the module for that takes
 * milliseconds.
 */
const WITHOUT_SUBPROGRAMS: Plugin = {
  name: "without-subprograms",
  setup(bundler) {
    bundler.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/node_modules/commander/") ? { path: "none", namespace: "without-subprograms" } : null,
    );
    bundler.onLoad({ filter: /./, namespace: "without-subprograms" }, () => ({ contents: "export default {};" }));
  },
};

/**
 * The contract's description as a text that is parsed when it is needed: the engine reads JSON several times faster
 * than the same as an expression, which it also keeps in the code cache.
 */
const DESCRIPTION_AS_TEXT: Plugin = {
  name: "description-as-text",
  setup(bundler) {
    bundler.onLoad({ filter: /\/gen\/descriptor\.json$/ }, ({ path }) => {
      const text = JSON.stringify(JSON.parse(readFileSync(path, "utf8")));
      return { contents: `export default JSON.parse(${JSON.stringify(text)});`, loader: "js" };
    });
  },
};

/**
 * What each program begins with: one file, since an upgrade replaces this folder while the old daemon is still running.
 * The command line is CommonJS, which Node starts without its module loader for ECMAScript and without making every
 * property of `process` at once; see the decision on a command line that starts fast.
 */
const PROGRAMS = [
  {
    program: "swarmd",
    entry: "swarmd/main.ts",
    extension: ".mjs",
    shape: { format: "esm", banner: { js: COMMONJS_BANNER } },
    engineFlags: ENGINE_FLAGS,
    environment: ALLOCATOR_ENVIRONMENT,
  },
  {
    // A thread of swarmd, which begins it when it starts.
    program: "starter",
    entry: "worker/ports/starter-thread.ts",
    extension: ".mjs",
    shape: { format: "esm", banner: { js: COMMONJS_BANNER } },
    engineFlags: null,
    environment: {},
  },
  {
    program: "swarmctl",
    entry: "swarmctl/main.ts",
    extension: ".cjs",
    shape: {
      format: "cjs",
      define: { "import.meta.dirname": "__dirname" },
      plugins: [WITHOUT_SUBPROGRAMS, DESCRIPTION_AS_TEXT],
    },
    engineFlags: [],
    environment: {},
  },
] as const satisfies readonly { readonly shape: BuildOptions; readonly [key: string]: unknown }[];

/** Of the foreign-function library, what is loaded; the rest is its source. */
const KOFFI_FILES = [
  "package.json",
  "LICENSE.txt",
  "index.js",
  "src/koffi/index.js",
  "src/koffi/src/static.js",
] as const;

/** Of the bundle's lines, so that the trace of an error in it names a place that a person can look at. */
const COLUMNS_MAX = 160;

const startedMs = performance.now();
// Left by earlier releases.
rmSync(join(dist, "chunks"), { recursive: true, force: true });
for (const name of ["swarmctl.mjs", "swarmctl.mjs.map"]) rmSync(join(dist, name), { force: true });
mkdirSync(join(dist, "bin"), { recursive: true });
for (const { program, entry, extension, shape, engineFlags, environment } of PROGRAMS) {
  await build({
    ...shape,
    entryPoints: { [program]: join(root, entry) },
    outdir: dist,
    outExtension: { ".js": extension },
    bundle: true,
    platform: "node",
    ...LANGUAGE,
    mainFields: ["module", "main"],
    minifySyntax: true,
    // Comments go, line breaks stay often enough for a trace to name a place.
    minifyWhitespace: true,
    lineLimit: COLUMNS_MAX,
    // It finds its addon by its own place.
    external: ["koffi"],
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "none",
    define: {
      ...("define" in shape ? shape.define : {}),
      "process.env.SWARM_VERSION": JSON.stringify(version),
      "process.env.SWARM_STARTER": JSON.stringify("./starter.mjs"),
    },
    logLevel: "warning",
  }).catch(() => {
    // esbuild has said what and where.
    console.error(`build: ${program} cannot be bundled.`);
    process.exit(1);
  });
  keepAscii(join(dist, `${program}${extension}`));
  if (engineFlags === null) continue;
  writeExecutable(join(dist, "bin", program), launcher(`${program}${extension}`, program, engineFlags, environment));
}
copyAddon();
copyForeignFunctions();
writeFileSync(join(dist, "package.json"), `${JSON.stringify({ name: "swarmd", version, type: "module" })}\n`);
writeFileSync(join(dist, ".built"), `${version}\n`);
console.log(`build: dist/ (swarmd ${version}) in ${Math.round(performance.now() - startedMs)} ms`);

/**
 * One character outside ASCII makes the engine keep the whole text of a program in two bytes a character for as long as
 * it runs: 5 MB of a daemon. The bundler escapes those in strings, but not those in regular expressions.
 */
function keepAscii(path: string): void {
  const text = readFileSync(path, "utf8");
  const escaped = text.replace(/[^\p{ASCII}]/gu, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
  if (escaped !== text) writeFileSync(path, escaped);
}

/** The database's addon for this platform; prebuilt ones for other platforms are left out. */
function copyAddon(): void {
  const platform = `${process.platform}-${process.arch}`;
  const from = join(root, "node_modules/classic-level/prebuilds", platform);
  if (!existsSync(from)) throw new Error(`classic-level has no prebuilt addon for ${platform}`);
  rmSync(join(dist, "prebuilds"), { recursive: true, force: true });
  cpSync(from, join(dist, "prebuilds", platform), { recursive: true });
}

/** The library that calls the kernel and libnftables, with its addon for this platform. */
function copyForeignFunctions(): void {
  const addon = `@koromix/koffi-${process.platform}-${process.arch}`;
  rmSync(join(dist, "node_modules"), { recursive: true, force: true });
  for (const path of [addon, ...KOFFI_FILES.map((name) => `koffi/${name}`)]) {
    const from = join(root, "node_modules", path);
    if (!existsSync(from)) throw new Error(`node_modules/${path} is missing; run scripts/setup`);
    cpSync(from, join(dist, "node_modules", path), { recursive: true });
  }
}

function writeExecutable(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/**
 * A shell script, because only the shell can choose which Node runs the bundle: the one installed beside it, the one
 * from npm, otherwise the system's. The compile cache halves the start-up time; it is kept where only root can write,
 * because it is code.
 */
function launcher(
  file: string,
  program: string,
  engineFlags: readonly string[],
  environment: Readonly<Record<string, string>>,
): string {
  // Who has set one of them knows why.
  const settings = Object.entries(environment).map(([name, value]) => `: "\${${name}:=${value}}"; export ${name}\n`);
  const flags = ["--disable-warning=ExperimentalWarning", ...engineFlags];
  return `#!/bin/sh
self=$0
if [ -L "$self" ]; then self=$(readlink -f "$self"); fi
dist=\${self%/bin/${program}}
if [ -x "$dist/node" ]; then node=$dist/node
else
  node=node
  for npms in "$dist"/../node_modules/node-linux-*/bin/node; do
    if [ -x "$npms" ]; then node=$npms; fi
  done
fi
if [ -w /var/cache ]; then : "\${NODE_COMPILE_CACHE:=/var/cache/swarm/node}"; export NODE_COMPILE_CACHE; fi
${settings.join("")}# Without -- Node takes an --env-file among the program's own arguments for itself.
exec "$node" ${flags.join(" ")} -- "$dist/${file}" "$@"
`;
}
