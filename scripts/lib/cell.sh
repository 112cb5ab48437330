# Sourced by scripts that start much outside of themselves: runs a program so that nothing of it outlives it, however it
# ends. shellcheck shell=bash
#
# A cell is a process namespace: with its first process the kernel ends all others, whoever their parents are by then
# (daemons, containers, lab machines). Its mounts and named network namespaces are its own, and its temporary files lie
# in one directory, which goes with it. Who killed the script as well leaves that directory and the files of a lab: the
# next script that makes a cell removes them, and knows by a lock, which the dead cannot hold.

# Of every cell of this machine, in one place whatever TMPDIR says: others must find it. Not in /tmp: root follows what
# it finds under these names, so nobody else may make them.
CELLS=/var/lib/swarm-cell
# The kernel ends a hundred containers within a second or two.
CELL_END_S_MAX=60

# in_cell COMMAND...: runs it, and returns its exit code; 128 and the signal's number, as shells do, if told to end.
in_cell() {
  local cell cell_lock child code=0 told=0
  clear_dead_cells
  # The program holds the lock, too, so a cell is free only when all of it is dead.
  setpriv --pdeathsig KILL unshare --pid --mount --fork --kill-child --mount-proc \
    env TMPDIR="$cell" bash -c "$CELL_FIRST_PROCESS" "$PROGRAM" "$@" &
  child=$!
  trap 'told=129; kill -KILL "$child" 2>/dev/null' HUP
  trap 'told=130; kill -KILL "$child" 2>/dev/null' INT
  trap 'told=143; kill -KILL "$child" 2>/dev/null' TERM
  # Shells report who was killed.
  wait "$child" 2>/dev/null || code=$?
  # A signal ends the wait, not yet the program.
  wait "$child" 2>/dev/null || true
  trap '' HUP INT TERM
  exec {cell_lock}>&-
  remove_cell "$cell" "$CELL_END_S_MAX" || warn "something in $cell does not end."
  trap - HUP INT TERM
  return $((told > 0 ? told : code))
}

# First processes of namespaces must take in the dead that nobody else waits for: bash does, Node does not.
# shellcheck disable=SC2016
CELL_FIRST_PROCESS='mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && "$@"; exit $?'

# Removes what cells have left whose script was killed, and makes the caller's; sets its `cell` and `cell_lock`.
clear_dead_cells() {
  local all_lock dead
  # Or a cell that is just being made would look dead.
  exec {all_lock}>"$CELLS.lock"
  flock "$all_lock"
  for dead in "$CELLS".*/; do
    if [[ -d $dead ]]; then remove_cell "${dead%/}" 0 || true; fi
  done
  cell=$(mktemp -d "$CELLS.XXXXXX")
  printf '%s\n' "${SWARM_LAB:-}" >"$cell/lab"
  exec {cell_lock}>"$cell/lock"
  flock "$cell_lock"
  exec {all_lock}>&-
}

# is_lab_of_another CELL LAB: whether another cell that lives has named that lab. From here its machines look dead:
# their process numbers are those of its namespace.
is_lab_of_another() {
  local other
  for other in "$CELLS".*/; do
    other=${other%/}
    [[ $other != "$1" && $(cat "$other/lab" 2>/dev/null) == "$2" ]] || continue
    flock --nonblock "$other/lock" true || return 0
  done
  return 1
}

# remove_dead_labs NAME: those of this name, and of tests, which add a second word to it. Tests remove what is left of
# theirs, so this is for who was killed; and a lab that somebody else has made under this name has machines that run.
remove_dead_labs() {
  local path name
  for path in {/run,/var/lib}/swarm-lab-"$1"{,-*}; do
    name=${path##*/swarm-lab-}
    if [[ ! -e $path ]] || SWARM_LAB=$name "$ROOT/scripts/lab" status | grep -q ' on\b'; then continue; fi
    SWARM_LAB=$name "$ROOT/scripts/lab" down >/dev/null || warn "cannot remove what is left of the lab $name."
  done
}

# remove_cell DIRECTORY SECONDS: takes away what is left of a cell once it is dead; fails when it is not within so long.
remove_cell() {
  local cell=$1 wait_s=$2 lab group
  flock --timeout "$wait_s" --conflict-exit-code 1 "$cell/lock" true || return 1
  lab=$(cat "$cell/lab" 2>/dev/null || true)
  if [[ -n $lab ]] && ! is_lab_of_another "$cell" "$lab"; then remove_dead_labs "$lab"; fi
  # Control groups of containers, by the convention that those of a cell lie in one of its name.
  for group in /sys/fs/cgroup/{,*/}"${cell##*/}"; do
    if [[ -d $group ]]; then find "$group" -depth -type d -exec rmdir {} + || true; fi
  done
  # The last process of a cell may still be ending.
  rm -rf "$cell" 2>/dev/null || { sleep 1 && rm -rf "$cell"; }
}
