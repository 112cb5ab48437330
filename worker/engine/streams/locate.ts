import { isTaskKey } from "../../../shared/objects/container-id.ts";
import type { LocateResponse } from "../../../shared/rpc/gen/streams.ts";
import type { AttachParts } from "./attach.ts";
import type { ReadLogParts } from "./read-log.ts";

/** Which container of this host is meant. @throws SwarmError notFound, or invalidArgument when several match. */
export async function locate(
  { attachTarget, lookup, hasLog }: Pick<AttachParts, "attachTarget" | "lookup"> & Pick<ReadLogParts, "hasLog">,
  ref: string,
): Promise<LocateResponse> {
  const { key, id, name, tty } = await attachTarget(ref);
  const { kind } = await lookup.inspect(key);
  return { id, name, taskId: isTaskKey(key) ? key : "", running: kind === "running", tty, keepsNoLog: !hasLog(key) };
}
