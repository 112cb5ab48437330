import type { ContentKind } from "../../shared/objects/file-reference.ts";
import { CONTENT_LIMITS } from "../../shared/objects/limits.ts";
import type { Run } from "../cli.ts";
import { parseLabels } from "../parse/words.ts";
import { contentCalls } from "./calls.ts";
import type { CREATE_OPTIONS } from "./options.ts";

export function createRun(kind: ContentKind): Run<typeof CREATE_OPTIONS> {
  return async (cli, args, flags) => {
    const [name = "", path = ""] = args;
    const labels = parseLabels(flags.list("label"), "--label");
    const data = await cli.readBytes(path, CONTENT_LIMITS[kind].max);
    const calls = await contentCalls(cli, kind);
    const templateDriver = flags.text("templateDriver") ?? "";
    const { id } = await calls.create({ annotations: { name, labels }, data, templateDriver });
    cli.output.line(id);
  };
}
