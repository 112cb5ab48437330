import type { Attachment } from "./attachment.ts";
import { userLinkName } from "./names.ts";
import type { LocalTask } from "./user-network/local-task.ts";

// The same objects for as long as an attachment is the same: whoever compares sees that nothing is new.
const known = new WeakMap<Attachment, readonly (readonly [networkId: string, task: LocalTask])[]>();

/** This host's tasks by the user networks that they are on. */
export function localTasks(attachments: readonly Attachment[]): ReadonlyMap<string, readonly LocalTask[]> {
  const byNetwork = new Map<string, LocalTask[]>();
  for (const attachment of attachments) {
    const places = known.get(attachment) ?? placesOf(attachment);
    known.set(attachment, places);
    for (const [networkId, task] of places) {
      const tasks = byNetwork.get(networkId);
      if (tasks === undefined) byNetwork.set(networkId, [task]);
      else tasks.push(task);
    }
  }
  return byNetwork;
}

function placesOf({ taskId, namespacePath, networks }: Attachment): readonly (readonly [string, LocalTask])[] {
  const link = userLinkName(taskId);
  return networks.map(({ networkId, interfaceName, cidrs, mac }) => [
    networkId,
    { taskId, namespacePath, interfaceName, link, cidrs, ...(mac === undefined ? {} : { mac }) },
  ]);
}
