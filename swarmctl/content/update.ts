import { mustHave } from "../../shared/invariant.ts";
import type { ContentKind } from "../../shared/objects/file-reference.ts";
import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { parseLabels } from "../parse/words.ts";
import { againIfOutrun } from "../write-again.ts";
import { contentCalls } from "./calls.ts";
import type { UPDATE_OPTIONS } from "./options.ts";

export function createRun(kind: ContentKind): Run<typeof UPDATE_OPTIONS> {
  return async (cli, [ref = ""], flags) => {
    if (!flags.has("labelAdd", "labelRm")) throw usageError("nothing to change: give --label-add or --label-rm");
    const added = parseLabels(flags.list("labelAdd"), "--label-add");
    const calls = await contentCalls(cli, kind);
    await againIfOutrun(async () => {
      const { id, meta, spec } = await calls.get(ref);
      const { name, labels } = mustHave(spec?.annotations, `the name of the ${kind}`);
      const kept = new Map(Object.entries(labels));
      for (const key of flags.list("labelRm")) {
        if (!kept.delete(key)) throw usageError(`${kind} ${ref} has no label "${key}" to remove`);
      }
      const annotations = { name, labels: { ...Object.fromEntries(kept), ...added } };
      await calls.update(id, meta?.version ?? 0, { annotations, templateDriver: spec?.templateDriver ?? "" });
    });
    cli.output.line(ref);
  };
}
