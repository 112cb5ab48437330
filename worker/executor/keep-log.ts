import type { ContainerKey } from "../../shared/ids.ts";
import type { LogKeeper } from "../logs/log-keeper.ts";
import type { LogSender } from "../logs/log-sender.ts";
import { containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import type { ContainerFacts } from "./container-facts.ts";
import type { ContainerRecords } from "./container-records.ts";

interface LogParts {
  readonly shared: SharedPaths;
  readonly records: ContainerRecords;
  readonly facts: ContainerFacts;
  readonly logs: LogKeeper;
  readonly sender: LogSender;
}

/** From now on the log of a container is kept within its limits, and sent where it is to be sent. */
export function keepLog(key: ContainerKey, parts: LogParts): void {
  const { records, logs, shared } = parts;
  const limits = records.get(key)?.log ?? null;
  const { log, monitorControl } = containerPaths(shared, key);
  if (limits !== null) logs.keep(key, { ...limits, path: log, control: monitorControl });
  sendLog(key, parts);
}

/** Also of one that has ended: what is left of its log is sent. */
export function sendLog(key: ContainerKey, parts: LogParts): void {
  const { records, sender, shared } = parts;
  const sent = records.get(key)?.sent ?? null;
  if (sent !== null)
    sender.begin(key, { sent, path: containerPaths(shared, key).log, isOver: () => isOver(key, parts) });
}

/** Nothing is written to its log any more. */
export async function isOver(key: ContainerKey, { facts }: Pick<LogParts, "facts">): Promise<boolean> {
  const { kind } = await facts.inspect(key);
  return kind === "exited" || kind === "absent";
}
