import type { ComposeFiles } from "../../shared/compose/files.ts";
import { type ComposeRequest, loadProject } from "../../shared/compose/load-project.ts";
import { type ComposeProject, placeOf } from "../../shared/compose/project.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { Cli } from "../cli.ts";
import type { Flags } from "../flags.ts";
import type { OptionName } from "../option-spec.ts";
import type { FILE_OPTIONS } from "./options.ts";
import { type Fault, faultText } from "./translate/notes.ts";
import { translate } from "./translate/translate.ts";
import type { WantedStack } from "./translate/wanted.ts";

/** What people write by hand; more is a slip. */
const FILE_BYTES_MAX = 16 << 20;

export type FileFlags = Flags<OptionName<typeof FILE_OPTIONS>>;

export function requestOf(cli: Cli, flags: FileFlags, projectName: string | null): ComposeRequest {
  const environment = Object.entries(cli.environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const envFiles = flags.list("envFile");
  return {
    files: flags.list("composeFile"),
    workingDirectory: cli.absolute("."),
    projectDirectory: flags.text("projectDirectory") ?? null,
    projectName,
    profiles: flags.list("profile"),
    envFiles: envFiles.length === 0 ? null : envFiles,
    environment: new Map(environment),
  };
}

export async function composeFiles(cli: Cli): Promise<ComposeFiles> {
  const bulk = await cli.openBulkFiles();
  return {
    read: async (path) => {
      if (path !== "-" && !bulk.exists(path)) return null;
      const bytes = await cli.readBytes(path, FILE_BYTES_MAX);
      try {
        return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      } catch {
        throw new SwarmError("invalidArgument", "it is not UTF-8");
      }
    },
  };
}

/** A project, and what it wants of the swarm. */
export interface LoadedStack {
  readonly project: ComposeProject;
  readonly wanted: WantedStack;
  readonly place: (...path: readonly string[]) => Fault["place"];
}

/**
 * Reads the files of a stack. Warnings are printed, and so is what the swarm does not support if that may be ignored.
 * @throws SwarmError invalidArgument with every fault of the files.
 */
export async function loadStack(cli: Cli, stack: string, flags: FileFlags): Promise<LoadedStack> {
  const project = await loadProject(requestOf(cli, flags, stack), await composeFiles(cli));
  for (const warning of project.warnings) cli.output.warn(`Warning: ${warning}`);
  const { wanted, faults } = translate(project, stack, cli.readTextFile);
  const ignored = flags.is("ignoreUnsupported") ? faults.filter(({ isUnsupported }) => isUnsupported) : [];
  for (const fault of ignored) cli.output.warn(`Warning: ${faultText(fault)} (ignored)`);
  refuseFaults(faults.filter((fault) => !ignored.includes(fault)));
  return { project, wanted, place: (...path) => placeOf(project, ...path) };
}

/** @throws SwarmError invalidArgument with all of them, in the order of the files, unless there are none. */
export function refuseFaults(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const sorted = faults.toSorted((a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0));
  const hint = faults.some(({ isUnsupported }) => isUnsupported)
    ? "\n--ignore-unsupported deploys without what is not supported"
    : "";
  const texts = [...new Set(sorted.map(faultText))];
  throw new SwarmError("invalidArgument", `${texts.join("\nError: ")}${hint}`);
}
