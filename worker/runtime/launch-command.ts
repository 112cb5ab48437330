import type { TaskId } from "../../shared/ids.ts";
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
  /** Empty volumes, with the directory of the image (free of links, relative to its root) to fill each from. */
  readonly copies: readonly { readonly from: string; readonly volumePath: string }[];
  readonly tty: boolean;
  readonly conmon: string;
  /** By name or path. */
  readonly ociRuntime: string;
  readonly ociArguments: readonly string[];
  readonly logBytesMax: number;
}

/**
 * Mounts the root file system, fills volumes, and becomes conmon. It runs in a mount namespace of its own: the mount
 * exists for the monitor and the container only, so that the kernel removes it with the last of them, whatever happens to
 * this daemon, and the host's mount table stays short.
 *
 * - Layers are named by short links relative to the current directory, since all options must fit into one page.
 * - LIBMOUNT_FORCE_MOUNT2: newer mount(8) passes options one by one and the kernel then takes at most 256 bytes of each.
 * - conmon wants the runtime's full path.
 * - A volume is filled beside its place and moved there, so that one that was half filled counts as empty.
 */
const SCRIPT = `set -e
echo $$ >"$1"
runtime=$(command -v "$5") || { echo "$5 is not installed" >&2; exit 127; }
cd "$2"
export LIBMOUNT_FORCE_MOUNT2=always
mount -t overlay overlay -o "$3" "$4"
rootfs=$4
copies=$6
shift 6
while [ "$copies" -gt 0 ]; do
  rm -rf "$2.new"
  cp -a "$rootfs/$1" "$2.new"
  rmdir "$2"
  mv "$2.new" "$2"
  copies=$((copies - 1))
  shift 2
done
cd /
unset LIBMOUNT_FORCE_MOUNT2
exec "$@" --runtime "$runtime"`;

/** The command for a MonitorLauncher. */
export function launchCommand(request: LaunchRequest): readonly [string, ...string[]] {
  const { paths } = request;
  const options = `lowerdir=${request.layerLinks.join(":")},upperdir=${paths.upper},workdir=${paths.work}`;
  return [
    "unshare",
    ...["--mount", "--propagation", "slave"],
    ...["sh", "-c", SCRIPT, "launch"],
    ...[paths.launchPidFile, request.overlayDirectory, options, paths.rootfs, request.ociRuntime],
    String(request.copies.length),
    ...request.copies.flatMap(({ from, volumePath }) => [from, volumePath]),
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
    ...["--log-path", `k8s-file:${paths.log}`, "--log-size-max", String(request.logBytesMax)],
    ...["--full-attach", "--no-sync-log"],
    ...(request.tty ? ["--terminal"] : []),
  ];
}
