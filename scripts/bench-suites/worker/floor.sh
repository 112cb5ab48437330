#!/usr/bin/env bash
# The least that a start of containers takes: a loop that gives each a root, a network namespace, a monitor and a
# process, and nothing that lets anybody find, see or end it: floor.sh DIRECTORY ROOTFS COUNT
# The directory gets `config.json` from the caller; `floor.sh DIRECTORY` alone takes everything away again.
set -euo pipefail
dir=$1 rootfs=${2:-} count=${3:-0}
if [[ -z $rootfs ]]; then
  for bundle in "$dir"/c*/; do
    [[ -d $bundle ]] || continue
    id=$(basename "$bundle")
    crun --root "$dir/crun" delete --force "$id" 2>/dev/null || true
    umount "$bundle/rootfs" 2>/dev/null || true
    ip netns delete "swarm-bench-$id" 2>/dev/null || true
    rm -rf "$bundle"
  done
  exit 0
fi
for ((n = 1; n <= count; n++)); do
  id=c$n bundle=$dir/c$n
  mkdir -p "$bundle"/{upper,work,rootfs}
  mount -t overlay overlay -o "lowerdir=$rootfs,upperdir=$bundle/upper,workdir=$bundle/work" "$bundle/rootfs"
  ip netns add "swarm-bench-$id"
  sed "s,/NETNS,/run/netns/swarm-bench-$id,; s,/GROUP,/$id," "$dir/config.json" >"$bundle/config.json"
  conmon --api-version 1 --cid "$id" --cuuid "$id" --runtime "$(command -v crun)" --runtime-arg --root --runtime-arg "$dir/crun" \
    --bundle "$bundle" --container-pidfile "$bundle/pid" --log-path "k8s-file:$bundle/log" --exit-dir "$bundle" --socket-dir-path "$bundle"
  until [[ -s $bundle/pid ]]; do :; done
  crun --root "$dir/crun" start "$id"
done
