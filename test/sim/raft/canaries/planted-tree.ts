import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Canary, Edit } from "./canary.ts";

const ROOT = join(import.meta.dirname, "../../../..");
/** A part of the source that bugs are planted in, and all that its hunters need of the tree. */
export interface Planting {
  /** What files of edits are relative to. */
  readonly root: string;
  readonly copied: readonly string[];
}

/** `raft/core`, its transcripts, its unit tests and its simulation. */
export const CORE: Planting = {
  root: "raft/core",
  copied: [
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
    "test/sim/orchestration/canaries",
    "test/sim/raft",
    "test/support/print-messages.ts",
    "test/unit/raft/core",
  ],
};

/** A copy of the tree in a folder of its own, with the canary's bug in it; removed when disposed of. */
export interface PlantedTree extends Disposable {
  readonly path: string;
}

/** @throws when an edit no longer applies. */
export function plant(canary: Canary | null, { root, copied }: Planting = CORE): PlantedTree {
  const path = mkdtempSync(join(tmpdir(), "planted-canary-"));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  try {
    for (const part of copied) cpSync(join(ROOT, part), join(path, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(path, "node_modules"));
    for (const edit of canary?.edits ?? []) {
      const file = join(path, root, edit.file);
      writeFileSync(file, applyEdit(readFileSync(file, "utf8"), edit, root));
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { path, [Symbol.dispose]: remove };
}

/** Why an edit does not apply to the present source; null when it does. */
export function whyStale(edit: Edit, { root }: Planting = CORE): string | null {
  try {
    applyEdit(readFileSync(join(ROOT, root, edit.file), "utf8"), edit, root);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function applyEdit(source: string, { file, find, replace }: Edit, root: string): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${root}/${file} holds ${parts.length - 1} times, not once: ${find}`);
  return parts.join(replace);
}
