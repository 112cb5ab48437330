import {
  assign,
  ConfChangeRefused,
  changeSimply,
  enterJoint,
  leaveJoint,
  type Membership,
} from "../../../raft/core/conf-change.ts";
import { Tracker } from "../../../raft/core/tracker.ts";
import { toLogIndex } from "../../../raft/ids.ts";
import type { Directive } from "../transcript.ts";
import { parseOperations } from "./commands.ts";
import { formatConfiguration, formatProgress } from "./format.ts";

/** Changes one configuration, command by command; the log grows by one entry with each. */
export function runConfChange(): (directive: Directive) => string {
  const tracker = new Tracker({ inflightCountMax: 10, inflightBytesMax: 0 });
  let last = 0;
  return (directive) => {
    try {
      assign(tracker, change(tracker, last, directive));
    } catch (error) {
      if (!(error instanceof ConfChangeRefused)) throw error;
      return `${error.message}\n`;
    } finally {
      last++;
    }
    const progress = tracker.ids.map((id) => `${id}: ${formatProgress(tracker.mustGet(id))}\n`);
    return `${formatConfiguration(tracker.configuration)}\n${progress.join("")}`;
  };
}

function change(tracker: Tracker, last: number, { command, args, input }: Directive): Membership {
  const index = toLogIndex(last);
  const operations = parseOperations(input.join(" "));
  switch (command) {
    case "simple":
      return changeSimply(tracker, index, operations);
    case "enter-joint": {
      const autoLeave = args.find(({ key }) => key === "autoleave")?.values[0] === "true";
      return enterJoint(tracker, index, operations, autoLeave);
    }
    case "leave-joint":
      return leaveJoint(tracker, index);
    default:
      throw new Error(`unknown command ${command}`);
  }
}
