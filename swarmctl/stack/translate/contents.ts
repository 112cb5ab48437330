import type { ComposeConfig, ComposeProject, ComposeSecret } from "../../../shared/compose/project.ts";
import { CONTENT_KINDS, type ContentKind } from "../../../shared/objects/file-reference.ts";
import { labelsOf } from "../../../shared/objects/labels.ts";
import { inStack, STACK_LABEL } from "../names.ts";
import type { Notes } from "./notes.ts";
import type { WantedContent } from "./wanted.ts";

/** The secrets and configs of a file that a service uses. */
export function wantedContents(project: ComposeProject, stack: string, notes: Notes): readonly WantedContent[] {
  return CONTENT_KINDS.flatMap((kind) => {
    const defined: ReadonlyMap<string, ComposeSecret | ComposeConfig> =
      kind === "secret" ? project.secrets : project.configs;
    const services = [...project.services.values()];
    const used = new Set(
      services.flatMap((service) => (kind === "secret" ? service.secrets : service.configs)).map((use) => use.source),
    );
    return [...defined]
      .filter(([key]) => used.has(key))
      .map(([key, content]) => wantedContent(kind, key, content, stack, notes));
  });
}

function wantedContent(
  kind: ContentKind,
  key: string,
  content: ComposeSecret | ComposeConfig,
  stack: string,
  notes: Notes,
): WantedContent {
  const { name, isExternal, source } = content;
  const at = [`${kind}s`, key];
  if ("driver" in content && content.driver !== null)
    notes.unsupported(
      [...at, "driver"],
      `there is no secret driver ${content.driver}: managers keep secrets themselves`,
    );
  if (source.kind === "environment" && source.value === null)
    notes.wrong([...at, "environment"], `${kind} ${key} needs variable ${source.variable}, which is not set`);
  if (source.kind === "none" && !isExternal)
    notes.wrong(
      at,
      `${kind} ${key} says nothing about its content: give file, environment${kind === "config" ? ", content" : ""} or external`,
    );
  return {
    kind,
    key,
    name,
    isExternal,
    hasOwnName: name !== inStack(stack, key),
    labels: labelsOf([...content.labels, [STACK_LABEL, stack]]),
    templateDriver: content.templateDriver ?? "",
    source,
  };
}
