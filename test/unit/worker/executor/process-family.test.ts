import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { familyOf } from "../../../../worker/executor/process-family.ts";
import type { ProcessEntry } from "../../../../worker/ports/process-table.ts";

const process = (pid: number, parent: number, session: number, startTicks = "1"): ProcessEntry => ({
  ...{ pid, parent, session, startTicks },
});

describe("a process's family", () => {
  const root = process(10, 5, 9);
  const others = [process(1, 0, 1), process(5, 1, 5), process(20, 1, 20), process(21, 20, 20)];
  const pids = (table: readonly ProcessEntry[]) =>
    familyOf(root, table)
      .map(({ pid }) => pid)
      .sort((a, b) => a - b);

  it("is what it started, what that started, and itself", () => {
    const child = process(11, 10, 9);
    const grandchildWithSession = process(13, 11, 13);
    assert.deepEqual(pids([...others, grandchildWithSession, child, root]), [10, 11, 13]);
  });

  it("has those whose parent has ended, by their session, and their children", () => {
    const orphan = process(12, 1, 9);
    const itsChild = process(14, 12, 14);
    assert.deepEqual(pids([itsChild, ...others, root, orphan]), [10, 12, 14]);
    assert.deepEqual(pids([...others, itsChild, orphan]), [12, 14]);
  });

  it("is nobody who only has its number by now", () => {
    assert.deepEqual(pids([...others, process(10, 5, 5, "2"), process(11, 10, 5)]), []);
  });
});
