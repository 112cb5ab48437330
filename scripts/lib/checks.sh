# Sourced by setup: does this kernel do what swarmd needs? Each check tries the thing itself in a scratch namespace,
# because a version number or a configuration file says little about a provider's kernel. shellcheck shell=bash

MISSING=()

# missing WHAT OPTION MODULE
missing() { MISSING+=("$1: kernel option $2, module $3"); }

# Tries a command in network and mount namespaces of its own, once more after loading the module when it fails.
try_in_scratch() {
  local module=$1 script=$2
  if unshare --net --mount bash -c "$script" >/dev/null 2>&1; then return 0; fi
  modprobe "$module" >/dev/null 2>&1 || return 1
  unshare --net --mount bash -c "$script" >/dev/null 2>&1
}

check_kernel() {
  unshare --net --mount --uts --ipc --pid --fork true 2>/dev/null ||
    die "may not make namespaces here; a container must be privileged for that."
  try_in_scratch overlay 'd=$(mktemp -d); mount -t tmpfs tmpfs $d; mkdir $d/{lower,upper,work,merged}
    mount -t overlay overlay -o lowerdir=$d/lower,upperdir=$d/upper,workdir=$d/work $d/merged; r=$?; umount -R $d; rmdir $d; exit $r' ||
    missing "overlay file systems" CONFIG_OVERLAY_FS overlay
  try_in_scratch veth 'ip link add name probe type veth peer name probe2' || missing "virtual cables" CONFIG_VETH veth
  try_in_scratch bridge 'ip link add name probe type bridge' || missing "bridges" CONFIG_BRIDGE bridge
  try_in_scratch vxlan 'ip link add name probe type vxlan id 1 dstport 4789 nolearning' || missing "VXLAN" CONFIG_VXLAN vxlan
  try_in_scratch fib_rules 'ip rule add fwmark 1 lookup 100' ||
    missing "routing by mark" "CONFIG_IP_MULTIPLE_TABLES and CONFIG_FIB_RULES" fib_rules
  check_nftables
  [[ $1 == server ]] || check_lab
  check_conntrack
}

check_nftables() {
  local table='table inet t { chain c { type filter hook input priority 0;'
  try_in_scratch nf_tables "echo '$table }; }' | nft -f -" || {
    missing "nf_tables" "CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET" nf_tables
    return
  }
  try_in_scratch nft_ct "echo '$table ct state established ct mark set 1 accept; }; }' | nft -f -" ||
    missing "nf_tables: connection marks" "CONFIG_NFT_CT and CONFIG_NF_CONNTRACK_MARK" nft_ct
  try_in_scratch nft_fib_inet "echo '$table fib daddr type local accept; }; }' | nft -f -" ||
    missing "nf_tables: route look-ups" CONFIG_NFT_FIB_INET nft_fib_inet
  try_in_scratch nft_numgen "echo '$table numgen random mod 2 0 accept; }; }' | nft -f -" ||
    missing "nf_tables: random numbers" CONFIG_NFT_NUMGEN nft_numgen
  try_in_scratch nft_chain_nat "echo 'table ip t { chain c { type nat hook prerouting priority -100;
    tcp dport 80 dnat to numgen random mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }; }; }' | nft -f -" ||
    missing "nf_tables: NAT" "CONFIG_NFT_NAT and CONFIG_NF_NAT" nft_chain_nat
  try_in_scratch nft_masq "echo 'table ip t { chain c { type nat hook postrouting priority 100; masquerade; }; }' | nft -f -" ||
    missing "nf_tables: masquerading" CONFIG_NFT_MASQ nft_masq
}

check_lab() {
  try_in_scratch nf_tables_bridge "echo 'table bridge t { chain c { type filter hook forward priority 0; drop; }; }' | nft -f -" ||
    missing "nf_tables on bridges (for the lab)" CONFIG_NF_TABLES_BRIDGE nf_tables
}

check_conntrack() {
  try_in_scratch nf_conntrack_netlink 'conntrack -L' ||
    missing "reading the connection table" CONFIG_NF_CT_NETLINK nf_conntrack_netlink
}

# v2 alone, v1 alone, or both ("hybrid"). In the last case the container runtime refuses to run while v2 still holds an
# unused controller; mounting that as v1 removes it from v2.
check_cgroups() {
  local controller unified=/sys/fs/cgroup/unified
  case $(stat --file-system --format %T /sys/fs/cgroup 2>/dev/null) in
    cgroup2fs)
      for controller in cpu memory pids; do
        grep -qw "$controller" /sys/fs/cgroup/cgroup.controllers ||
          MISSING+=("the $controller controller of cgroup v2: kernel command line cgroup_enable=$controller")
      done
      ;;
    tmpfs)
      for controller in cpu memory pids devices freezer; do
        [[ -d /sys/fs/cgroup/$controller ]] ||
          MISSING+=("the $controller controller of cgroup v1: mount it at /sys/fs/cgroup/$controller, or boot with cgroup v2")
      done
      for controller in $(cat $unified/cgroup.controllers 2>/dev/null); do free_controller "$controller"; done
      ;;
    *) MISSING+=("cgroups: none are mounted at /sys/fs/cgroup; package systemd or cgroupfs-mount does") ;;
  esac
}

free_controller() {
  local controller=$1 target=/sys/fs/cgroup/$1 writable=1
  say "cgroups v1 and v2 are both in use: mounting the $controller controller as v1"
  if ! mkdir -p "$target" 2>/dev/null; then
    mount -o remount,rw /sys/fs/cgroup
    writable=0
    mkdir -p "$target"
  fi
  mount -t cgroup -o "$controller" cgroup "$target" ||
    MISSING+=("the $controller controller is held by cgroup v2 and cannot be taken: boot with cgroup v2 only, systemd.unified_cgroup_hierarchy=1")
  [[ $writable == 1 ]] || mount -o remount,ro /sys/fs/cgroup
}

# Ends the script when something is missing, and says what provides it.
report_missing() {
  [[ ${#MISSING[@]} -eq 0 ]] && return 0
  warn "this machine lacks:"
  printf '  - %s\n' "${MISSING[@]}" >&2
  cat >&2 <<EOF
Kernel modules are in the package linux-image-$(dpkg --print-architecture) on Debian (not the -cloud- one), and in
linux-modules-extra-$(uname -r) on Ubuntu.
EOF
  exit 1
}
