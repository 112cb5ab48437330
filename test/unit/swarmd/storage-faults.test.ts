import assert from "node:assert/strict";
import { test } from "node:test";
import { LogLostEntries } from "../../../raft/core/raft-log.ts";
import { toLogIndex } from "../../../raft/ids.ts";
import { RaftStorageError } from "../../../raft/storage/storage-error.ts";
import { InvariantError } from "../../../shared/invariant.ts";
import { exitCodes, FatalError } from "../../../swarmd/exit-codes.ts";
import { toFatal } from "../../../swarmd/storage-faults.ts";

test("entries that others know to be committed and this log has lost end the daemon as a damaged log, not as a bug", () => {
  const fatal = toFatal(new LogLostEntries(toLogIndex(9), toLogIndex(7)));
  assert.ok(fatal instanceof FatalError);
  assert.equal(fatal.exitCode, exitCodes.raftLog);
  assert.match(fatal.message, /commit index 9 is beyond the last entry 7.*start swarmd again/);
});

test("each fault of the Raft log ends with the exit code of its reason, and everything else stays what it was", () => {
  const codeOf = (error: unknown): number | null => (error instanceof FatalError ? error.exitCode : null);
  assert.equal(codeOf(toFatal(new RaftStorageError("corrupt", "x"))), exitCodes.raftLog);
  assert.equal(codeOf(toFatal(new RaftStorageError("inUse", "x"))), exitCodes.alreadyRunning);
  assert.equal(codeOf(toFatal(new RaftStorageError("disk", "x"))), exitCodes.disk);
  const bug = new InvariantError("two leaders");
  assert.equal(toFatal(bug), bug);
});
