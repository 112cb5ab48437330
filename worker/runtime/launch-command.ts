import type { TaskId } from "../../shared/ids.ts";
import { GO, MOUNTED } from "../ports/monitor-launcher.ts";
import type { ContainerPaths, SharedPaths } from "./container-paths.ts";

export interface LaunchRequest {
  readonly taskId: TaskId;
  /** Docker's name for it: service.slot.task. */
  readonly name: string;
  readonly paths: ContainerPaths;
  readonly shared: SharedPaths;
  /** The directory the layer links are relative to. */
  readonly overlayDirectory: string;
  /** Topmost first. */
  readonly layerLinks: readonly string[];
  readonly tty: boolean;
  /** Mount options of the memory file system for secrets and configs; "" = none is needed. */
  readonly memoryOptions: string;
  readonly conmon: string;
  /** By name or path. */
  readonly ociRuntime: string;
  readonly ociArguments: readonly string[];
  /** Bytes after which the monitor starts the log afresh by itself; null = no log is kept. */
  readonly logBytesMax: number | null;
}

/**
 * An image's layers must not decide what is seen through them. By an attribute of a layer's file the kernel would show
 * another directory in its place (redirect_dir), or another file's content (metacopy), chosen by whoever made the
 * image. These options are given although they are the default of most kernels, because some are built otherwise.
 */
const HARDENED = "redirect_dir=nofollow,metacopy=off,index=off,xino=off";

/**
 * Mounts the root file system, waits until the daemon has looked at it, filled volumes and written the configuration,
 * and becomes conmon. It runs in a mount namespace of its own: the mount exists for the monitor and the container only,
 * so that the kernel removes it with the last of them, whatever happens to this daemon, and the host's mount table
 * stays short.
 *
 * - Layers are named by short links relative to the current directory, since all options must fit into one page.
 * - LIBMOUNT_FORCE_MOUNT2: newer mount(8) passes options one by one and the kernel then takes at most 256 bytes of
 *   each.
 * - The memory file system for secrets must not reach the disk by way of swap. Kernels before 6.3 do not know the
 *   option.
 * - conmon wants the runtime's full path.
 * - Where the daemon dies, reading ends without GO.
 * - The runtime makes what a mount, a secret or the working directory needs in the container, and its control groups.
 *   With the daemon's umask only root could enter them; what conmon itself writes lies where only root enters anyway.
 */
const SCRIPT = `set -e
echo $$ >"$1"
runtime=$(command -v "$5") || { echo "$5 is not installed" >&2; exit 127; }
cd "$2"
LIBMOUNT_FORCE_MOUNT2=always mount -t overlay overlay -o "$3" "$4"
cd /
if [ -n "$6" ]; then
  mount -t tmpfs -o "$6,noswap" tmpfs "$7" 2>/dev/null || mount -t tmpfs -o "$6" tmpfs "$7"
fi
shift 7
echo ${MOUNTED}
read -r word
[ "$word" = ${GO} ]
umask 0022
exec "$@" --runtime "$runtime" </dev/null >/dev/null`;

/** The command for a MonitorLauncher. */
export function launchCommand(request: LaunchRequest): readonly [string, ...string[]] {
  const { paths } = request;
  const layers = `lowerdir=${request.layerLinks.join(":")},upperdir=${paths.upper},workdir=${paths.work}`;
  return [
    "unshare",
    ...["--mount", "--propagation", "slave"],
    ...["sh", "-c", SCRIPT, "launch"],
    ...[paths.launchPidFile, request.overlayDirectory, `${layers},${HARDENED}`, paths.rootfs, request.ociRuntime],
    ...[request.memoryOptions, paths.files],
    ...monitorCommand(request),
  ];
}

function monitorCommand(request: LaunchRequest): readonly string[] {
  const { paths, taskId } = request;
  return [
    request.conmon,
    ...["--api-version", "1"],
    ...["--cid", taskId, "--cuuid", taskId, "--name", request.name],
    ...request.ociArguments.flatMap((argument) => ["--runtime-arg", argument]),
    ...["--bundle", paths.state, "--persist-dir", paths.persist, "--exit-dir", request.shared.exits],
    ...["--container-pidfile", paths.pidFile, "--conmon-pidfile", paths.monitorPidFile],
    ...logArguments(request),
    ...["--full-attach", "--no-sync-log"],
    ...(request.tty ? ["--terminal"] : []),
  ];
}

function logArguments({ paths, logBytesMax }: LaunchRequest): readonly string[] {
  if (logBytesMax === null) return ["--log-path", "none"];
  return ["--log-path", `k8s-file:${paths.log}`, "--log-size-max", String(logBytesMax)];
}
