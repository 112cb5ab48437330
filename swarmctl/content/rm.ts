import type { ContentKind } from "../../shared/objects/file-reference.ts";
import type { Run } from "../cli.ts";
import { forEach } from "../names.ts";
import { contentCalls } from "./calls.ts";

export function createRun(kind: ContentKind): Run<readonly []> {
  return (cli, args) =>
    forEach(args, async (ref) => {
      const calls = await contentCalls(cli, kind);
      await calls.remove(ref);
      cli.output.line(ref);
    });
}
