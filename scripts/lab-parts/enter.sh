#!/usr/bin/env bash
# Runs a command on a lab machine: in its namespaces, counted to its cgroup, from the current directory.
#   enter.sh LAB_RUN_DIRECTORY MACHINE COMMAND...
# Sourced by scripts/lab for `enter`, started by lab.ts as it is. Only `exec` on the way: the caller's child is the
# command. shellcheck shell=bash

# Sets MACHINE_PID to the first process of a machine; fails when the machine is off. Its start time guards against a
# number that has since been given to another process.
find_machine() {
  local started line fields
  read -r MACHINE_PID started 2>/dev/null <"$1/machines/$2/pid" || return 1
  read -r line 2>/dev/null <"/proc/$MACHINE_PID/stat" || return 1
  # After the command's name, which may hold anything, field 22 is the 20th.
  read -r -a fields <<<"${line##*) }"
  [[ ${fields[0]} != Z && ${fields[19]} == "$started" ]]
}

enter() {
  local run=$1 machine=$2 cgroup
  shift 2
  find_machine "$run" "$machine" || {
    echo "lab: $machine is powered off; 'lab boot $machine' starts it." >&2
    exit 1
  }
  while read -r cgroup; do
    if [[ -d $cgroup/init ]]; then cgroup=$cgroup/init; fi
    echo $$ >"$cgroup/cgroup.procs"
  done <"$run/machines/$machine/cgroups"
  # Entering a mount namespace forgets the current directory, so it is set again inside.
  # shellcheck disable=SC2016
  exec nsenter --target "$MACHINE_PID" --net --uts --ipc --mount --cgroup -- \
    /bin/sh -c 'cd "$0" 2>/dev/null; exec "$@"' "$PWD" "$@"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  set -euo pipefail
  enter "$@"
fi
