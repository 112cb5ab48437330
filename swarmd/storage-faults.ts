import { LogLostEntries } from "../raft/core/raft-log.ts";
import { RaftStorageError } from "../raft/storage/storage-error.ts";
import { unreachable } from "../shared/invariant.ts";
import { FatalError } from "./exit-codes.ts";

/**
 * A Raft log that cannot be used ends the daemon, with the exit code of its reason: going on without it, or with half
 * of it, could break what this manager has promised to the others. Any other error is returned unchanged.
 */
export function toFatal(error: unknown): unknown {
  if (error instanceof LogLostEntries) {
    const message = `the Raft log of this manager has lost entries that it had acknowledged (${error.message}): move the directory raft of its data directory away and start swarmd again, it will then fetch everything from the other managers`;
    return new FatalError("raftLog", message, { cause: error });
  }
  if (!(error instanceof RaftStorageError)) return error;
  switch (error.fault) {
    case "corrupt":
    case "wrongKey":
    case "foreign":
      return new FatalError("raftLog", error.message, { cause: error });
    case "inUse":
      return new FatalError("alreadyRunning", error.message, { cause: error });
    case "disk":
      return new FatalError("disk", error.message, { cause: error });
    default:
      return unreachable(error.fault);
  }
}
