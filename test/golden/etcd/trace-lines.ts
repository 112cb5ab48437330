import type { TraceEvent } from "../../../raft/core/trace.ts";
import type { RaftId } from "../../../raft/ids.ts";
import { formatConfiguration, formatProgress, hex } from "./format.ts";
import { typeOf } from "./messages.ts";

export const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL", "NONE"] as const;
export type Level = (typeof LEVELS)[number];
type Line = readonly [Level, string];

/** A trace event as the log line etcd-io/raft prints there; null = it prints none. */
export function traceLine(self: RaftId, event: TraceEvent): Line | null {
  return electionLine(hex(self), event) ?? replicationLine(hex(self), event) ?? otherLine(hex(self), event);
}

function electionLine(id: string, event: TraceEvent): Line | null {
  switch (event.kind) {
    case "created": {
      const { voters, term, committed, applied, last } = event;
      const peers = voters.map(hex).join(",");
      return [
        "INFO",
        `newRaft ${id} [peers: [${peers}], term: ${term}, commit: ${committed}, applied: ${applied}, lastindex: ${last.index}, lastterm: ${last.term}]`,
      ];
    }
    case "becameFollower":
      return ["INFO", `${id} became follower at term ${event.term}`];
    case "becamePreCandidate":
      return ["INFO", `${id} became pre-candidate at term ${event.term}`];
    case "becameCandidate":
      return ["INFO", `${id} became candidate at term ${event.term}`];
    case "becameLeader":
      return ["INFO", `${id} became leader at term ${event.term}`];
    case "campaignIgnored":
      if (event.why === "alreadyLeader") return ["DEBUG", `${id} ignoring MsgHup because already leader`];
      if (event.why === "unpromotable") return ["WARN", `${id} is unpromotable and can not campaign`];
      return [
        "WARN",
        `${id} cannot campaign at term ${event.term} since there are still pending configuration changes to apply`,
      ];
    case "campaignStarted":
      return ["INFO", `${id} is starting a new election at term ${event.term}`];
    case "voteRequested": {
      const { last, request, to, term } = event;
      const own = `[logterm: ${last.term}, index: ${last.index}]`;
      return ["INFO", `${id} ${own} sent ${typeOf(request)} request to ${hex(to)} at term ${term}`];
    }
    case "voteReceived": {
      const what = `${typeOf(event.response)}${event.granted ? "" : " rejection"}`;
      return ["INFO", `${id} received ${what} from ${hex(event.from)} at term ${event.term}`];
    }
    case "votesCounted": {
      const { granted, rejected, response } = event;
      return ["INFO", `${id} has received ${granted} ${typeOf(response)} votes and ${rejected} vote rejections`];
    }
    case "voteCast":
    case "voteRejected":
    case "voteIgnored": {
      const { request, ownLast, vote, from, last, term } = event;
      const own = `[logterm: ${ownLast.term}, index: ${ownLast.index}, vote: ${hex(vote)}]`;
      const theirs = `${hex(from)} [logterm: ${last.term}, index: ${last.index}] at term ${term}`;
      const type = typeOf(request);
      if (event.kind === "voteCast") return ["INFO", `${id} ${own} cast ${type} for ${theirs}`];
      if (event.kind !== "voteIgnored") return ["INFO", `${id} ${own} rejected ${type} from ${theirs}`];
      const lease = `lease is not expired (remaining ticks: ${event.leaseTicks})`;
      return ["INFO", `${id} ${own} ignored ${type} from ${theirs}: ${lease}`];
    }
    case "timeoutNowReceived": {
      const from = hex(event.from);
      return [
        "INFO",
        `${id} [term ${event.term}] received MsgTimeoutNow from ${from} and starts an election to get leadership.`,
      ];
    }
    case "quorumLost":
      return ["WARN", `${id} stepped down to follower since quorum is not active`];
    case "leaderForgotten":
      return ["INFO", `${id} forgetting leader ${hex(event.leader)} at term ${event.term}`];
    case "forgetLeaderRefused":
      return ["ERROR", "ignoring MsgForgetLeader due to ReadOnlyLeaseBased"];
    default:
      return null;
  }
}

function replicationLine(id: string, event: TraceEvent): Line | null {
  switch (event.kind) {
    case "higherTerm": {
      const { own, message, from, term } = event;
      const what = `received a ${typeOf(message)} message with higher term from ${hex(from)}`;
      return ["INFO", `${id} [term: ${own}] ${what} [term: ${term}]`];
    }
    case "lowerTerm": {
      const { own, message, from, term } = event;
      const what = `ignored a ${typeOf(message)} message with lower term from ${hex(from)}`;
      return ["INFO", `${id} [term: ${own}] ${what} [term: ${term}]`];
    }
    case "lowerTermPersisted": {
      const what = "ignored entry appends from a MsgStorageAppendResp message with lower term";
      return ["INFO", `${id} [term: ${event.own}] ${what} [term: ${event.term}]`];
    }
    case "appendRejected": {
      const { prev, ownTerm, from } = event;
      const own = `[logterm: ${ownTerm}, index: ${prev.index}]`;
      const theirs = `[logterm: ${prev.term}, index: ${prev.index}]`;
      return ["DEBUG", `${id} ${own} rejected MsgApp ${theirs} from ${hex(from)}`];
    }
    case "rejectionReceived": {
      const { index, hint, from } = event;
      const text = `received MsgAppResp(rejected, hint: (index ${hint.index}, term ${hint.term}))`;
      return ["DEBUG", `${id} ${text} from ${hex(from)} for index ${index}`];
    }
    case "progressDecreased":
      return ["DEBUG", `${id} decreased progress of ${hex(event.peer)} to [${formatProgress(event.progress)}]`];
    case "peerUnreachable": {
      const text = `failed to send message to ${hex(event.peer)} because it is unreachable`;
      return ["DEBUG", `${id} ${text} [${formatProgress(event.progress)}]`];
    }
    case "snapshotSent": {
      const { peer, first, commit, snapshot, progress } = event;
      const what = `sent snapshot[index: ${snapshot.index}, term: ${snapshot.term}] to ${hex(peer)}`;
      return ["DEBUG", `${id} [firstindex: ${first}, commit: ${commit}] ${what} [${formatProgress(progress)}]`];
    }
    case "snapshotPaused": {
      const text = `paused sending replication messages to ${hex(event.peer)}`;
      return ["DEBUG", `${id} ${text} [${formatProgress(event.progress)}]`];
    }
    case "snapshotRecovered": {
      const text = `recovered from needing snapshot, resumed sending replication messages to ${hex(event.peer)}`;
      return ["DEBUG", `${id} ${text} [${formatProgress(event.progress)}]`];
    }
    case "snapshotReported": {
      const result = event.ok ? "succeeded" : "failed";
      const text = `snapshot ${result}, resumed sending replication messages to ${hex(event.peer)}`;
      return ["DEBUG", `${id} ${text} [${formatProgress(event.progress)}]`];
    }
    default:
      return null;
  }
}

function otherLine(id: string, event: TraceEvent): Line | null {
  switch (event.kind) {
    case "conflictFound": {
      const { index, existingTerm, conflictingTerm } = event;
      const terms = `[existing term: ${existingTerm}, conflicting term: ${conflictingTerm}]`;
      return ["INFO", `found conflict at index ${index} ${terms}`];
    }
    case "unstableReplaced":
      return ["INFO", `replace the unstable entries from index ${event.from}`];
    case "unstableTruncated":
      return ["INFO", `truncate the unstable entries before index ${event.from}`];
    case "stableEntryMissing":
      return ["INFO", `entry at index ${event.index} missing from unstable log; ignoring`];
    case "stableEntryIsSnapshot":
      return ["INFO", `entry at index ${event.index} matched unstable snapshot; ignoring`];
    case "stableEntryOverwritten": {
      const { stable, held } = event;
      const text = `mismatched with entry at (${held.index},${held.term}) in unstable log; ignoring`;
      return ["INFO", `entry at (index,term)=(${stable.index},${stable.term}) ${text}`];
    }
    case "snapshotRestoring": {
      const { log, snapshot } = event;
      const cursors = `committed=${log.committed}, applied=${log.applied}, applying=${log.applying}`;
      const offsets = `unstable.offset=${log.unstableOffset}, unstable.offsetInProgress=${log.unstableOffsetInProgress}`;
      const text = `log [${cursors}, ${offsets}, len(unstable.Entries)=${log.unstableCount}]`;
      return ["INFO", `${text} starts to restore snapshot [index: ${snapshot.index}, term: ${snapshot.term}]`];
    }
    case "snapshotRestored":
    case "snapshotFastForwarded": {
      const { commit, last, snapshot } = event;
      const what = event.kind === "snapshotRestored" ? "restored snapshot" : "fast-forwarded commit to snapshot";
      const own = `[commit: ${commit}, lastindex: ${last.index}, lastterm: ${last.term}]`;
      return ["INFO", `${id} ${own} ${what} [index: ${snapshot.index}, term: ${snapshot.term}]`];
    }
    case "snapshotAccepted":
    case "snapshotIgnored": {
      const what = event.kind === "snapshotAccepted" ? "restored snapshot" : "ignored snapshot";
      const { commit, snapshot } = event;
      return ["INFO", `${id} [commit: ${commit}] ${what} [index: ${snapshot.index}, term: ${snapshot.term}]`];
    }
    case "configurationSwitched":
      return ["INFO", `${id} switched to configuration ${formatConfiguration(event.configuration)}`];
    case "leavingJoint": {
      const text = `initiating automatic transition out of joint configuration ${formatConfiguration(event.configuration)}`;
      return event.refused === null ? ["INFO", text] : ["DEBUG", `not ${text}: ${event.refused}`];
    }
    case "proposalDropped": {
      if (event.why === "noLeader") return ["INFO", `${id} no leader at term ${event.term}; dropping proposal`];
      if (event.why !== "notForwarded") return null;
      const text = `not forwarding to leader ${hex(event.leader)} at term ${event.term}; dropping proposal`;
      return ["INFO", `${id} ${text}`];
    }
    case "transferStarted":
      return ["INFO", `${id} [term ${event.term}] starts to transfer leadership to ${hex(event.to)}`];
    case "timeoutNowSent": {
      const to = hex(event.to);
      if (event.caughtUp === "later") return ["INFO", `${id} sent MsgTimeoutNow to ${to} after received MsgAppResp`];
      return ["INFO", `${id} sends MsgTimeoutNow to ${to} immediately as ${to} already has up-to-date log`];
    }
    default:
      return null;
  }
}
