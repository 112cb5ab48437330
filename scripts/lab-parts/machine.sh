#!/usr/bin/env bash
# First process of a lab machine (host, hub or client): its network, names, mounts and cgroup view are those of a server
# of its own. Everything depends on this process: when it and its children are gone, the kernel removes the rest.
#   machine.sh NAME DIRECTORY [DATA_DIRECTORY LOG_DIRECTORY] DIRECTORY holds `cgroups` (the groups to join, one a line),
#   `cgroup-mounts` (`unified`, or a mount point and its options a line), `etc/` (files to put over /etc) and `run/`
#   (which becomes /run/swarm).
set -euo pipefail
name=$1 directory=$2 data=${3:-} log=${4:-}

if [[ ${SWARM_LAB_STAGE:-} != inside ]]; then
  while read -r cgroup; do echo $$ >"$cgroup/cgroup.procs"; done <"$directory/cgroups"
  SWARM_LAB_STAGE=inside exec unshare --net --uts --ipc --mount --cgroup -- bash "$0" "$@"
fi

hostname "$name"
ip link set lo up

# The sandbox of another machine must not be kept alive by our copy of its mounts.
umount --recursive --lazy /run/netns 2>/dev/null || true

# A view of devices and cgroups that shows this machine only. On v2 processes move into a leaf, since a group with
# processes of its own may not hand out controllers.
mount -t sysfs sysfs /sys
if grep -qx unified "$directory/cgroup-mounts"; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mkdir -p /sys/fs/cgroup/init
  for pid in $(</sys/fs/cgroup/cgroup.procs); do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true; done
  for controller in $(</sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true
  done
else
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
  while read -r mount options; do
    mkdir -p "$mount"
    mount -t cgroup -o "$options" cgroup "$mount"
  done <"$directory/cgroup-mounts"
fi

# Files over /etc; resolv.conf may be a link into /run, which is replaced next.
mount -t tmpfs -o mode=755 tmpfs "$directory/fresh-run"
mkdir -p "$directory/fresh-run/lock" "$directory/fresh-run/netns" "$directory/fresh-run/swarm"
mount --bind "$directory/run" "$directory/fresh-run/swarm"
if [[ -n $data ]]; then
  mount --bind "$data" /var/lib/swarm
  mount --bind "$log" /var/log
fi
resolv_conf=$(realpath --canonicalize-missing /etc/resolv.conf)
for file in "$directory"/etc/*; do
  target=/etc/${file##*/}
  case $target in
    /etc/resolv.conf)
      if [[ $resolv_conf == /run/* ]]; then
        mkdir -p "$directory/fresh-run/$(dirname "${resolv_conf#/run/}")"
        cp "$file" "$directory/fresh-run/${resolv_conf#/run/}"
        continue
      fi
      ;;
    /etc/registries.conf) target=/etc/containers/registries.conf ;;
  esac
  if [[ -e $target ]]; then mount --bind "$file" "$target"; fi
done
mount --no-mtab --move "$directory/fresh-run" /run

echo ready
exec sleep infinity </dev/null >/dev/null 2>&1
