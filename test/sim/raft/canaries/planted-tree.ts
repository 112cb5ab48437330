import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CoreCanary, Edit } from "./canary.ts";

const ROOT = join(import.meta.dirname, "../../../..");
/** What `raft/core`, its transcripts, its unit tests and its simulation are made of. */
const COPIED = [
  "docs/raft.md",
  "package.json",
  "raft/core",
  "raft/ids.ts",
  "shared/errors.ts",
  "shared/ids.ts",
  "shared/invariant.ts",
  "shared/ports",
  "scripts/sim.ts",
  "scripts/sim-parts",
  "test/golden/etcd",
  "test/golden/transcript.ts",
  "test/sim/linearizability",
  "test/sim/raft",
  "test/support/print-messages.ts",
  "test/unit/raft/core",
];

/** A copy of the tree in a folder of its own, with the canary's bug in it; removed when disposed of. */
export interface PlantedTree extends Disposable {
  readonly path: string;
}

/** @throws when an edit no longer applies. */
export function plant(canary: CoreCanary | null): PlantedTree {
  const path = mkdtempSync(join(tmpdir(), "raft-canary-"));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  try {
    for (const part of COPIED) cpSync(join(ROOT, part), join(path, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(path, "node_modules"));
    for (const edit of canary?.edits ?? []) {
      const file = join(path, "raft/core", edit.file);
      writeFileSync(file, applyEdit(readFileSync(file, "utf8"), edit));
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { path, [Symbol.dispose]: remove };
}

/** Why an edit does not apply to the present source; null when it does. */
export function whyStale(edit: Edit): string | null {
  try {
    applyEdit(readFileSync(join(ROOT, "raft/core", edit.file), "utf8"), edit);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function applyEdit(source: string, { file, find, replace }: Edit): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`raft/core/${file} holds ${parts.length - 1} times, not once: ${find}`);
  return parts.join(replace);
}
