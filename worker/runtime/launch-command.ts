import { dirname } from "node:path";
import type { ContainerKey } from "../../shared/ids.ts";
import { GO, MOUNTED } from "../ports/monitor-launcher.ts";
import type { ContainerPaths, SharedPaths } from "./container-paths.ts";

export interface LaunchRequest {
  readonly key: ContainerKey;
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
  /** Host paths with which mounts are shared, each seen at `sharedPlace` of its index by the runtime alone. */
  readonly sharedSources: readonly string[];
  /** Bytes after which the monitor begins the log anew by itself; null = no log is kept. */
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

/**
 * Where something is shared between host and container (bind-propagation), the namespace cannot begin as a slave of the
 * host's: what was a slave once never passes anything back. So it begins as the host's peer; the directory for such
 * sources is cut off, the sources are bound there, which makes these mounts peers of the host's, and all else becomes
 * slaves. Fails where source and directory are of one mount, since the source then is cut off as well.
 */
const SHARING = `set -e
here=$1
count=$2
shift 2
mkdir -p "$here"
mount --make-private "$(findmnt -n -o TARGET --target "$here" | tail -n 1)"
at=0
while [ $at -lt $count ]; do
  if [ -d "$1" ]; then mkdir -p "$here/$at"; else : >"$here/$at"; fi
  mount --rbind "$1" "$here/$at"
  case $(findmnt -n -o PROPAGATION --mountpoint "$here/$at" | tail -n 1) in
    *shared*) ;;
    *) echo "$1 cannot be shared: it must be on another mount than the run directory" >&2; exit 1 ;;
  esac
  at=$((at + 1))
  shift
done
findmnt -r -n -o TARGET | while read -r place; do
  case $place in
    "$here"/*) ;;
    *) mount --make-slave "$(printf %b "$place")" 2>/dev/null || true ;;
  esac
done
exec "$@"`;

/** Where the runtime finds the source of a shared mount. */
export function sharedPlace(paths: ContainerPaths, index: number): string {
  return `${paths.state}/shared/${index}`;
}

/** The command for a MonitorLauncher. */
export function launchCommand(request: LaunchRequest): readonly [string, ...string[]] {
  const { paths, sharedSources } = request;
  const layers = `lowerdir=${request.layerLinks.join(":")},upperdir=${paths.upper},workdir=${paths.work}`;
  return [
    "unshare",
    ...["--mount", "--propagation", sharedSources.length === 0 ? "slave" : "unchanged"],
    ...sharingWords(request),
    ...["sh", "-c", SCRIPT, "launch"],
    ...[paths.launchPidFile, request.overlayDirectory, `${layers},${HARDENED}`, paths.rootfs, request.ociRuntime],
    ...[request.memoryOptions, paths.files],
    ...monitorCommand(request),
  ];
}

function sharingWords({ paths, sharedSources }: LaunchRequest): readonly string[] {
  if (sharedSources.length === 0) return [];
  const count = String(sharedSources.length);
  return ["sh", "-c", SHARING, "share", dirname(sharedPlace(paths, 0)), count, ...sharedSources];
}

function monitorCommand(request: LaunchRequest): readonly string[] {
  const { paths, key } = request;
  return [
    request.conmon,
    ...["--api-version", "1"],
    ...["--cid", key, "--cuuid", key, "--name", request.name],
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
