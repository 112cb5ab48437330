import { dirname, join } from "node:path/posix";
import { ComposeError } from "./compose-error.ts";
import { parseEnvFile } from "./env-file.ts";
import { type ProjectFiles, resolved } from "./files.ts";

const NAMES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml",
];

interface Asked {
  readonly files: readonly string[];
  readonly workingDirectory: string;
  readonly environment: ReadonlyMap<string, string>;
}

/**
 * The files of a project, absolute or "-": those asked for, those of COMPOSE_FILE, or the usual ones.
 * @throws ComposeError
 */
export async function findFiles(
  { files: asked, workingDirectory, environment }: Asked,
  files: ProjectFiles,
): Promise<readonly string[]> {
  const named = asked.length > 0 ? asked : await namedByVariable(workingDirectory, environment, files);
  if (named.length > 0) return named.map((path) => (path === "-" ? path : resolved(workingDirectory, path)));
  for (let directory = workingDirectory; ; directory = dirname(directory)) {
    const first = await firstOf(NAMES, directory, files);
    if (first !== null) {
      const override = await firstOf(OVERRIDES, directory, files);
      return override === null ? [first] : [first, override];
    }
    if (dirname(directory) === directory) break;
  }
  throw new ComposeError(null, `there is no ${NAMES[0]} in ${workingDirectory} or above it; name the file`);
}

async function firstOf(names: readonly string[], directory: string, files: ProjectFiles): Promise<string | null> {
  for (const name of names) {
    const path = join(directory, name);
    if ((await files.read(path, null)) !== null) return path;
  }
  return null;
}

/** COMPOSE_FILE, which may stand in the `.env` where the person is. */
async function namedByVariable(
  directory: string,
  environment: ReadonlyMap<string, string>,
  files: ProjectFiles,
): Promise<readonly string[]> {
  const path = join(directory, ".env");
  const text = (await files.read(path, null)) ?? "";
  const lookup = (name: string) => environment.get(name) ?? null;
  const values = new Map([...parseEnvFile(text, { file: files.shown(path), lookup, format: null }), ...environment]);
  const separator = values.get("COMPOSE_PATH_SEPARATOR") || ":";
  return (values.get("COMPOSE_FILE") ?? "").split(separator).filter((file) => file !== "");
}
