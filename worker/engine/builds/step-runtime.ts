/** What the script of a step's runtime refers to; paths are absolute. */
export interface StepRuntime {
  /** The OCI runtime, by name or path. */
  readonly program: string;
  /** Where that keeps its notes. */
  readonly state: string;
  /** What brings a configuration to a container's: step-edits.ts. */
  readonly edits: string;
}

/**
 * A shell script that a builder calls in place of its OCI runtime. Before a step is made, its configuration becomes a
 * container's; where that fails, no step is made. Its root directory becomes one that everybody may enter: that of a
 * layer has the umask of whoever unpacked it, which is the daemon's, and no layer says of its root what it should be.
 */
export function stepRuntime({ program, state, edits }: StepRuntime): string {
  return `#!/bin/sh
set -eu
last=
bundle=
for word do
  case $last in --bundle) bundle=$word ;; esac
  last=$word
done
case " $* " in
*" create "*)
  LC_ALL=C sed -i -f ${quoted(edits)} "$bundle/config.json" || {
    echo "this version of buildah writes configurations of another form than is known, and no step runs less confined" >&2
    exit 1
  }
  root=$(sed -n 's|.*,"root":{"path":"\\([^"]*\\)".*|\\1|p' "$bundle/config.json")
  chmod 755 "$root"
  ;;
esac
exec ${quoted(program)} --root ${quoted(state)} "$@"
`;
}

/** As the shell takes it literally. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
