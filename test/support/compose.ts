import type { ComposeFiles } from "../../shared/compose/files.ts";
import { type ComposeRequest, composeAsWritten, loadProject } from "../../shared/compose/load-project.ts";
import type { ComposeProject } from "../../shared/compose/project.ts";

interface Loading {
  readonly files?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly profiles?: readonly string[];
  readonly projectName?: string | null;
  readonly envFiles?: readonly string[] | null;
}

/** Loads a project from texts by their absolute paths; the working directory is /app. */
export async function loadTexts(
  texts: Readonly<Record<string, string>>,
  loading: Loading = {},
): Promise<ComposeProject> {
  return await loadProject(requestOf(loading), filesOf(texts));
}

/** The texts in canonical form with their variables. */
export async function composeTextsAsWritten(texts: Readonly<Record<string, string>>): Promise<string> {
  return await composeAsWritten(requestOf({}), filesOf(texts));
}

function requestOf(loading: Loading): ComposeRequest {
  const { files = ["compose.yaml"], environment = {}, profiles = [], projectName = "app", envFiles = null } = loading;
  return {
    files,
    workingDirectory: "/app",
    projectDirectory: null,
    projectName,
    profiles,
    envFiles,
    environment: new Map(Object.entries({ HOME: "/home/me", ...environment })),
  };
}

function filesOf(texts: Readonly<Record<string, string>>): ComposeFiles {
  const known = new Map(
    Object.entries(texts).map(([path, text]) => [path.startsWith("/") ? path : `/app/${path}`, text]),
  );
  return { read: async (path) => known.get(path) ?? null };
}
