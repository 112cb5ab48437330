import { SwarmError } from "../../shared/errors.ts";

const NO_REALTIME =
  "the control groups above the container have no real-time budget left for it: raise cpu.rt_runtime_us there";

/** Of a complaint of crun or runc, in words of ours that go on "cannot create container x on node y: ". */
const TRANSLATIONS: readonly (readonly [RegExp, (...parts: readonly string[]) => string])[] = [
  [/cpu\.rt_(?:runtime|period)_us\b.*invalid argument/i, () => NO_REALTIME],
  [
    /oom_score_adj\b.*permission denied/i,
    () => "--oom-score-adj may not be lower than the daemon's own, since that lacks CAP_SYS_RESOURCE",
  ],
  [
    /\/proc\/sys\/([\w./-]+)\b.*no such file or directory/i,
    (path = "") => `its kernel has no setting ${path.replaceAll("/", ".")}`,
  ],
  [
    /\/proc\/sys\/([\w./-]+)\b.*invalid argument/i,
    (path = "") => `its kernel does not take that value for ${path.replaceAll("/", ".")}`,
  ],
  [
    /\/proc\/sys\/([\w./-]+)\b.*(?:permission denied|operation not permitted|read-only)/i,
    (path = "") => `its kernel lets no container set ${path.replaceAll("/", ".")}`,
  ],
  [/mount `([^`]+)` to `([^`]+)`: not a directory/i, (source = "", target = "") => kindsDiffer(source, target)],
  [/(?:open|failed open\(\))ing [`'"]?(\/[^`'":]+)[`'"]?: is a directory/i, (target = "") => kindsDiffer("", target)],
  [
    /mkdir `?(\/(?:sys|proc)\/[^`:]+)`?: /i,
    (place = "") => `nothing can be mounted at ${place}, since the kernel makes what is there`,
  ],
];
function kindsDiffer(source: string, target: string): string {
  const what = source.startsWith("/") ? source : "what is mounted";
  const place = target.startsWith("/") ? target : `/${target}`;
  return `a file is mounted over files, and a directory over directories: ${what} and ${place} are not alike`;
}

/**
 * What an OCI runtime or its monitor complained about, as one sentence for `service ps`. `what` says what was tried:
 * "create container web.1.x".
 */
export function toRuntimeError(complaint: string, what: string, hostname: string): SwarmError {
  const reason = lastLine(complaint);
  if (/cgroups? in hybrid mode not supported/.test(complaint)) {
    return new SwarmError(
      "failedPrecondition",
      `cannot ${what} on node ${hostname}: crun refuses hosts where cgroup v2 still holds controllers beside v1; ` +
        "scripts/setup mounts them as v1",
    );
  }
  if (/no space left on device/i.test(complaint)) {
    return new SwarmError("resourceExhausted", `cannot ${what}: no space left on node ${hostname}`);
  }
  if (/fork|clone|create a? ?thread/i.test(complaint) && /resource temporarily unavailable/i.test(complaint)) {
    const sentence = `no more processes may be started on node ${hostname}: it, or a control group, has too many`;
    return new SwarmError("resourceExhausted", `cannot ${what}: ${sentence}`);
  }
  const directory = /chdir (?:to cwd \()?[`'"]([^`'"]+)[`'"]\)?.*: not a directory/i.exec(complaint)?.[1];
  if (directory !== undefined) {
    const sentence = `its working directory ${JSON.stringify(directory)} is no directory in the image`;
    return new SwarmError("failedPrecondition", `cannot ${what}: ${sentence}`);
  }
  if (
    /open executable: (?:Permission denied|Operation not permitted|Is a directory)|exec: .*(?:permission denied|is a directory)/i.test(
      complaint,
    )
  ) {
    const sentence = "the program of the image is not executable, or a directory; give another one, or mend its mode";
    return new SwarmError("failedPrecondition", `cannot ${what}: ${sentence}`);
  }
  if (/exec format error/i.test(complaint)) {
    const sentence = "the program of the image is for another kind of machine, or a script whose first line lacks #!";
    return new SwarmError("failedPrecondition", `cannot ${what} on node ${hostname}: ${sentence}`);
  }
  const program = /executable file [`'"]?([^`'"]+)[`'"]? not found|exec: \\?"([^"\\]+)\\?": /.exec(complaint);
  if (program !== null) {
    const name = program[1] ?? program[2] ?? "";
    // Docker's clients end with 127 when they find the words in parentheses.
    const sentence = `the image has no program ${JSON.stringify(name)} (executable file not found)`;
    return new SwarmError("failedPrecondition", `cannot ${what}: ${sentence}`);
  }
  return new SwarmError("failedPrecondition", `cannot ${what} on node ${hostname}: ${translated(reason)}`);
}

function translated(reason: string): string {
  for (const [pattern, words] of TRANSLATIONS) {
    const found = pattern.exec(reason);
    if (found !== null) return words(...found.slice(1));
  }
  return reason;
}

/**
 * The runtime has no container of that name, which is fine for a caller that wants it gone. Nor has one that is not
 * installed: of a container whose runtime was removed, its control group and its files still tell.
 */
export function isNoSuchContainer(stderr: string): boolean {
  return /does not exist|No such file or directory|container not found|^spawn \S+ ENOENT$/i.test(stderr.trim());
}

/** runc logs JSON or logfmt, crun plain text; the last line is the reason, the ones before it warnings. */
function lastLine(text: string): string {
  const line = text.trim().split("\n").at(-1)?.trim() ?? "";
  const message = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  if (message !== undefined) return message.replaceAll(/\\(.)/g, "$1");
  return line === "" ? "the runtime gave no reason" : line;
}
