import { toRfc3339 } from "../../shared/docker-shape/common.ts";
import { toDockerContent } from "../../shared/docker-shape/content.ts";
import type { ContentKind } from "../../shared/objects/file-reference.ts";
import { visible } from "../../shared/visible-text.ts";
import type { Run } from "../cli.ts";
import { type Field, prettyLines, printInspected, requireOneShape } from "../format/inspect.ts";
import type { INSPECT_OPTIONS } from "../list-options.ts";
import { showFound } from "../names.ts";
import { type Content, contentCalls } from "./calls.ts";

export function createRun(kind: ContentKind): Run<typeof INSPECT_OPTIONS> {
  return async (cli, args, flags) => {
    requireOneShape(flags);
    const calls = await contentCalls(cli, kind);
    await showFound(args, calls.get, (found) => {
      if (flags.is("pretty")) {
        for (const content of found) for (const line of prettyLines(fieldsOf(kind, content))) cli.output.line(line);
        return;
      }
      const shown = found.map((content) => toDockerContent(kind, content));
      printInspected(shown, flags.text("format") ?? "", cli.output);
    });
  };
}

function fieldsOf(kind: ContentKind, { id, meta, spec }: Content): readonly Field[] {
  const labels = Object.entries(spec?.annotations?.labels ?? {});
  return [
    ["ID", id],
    ["Name", spec?.annotations?.name ?? ""],
    ["Labels", labels.map(([key, value]) => `${key}=${value}`)],
    ["Template Driver", spec?.templateDriver ?? ""],
    ["Created at", toRfc3339(meta?.createdAtMs ?? 0)],
    ["Updated at", toRfc3339(meta?.updatedAtMs ?? 0)],
    ["Data", { lines: kind === "config" ? linesOf(spec?.data ?? Buffer.alloc(0)) : [] }],
  ];
}

function linesOf(data: Buffer): readonly string[] {
  return data
    .toString()
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => visible(line));
}
