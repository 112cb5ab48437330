/** Files into one tree: filled in, in canonical form, with what they include and extend, one over the other. */
import { ComposeError } from "./compose-error.ts";
import { parseEnvFile } from "./env-file.ts";
import { Extending } from "./extend.ts";
import { file as fileKind, type Include, includes, SECTIONS } from "./file-kind.ts";
import { directoryOf, type ProjectFiles, resolved } from "./files.ts";
import { filledIn } from "./fill-in.ts";
import { canonicalOf, type FileReading } from "./kind.ts";
import { INCLUDE_DEPTH_MAX } from "./limits.ts";
import { merged } from "./merge.ts";
import { parseYaml } from "./parse-yaml.ts";
import type { Place } from "./place.ts";
import { withContexts } from "./settle.ts";
import { type Mapping, mapping, mappingAt, type Tree, withEntry, withoutEntry } from "./tree.ts";

/** What the files of one project, or those of one `include`, have in common. */
export interface Scope {
  /** Absolute; what their relative paths are relative to. */
  readonly directory: string;
  readonly environment: ReadonlyMap<string, string>;
  /** The files on the way here, by their absolute paths. */
  readonly chain: readonly string[];
}

export interface Loading {
  readonly files: ProjectFiles;
  /** What people's paths are relative to. */
  readonly workingDirectory: string;
  readonly warn: (place: Place, sentence: string) => void;
  /** false = variables stay as they stand. */
  readonly fillsIn: boolean;
}

/** @throws ComposeError */
export async function loadFiles(paths: readonly string[], scope: Scope, loading: Loading): Promise<Mapping> {
  let whole: Mapping = mapping([], { file: loading.files.shown(paths[0] ?? ""), line: 1 });
  for (const path of paths) {
    for (const document of await documentsOf(path, scope.directory, null, scope, loading)) {
      const chain = [...scope.chain, path];
      const included = await withIncludes(document, { ...scope, chain }, loading);
      const extended = await new Extending(path, included, (other, place) => {
        // What a file that is only extended includes belongs to another project.
        return servicesOf(other, place, scope, loading);
      }).all();
      whole = merged(whole, extended, [], "used up") as Mapping;
    }
  }
  return withContexts(whole, scope.directory);
}

/** The documents of a file in canonical form. `directory`: what its relative paths are relative to. */
async function documentsOf(
  path: string,
  directory: string,
  place: Place | null,
  scope: Scope,
  loading: Loading,
): Promise<readonly Mapping[]> {
  const name = loading.files.shown(path);
  const lookup = (variable: string) => scope.environment.get(variable) ?? null;
  const { fillsIn, warn } = loading;
  const reading: FileReading = {
    directory,
    home: lookup("HOME"),
    lookup,
    warn,
    spent: { ports: 0 },
    hasVariables: !fillsIn,
  };
  return parseYaml(await loading.files.mustRead(path, place), name).map((document) => {
    if (document.kind !== "mapping") throw new ComposeError(document.place, "the file is not a mapping of sections");
    const missing = (variable: string, at: Place) =>
      warn(at, `the variable ${variable} is not set and counts as empty`);
    const filled = fillsIn ? filledIn(document, { lookup, missing }) : document;
    const canonical = canonicalOf(fileKind, filled, { path: "", reading }) as Mapping;
    const version = canonical.entries.get("version");
    if (version !== undefined) warn(version.place, '"version" means nothing any more; leave it out');
    return withoutEntry(canonical, "version");
  });
}

/** The services of a file that is extended, whose paths are relative to itself. */
async function servicesOf(path: string, place: Place, scope: Scope, loading: Loading): Promise<Mapping> {
  let services: Tree = mapping([], { file: loading.files.shown(path), line: 1 });
  const directory = directoryOf(path, loading.workingDirectory);
  for (const document of await documentsOf(path, directory, place, scope, loading)) {
    const more = mappingAt(document, "services");
    if (more !== null) services = merged(services, more, ["services"], "kept");
  }
  return services as Mapping;
}

/** A document over everything it includes. */
async function withIncludes(document: Mapping, scope: Scope, loading: Loading): Promise<Mapping> {
  const entry = document.entries.get("include");
  if (entry === undefined || entry.mark === "reset" || !loading.fillsIn) return withoutEntry(document, "include");
  let whole = withoutEntry(document, "include");
  for (const [index, include] of includes.read(entry, "include").entries()) {
    const place = (entry.kind === "list" ? entry.items[index]?.place : null) ?? entry.place;
    const included = await includedFiles(include, place, scope, loading);
    for (const section of SECTIONS) {
      const [lower, upper] = [mappingAt(included, section), mappingAt(whole, section)];
      if (lower === null) continue;
      for (const [key, { place: above }] of upper?.entries ?? []) {
        const below = lower.entries.get(key);
        if (section !== "services" || below === undefined) continue;
        loading.warn(above, `services.${key} is in ${below.place.file} as well, which is included: this comes over it`);
      }
      whole = withEntry(whole, section, upper === null ? lower : merged(lower, upper, [section], "kept"));
    }
  }
  return whole;
}

async function includedFiles(include: Include, place: Place, scope: Scope, loading: Loading): Promise<Mapping> {
  const paths = include.paths.map((path) => {
    if (/^(https?|git|ssh|oci):\/\/|^(github\.com\/|git@)/.test(path)) {
      throw new ComposeError(place, `include: ${JSON.stringify(path)} is elsewhere; fetch it and name the file`);
    }
    return resolved(scope.directory, path);
  });
  const [first = ""] = paths;
  if (scope.chain.includes(first)) {
    const way = [...scope.chain, first].map((path) => loading.files.shown(path)).join(" includes ");
    throw new ComposeError(place, `include: files include each other: ${way}`);
  }
  if (scope.chain.length > INCLUDE_DEPTH_MAX) {
    throw new ComposeError(place, `include: more than ${INCLUDE_DEPTH_MAX} files include each other in a row`);
  }
  const directory =
    include.projectDirectory === null
      ? directoryOf(first, loading.workingDirectory)
      : resolved(scope.directory, include.projectDirectory);
  const environment = await environmentOf(include, directory, place, scope, loading);
  return await loadFiles(paths, { directory, environment, chain: scope.chain }, loading);
}

/** The variables around, and those of the include's own files, which do not change them. */
async function environmentOf(
  { envFiles }: Include,
  directory: string,
  place: Place,
  scope: Scope,
  { files }: Loading,
): Promise<ReadonlyMap<string, string>> {
  const named = envFiles.filter((path) => path !== "/dev/null").map((path) => resolved(scope.directory, path));
  const own = new Map<string, string>();
  const lookup = (name: string) => scope.environment.get(name) ?? null;
  for (const path of envFiles.length === 0 ? [resolved(directory, ".env")] : named) {
    const text = envFiles.length === 0 ? await files.read(path, place) : await files.mustRead(path, place);
    if (text === null) continue;
    for (const [name, value] of parseEnvFile(text, { file: files.shown(path), lookup, format: null }, own)) {
      own.set(name, value);
    }
  }
  return new Map([...own, ...scope.environment]);
}
