import { ALL_CAPABILITIES } from "../../../shared/linux/capabilities.ts";
import type { ExecStart, TerminalSize } from "../../../shared/rpc/gen/streams.ts";
import type { OciProcess } from "../../runtime/oci-config.ts";
import type { ContainerUser } from "../../runtime/users.ts";

/** The size of a terminal as an OCI runtime takes it. */
interface ConsoleSize {
  readonly height: number;
  readonly width: number;
}

/** A further process of a container, as an OCI runtime takes it. */
export type FurtherProcess = OciProcess & { readonly consoleSize?: ConsoleSize };

/**
 * What `exec` runs: the container's own process with other words. Its environment, rights and limits are the
 * container's, so that a terminal shows what the container's programs see. `user` null = the container's.
 */
export function execProcess(
  own: OciProcess,
  request: ExecStart,
  user: ContainerUser | null,
  hostCapabilities: ReadonlySet<string>,
): FurtherProcess {
  const { args, env, workingDir, privileged, tty, size } = request;
  return {
    ...own,
    terminal: tty,
    args,
    env: environment(own.env, request, user, env),
    cwd: workingDir === "" ? own.cwd : workingDir,
    ...(user === null
      ? {}
      : { user: { ...own.user, uid: user.uid, gid: user.gid, additionalGids: user.additionalGids } }),
    ...(privileged ? { capabilities: all(hostCapabilities), noNewPrivileges: false } : {}),
    ...(tty && size !== null && isSize(size) ? { consoleSize: { height: size.rows, width: size.columns } } : {}),
  };
}

/** Whether a terminal can have it: 0 says that the caller does not know. */
export function isSize({ rows, columns }: TerminalSize): boolean {
  return [rows, columns].every((length) => length > 0 && length <= 0xffff);
}

/** The container's, with what a terminal and another user change, and what was given on top; KEY alone removes KEY. */
function environment(
  own: readonly string[],
  { tty }: ExecStart,
  user: ContainerUser | null,
  given: readonly string[],
): readonly string[] {
  const variables = new Map(own.map((line) => pairOf(line)));
  if (tty && !variables.has("TERM")) variables.set("TERM", "xterm");
  if (user !== null) variables.set("HOME", user.home);
  for (const line of given) {
    if (line.includes("=")) variables.set(...pairOf(line));
    else variables.delete(line);
  }
  return [...variables].map(([key, value]) => `${key}=${value}`);
}

function pairOf(line: string): [key: string, value: string] {
  const equals = line.indexOf("=");
  return [line.slice(0, equals), line.slice(equals + 1)];
}

function all(host: ReadonlySet<string>): OciProcess["capabilities"] {
  const names = ALL_CAPABILITIES.filter((name) => host.has(name));
  return { bounding: names, effective: names, permitted: names, inheritable: names };
}
