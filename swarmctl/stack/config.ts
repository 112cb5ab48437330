import { projectAsYaml } from "../../shared/compose/canonical-yaml.ts";
import { composeAsWritten, loadProject } from "../../shared/compose/load-project.ts";
import type { Run } from "../cli.ts";
import { composeFiles, requestOf } from "./load.ts";
import type { CONFIG_OPTIONS } from "./options.ts";

/** The files as one, in canonical form. Nothing is asked of the swarm: they can be checked anywhere. */
export const run: Run<typeof CONFIG_OPTIONS> = async (cli, [name], flags) => {
  const request = requestOf(cli, flags, name ?? null);
  const files = await composeFiles(cli);
  if (flags.is("noInterpolate") || flags.is("skipInterpolation")) {
    const text = await composeAsWritten(request, files);
    if (!flags.is("quiet")) cli.output.line(text.trimEnd());
    return;
  }
  const project = await loadProject(request, files);
  for (const warning of project.warnings) cli.output.warn(`Warning: ${warning}`);
  if (!flags.is("quiet")) cli.output.line(projectAsYaml(project).trimEnd());
};
