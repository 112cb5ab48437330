import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { ContentKind } from "../../shared/objects/file-reference.ts";
import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { parseLabels } from "../parse/words.ts";
import { contentCalls } from "./calls.ts";
import type { UPDATE_OPTIONS } from "./options.ts";

/** A change that loses the race against another one is computed again from what is there then. */
const TRIES_MAX = 5;

export function createRun(kind: ContentKind): Run<typeof UPDATE_OPTIONS> {
  return async (cli, [ref = ""], flags) => {
    if (!flags.has("labelAdd", "labelRm")) throw usageError("nothing to change: give --label-add or --label-rm");
    const added = parseLabels(flags.list("labelAdd"), "--label-add");
    const calls = await contentCalls(cli, kind);
    for (let attempt = 1; ; attempt++) {
      const { id, meta, spec } = await calls.get(ref);
      const { name, labels } = mustHave(spec?.annotations, `the name of the ${kind}`);
      const kept = new Map(Object.entries(labels));
      for (const key of flags.list("labelRm")) {
        if (!kept.delete(key)) throw usageError(`${kind} ${ref} has no label "${key}" to remove`);
      }
      const annotations = { name, labels: { ...Object.fromEntries(kept), ...added } };
      try {
        await calls.update(id, meta?.version ?? 0, { annotations, templateDriver: spec?.templateDriver ?? "" });
        cli.output.line(ref);
        return;
      } catch (error) {
        if (!(error instanceof SwarmError) || error.code !== "aborted" || attempt === TRIES_MAX) throw error;
      }
    }
  };
}
