import { SwarmError } from "../../shared/errors.ts";
import { PROTOCOL } from "../netlink/groups.ts";
import { type Listener, listenerRequests, readListener } from "../netlink/listeners.ts";
import type { ListenersInside } from "./listeners-inside.ts";
import { NetlinkSocket } from "./netlink-socket.ts";
import { inNamespace, openNamespace } from "./network-namespaces.ts";
import { closeFile } from "./system-calls.ts";

/** By the kernel's sock_diag, which takes a fraction of a millisecond. `namespace` null = the daemon's own. */
export function listenersByDiagnosis(namespace: number | null): readonly Listener[] | null {
  const socket = inNamespace(namespace, () => new NetlinkSocket(PROTOCOL.diagnosis));
  const found: Listener[] = [];
  try {
    for (const { protocol, request } of listenerRequests())
      socket.dump(request, (message) => {
        const listener = readListener(protocol, message);
        if (listener !== null) found.push(listener);
      });
    return found;
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    return null;
  } finally {
    socket.close();
  }
}

export const systemListenersInside: ListenersInside = (namespace) => {
  let file: number;
  try {
    file = openNamespace(namespace);
  } catch {
    // Its process has just ended.
    return null;
  }
  try {
    return listenersByDiagnosis(file);
  } finally {
    closeFile(file);
  }
};
