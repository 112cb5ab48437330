/** The door of this folder: what files were asked for, into one project. */
import { basename } from "node:path/posix";
import { treeAsYaml } from "./canonical-yaml.ts";
import { checkProject } from "./check-project.ts";
import { ComposeError } from "./compose-error.ts";
import { parseEnvFile } from "./env-file.ts";
import { type ComposeFiles, directoryOf, ProjectFiles, resolved } from "./files.ts";
import { filledIn } from "./fill-in.ts";
import { findFiles } from "./find-files.ts";
import { loadFiles, type Scope } from "./load-files.ts";
import { withoutMarks } from "./merge.ts";
import { parseYaml } from "./parse-yaml.ts";
import type { Place } from "./place.ts";
import type { ComposeProject } from "./project.ts";
import { readProject } from "./read-project.ts";
import { type IsEnabled, itemsAt, settled, textsAt, withVariables } from "./settle.ts";
import { type Mapping, mappingAt, textAt, textOf, withEntry } from "./tree.ts";

/** What a person asked for. */
export interface ComposeRequest {
  /**
   * Files in order, later ones over earlier ones; "-" is standard input. None = those of COMPOSE_FILE, else
   * `compose.yaml` or a file of the like names, in the working directory or above it.
   */
  readonly files: readonly string[];
  /** Absolute: where the person is. */
  readonly workingDirectory: string;
  /** What relative paths are relative to; null = the directory of the first file. */
  readonly projectDirectory: string | null;
  /** null = COMPOSE_PROJECT_NAME, else `name` in the files, else the name of the directory. */
  readonly projectName: string | null;
  /** Besides those of COMPOSE_PROFILES; "*" is all. */
  readonly profiles: readonly string[];
  /** Files of variables; null = `.env` of the project's directory, if it is there. */
  readonly envFiles: readonly string[] | null;
  /** The variables of the person's shell; they win over those of files. */
  readonly environment: ReadonlyMap<string, string>;
}

/** @throws ComposeError, with the line where there is one. */
export async function loadProject(request: ComposeRequest, port: ComposeFiles): Promise<ComposeProject> {
  const { files, scope, paths, name } = await prepared(request, port);
  const warnings = new Set<string>();
  const warn = (place: Place, sentence: string) => warnings.add(`${place.file}:${place.line}: ${sentence}`);
  const { workingDirectory } = request;
  const loaded = await loadFiles(paths, scope, { files, workingDirectory, warn, fillsIn: true });
  if (loaded.entries.size === 0) throw new ComposeError(null, `${files.shown(paths[0] ?? "")} is empty`);
  const isEnabled = enabledProfiles(request, scope.environment);
  const tree = await withFilesOfVariables(settled(loaded, name, isEnabled), isEnabled, scope, files);
  const { directory } = scope;
  const writtenKeys = writtenKeysOf(loaded);
  const project = readProject(tree, { name, directory, warnings: [...warnings], isEnabled, writtenKeys });
  checkProject(project);
  return project;
}

/**
 * The files in canonical form with their variables as they stand: what `stack config --no-interpolate` prints. Includes
 * are named and not followed, because variables may be in their names.
 * @throws ComposeError
 */
export async function composeAsWritten(request: ComposeRequest, port: ComposeFiles): Promise<string> {
  const { files, scope, paths } = await prepared(request, port);
  const { workingDirectory } = request;
  const loaded = await loadFiles(paths, scope, { files, workingDirectory, warn: () => undefined, fillsIn: false });
  return treeAsYaml(withoutMarks(loaded) as Mapping, "as written");
}

interface Prepared {
  readonly files: ProjectFiles;
  readonly scope: Scope;
  /** Absolute, or "-". */
  readonly paths: readonly string[];
  readonly name: string;
}

async function prepared(request: ComposeRequest, port: ComposeFiles): Promise<Prepared> {
  const { workingDirectory } = request;
  const files = new ProjectFiles(port, workingDirectory);
  const paths = await findFiles(request, files);
  const directory =
    request.projectDirectory === null
      ? directoryOf(paths[0] ?? "", workingDirectory)
      : resolved(workingDirectory, request.projectDirectory);
  const environment = await environmentOf(request, directory, files);
  const name = await nameOf(request, directory, environment, paths, files);
  const scope = { directory, environment: new Map([...environment, ["COMPOSE_PROJECT_NAME", name]]), chain: [] };
  return { files, scope, paths, name };
}

/** The person's variables, and those of files beneath them. */
async function environmentOf(
  { envFiles, environment, workingDirectory }: ComposeRequest,
  directory: string,
  files: ProjectFiles,
): Promise<ReadonlyMap<string, string>> {
  const lookup = (name: string) => environment.get(name) ?? null;
  let values = new Map<string, string>();
  for (const path of envFiles ?? [resolved(directory, ".env")]) {
    const absolute = resolved(workingDirectory, path);
    const text = envFiles === null ? await files.read(absolute, null) : await files.mustRead(absolute, null);
    if (text !== null) values = parseEnvFile(text, { file: files.shown(absolute), lookup, format: null }, values);
  }
  return new Map([...values, ...environment]);
}

const PROJECT_NAME = /^[a-z0-9][a-z0-9_-]*$/;

async function nameOf(
  { projectName }: ComposeRequest,
  directory: string,
  environment: ReadonlyMap<string, string>,
  paths: readonly string[],
  files: ProjectFiles,
): Promise<string> {
  const asked = projectName ?? (environment.get("COMPOSE_PROJECT_NAME") || null);
  if (asked !== null) {
    if (PROJECT_NAME.test(asked)) return asked;
    const rule = 'lower case letters, digits, "-" and "_", and begins with a letter or digit';
    throw new ComposeError(null, `${JSON.stringify(asked)} is not a name of a project: it has only ${rule}`);
  }
  const written = await writtenName(environment, paths, files);
  const name = normalizedName(written ?? "") || normalizedName(basename(directory));
  if (name === "")
    throw new ComposeError(null, `the project has no name: ${directory} gives none; write "name" in a file`);
  return name;
}

function normalizedName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
}

/** The last `name` that a file gives. */
async function writtenName(
  environment: ReadonlyMap<string, string>,
  paths: readonly string[],
  files: ProjectFiles,
): Promise<string | null> {
  let name: string | null = null;
  const lookup = (variable: string) => environment.get(variable) ?? null;
  for (const path of paths) {
    for (const document of parseYaml(await files.mustRead(path, null), files.shown(path))) {
      const written = document.kind === "mapping" ? document.entries.get("name") : undefined;
      if (written?.kind !== "scalar") continue;
      const filled = filledIn(written, { lookup, missing: () => undefined });
      if (filled.kind === "scalar" && filled.value !== null) name = textOf(filled.value);
    }
  }
  return name;
}

function enabledProfiles({ profiles }: ComposeRequest, environment: ReadonlyMap<string, string>): IsEnabled {
  const asked = new Set([...profiles, ...(environment.get("COMPOSE_PROFILES") ?? "").split(",")]);
  return (wanted) => {
    return wanted.length === 0 || asked.has("*") || wanted.some((profile) => asked.has(profile.trim()));
  };
}

function writtenKeysOf(loaded: Mapping): ReadonlyMap<string, ReadonlySet<string>> {
  const services = mappingAt(loaded, "services")?.entries ?? new Map();
  return new Map(
    [...services].map(([name, service]) => {
      return [name, new Set(service.kind === "mapping" ? service.entries.keys() : [])] as const;
    }),
  );
}

/** Services that take part, with what their files of variables and labels say. */
async function withFilesOfVariables(
  tree: Mapping,
  isEnabled: IsEnabled,
  scope: Scope,
  files: ProjectFiles,
): Promise<Mapping> {
  const services = mappingAt(tree, "services") as Mapping;
  const entries = new Map(services.entries);
  for (const [name, service] of services.entries) {
    if (service.kind !== "mapping") continue;
    if (!isEnabled(textsAt(service, "profiles"))) continue;
    const environment = await variablesOf(service, scope, files);
    const labels = await labelsOf(service, files);
    entries.set(name, withVariables(service, environment, labels));
  }
  return withEntry(tree, "services", { ...services, entries });
}

async function variablesOf(service: Mapping, scope: Scope, files: ProjectFiles): Promise<ReadonlyMap<string, string>> {
  const said = mappingAt(service, "environment");
  const lookup = (name: string) => scope.environment.get(name) ?? (said === null ? null : textAt(said, name));
  let values = new Map<string, string>();
  for (const item of itemsAt(service, "env_file")) {
    if (item.kind !== "mapping") continue;
    const path = textAt(item, "path") ?? "";
    const isRequired = textAt(item, "required") !== "false";
    const text = isRequired ? await files.mustRead(path, item.place) : await files.read(path, item.place);
    if (text === null) continue;
    const format = textAt(item, "format") === "raw" ? "raw" : null;
    values = parseEnvFile(text, { file: files.shown(path), lookup, format }, values);
  }
  return values;
}

async function labelsOf(service: Mapping, files: ProjectFiles): Promise<ReadonlyMap<string, string>> {
  let values = new Map<string, string>();
  for (const item of itemsAt(service, "label_file")) {
    if (item.kind !== "scalar") continue;
    const path = textOf(item.value);
    const text = await files.mustRead(path, item.place);
    values = parseEnvFile(text, { file: files.shown(path), lookup: () => null, format: null }, values);
  }
  return values;
}
