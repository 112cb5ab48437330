import { mustHave } from "../../shared/invariant.ts";
import type { ContentKind } from "../../shared/objects/file-reference.ts";
import type { Run } from "../cli.ts";
import { changedLabels, type LABEL_CHANGE_OPTIONS } from "../label-flags.ts";
import { usageError } from "../parse/usage.ts";
import { againIfOutrun } from "../write-again.ts";
import { contentCalls } from "./calls.ts";

export function createRun(kind: ContentKind): Run<typeof LABEL_CHANGE_OPTIONS> {
  return async (cli, [ref = ""], flags) => {
    if (!flags.has("labelAdd", "labelRm")) throw usageError("nothing to change: give --label-add or --label-rm");
    const calls = await contentCalls(cli, kind);
    await againIfOutrun(async () => {
      const { id, meta, spec } = await calls.get(ref);
      const { name, labels } = mustHave(spec?.annotations, `the name of the ${kind}`);
      const annotations = { name, labels: changedLabels(flags, labels, `${kind} ${ref}`) };
      await calls.update(id, meta?.version ?? 0, { annotations, templateDriver: spec?.templateDriver ?? "" });
    });
    cli.output.line(ref);
  };
}
