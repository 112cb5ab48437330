import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import type { Server } from "node:net";
import { dirname } from "node:path";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import { someoneAnswers } from "../../shared/ports/someone-answers.ts";
import { ApiServer, type ApiServerOptions } from "./http-server.ts";

/** Root and one group: whoever may write to the socket is root of this host. */
const SOCKET_MODE = 0o660;
/** The socket is root's alone where there is no such group. */
const SOCKET_GROUP = "swarm";
/** The socket's directory is the daemon's, closed to all; the group may pass through it and look at nothing. */
const PRIVATE_MODE = 0o700;
const PASSABLE_MODE = 0o710;
const MODE_BITS = 0o777;

/**
 * Serves Docker's API on a unix socket, which is removed when this is disposed; a dead daemon's socket is replaced.
 * @throws SwarmError alreadyExists when a daemon answers there; failedPrecondition when it cannot be made.
 */
export async function openDockerSocket(path: string, options: ApiServerOptions): Promise<AsyncDisposable> {
  if (await someoneAnswers(path)) {
    throw new SwarmError(
      "alreadyExists",
      `a daemon already listens on ${path}: stop it (and docker.socket, where it is a Docker's), ` +
        "or choose another --docker-socket or -H (--docker-socket none = no Docker API)",
    );
  }
  const api = new ApiServer(options);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: PRIVATE_MODE });
    rmSync(path, { force: true });
    await listen(api.server, path);
    letIn(groupId(SOCKET_GROUP), path);
  } catch (cause) {
    await api[Symbol.asyncDispose]();
    throw new SwarmError("failedPrecondition", `cannot open the socket ${path}: ${messageOf(cause)}`, { cause });
  }
  // Closing it removes the file.
  return api;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, () => {
      server.off("error", reject);
      // Running out of file descriptors must not end the daemon: the next connection may work again.
      server.on("error", () => {});
      resolve();
    });
  });
}

function letIn(group: number, path: string): void {
  chownSync(path, 0, group);
  chmodSync(path, SOCKET_MODE);
  const directory = dirname(path);
  const { mode, uid } = statSync(directory);
  if (group === 0 || uid !== 0 || (mode & MODE_BITS) !== PRIVATE_MODE) return;
  chownSync(directory, 0, group);
  chmodSync(directory, PASSABLE_MODE);
}

function groupId(name: string): number {
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((each) => each.startsWith(`${name}:`));
  return Number(line?.split(":")[2] ?? 0);
}
