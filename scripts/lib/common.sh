# Sourced by every bash script here: where the repository is, how to print messages, which Node runs our code.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
STARTED_S=$SECONDS
PROGRAM=${PROGRAM:-$(basename "$0")}

# A progress line with the seconds since the script began. QUIET=1 keeps only what a person must see.
say() {
  if [[ ${QUIET:-} != 1 ]]; then printf '[%3ds] %s\n' $((SECONDS - STARTED_S)) "$*"; fi
}
warn() { printf '%s: %s\n' "$PROGRAM" "$*" >&2; }
die() {
  warn "$*"
  exit 1
}

require_root() {
  [[ $EUID -eq 0 ]] || die "needs root (namespaces, mounts, nftables): run it with sudo."
}

# Prints a Node that runs TypeScript directly: ours from npm, otherwise the system's if it is new enough; fails when
# there is none.
find_node() {
  local candidate
  # By its own path: not every npm makes a link in .bin for it.
  for candidate in "${SWARM_NODE:-}" "$ROOT"/node_modules/node-linux-*/bin/node "$(command -v node || true)"; do
    if [[ -n $candidate && -x $candidate ]] && node_is_new_enough "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}

# Type stripping without a flag or a warning begins with 24.12 (package.json, engines).
node_is_new_enough() {
  local version
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  local major=${version%%.*} rest=${version#*.}
  [[ $major -gt 24 || ($major -eq 24 && ${rest%%.*} -ge 12) ]]
}

run_typescript() {
  local node
  node=$(find_node) || die "finds no Node.js 24.12 or newer; run scripts/setup first."
  exec "$node" --disable-warning=ExperimentalWarning "$@"
}
