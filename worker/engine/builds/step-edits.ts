import type { Cell } from "../../executor/cell-maker.ts";

/** With what sed ends where a configuration is not of the form that is known. */
const EXIT_UNKNOWN_FORM = 70;
/** Of a configuration whose process is root's, once its umask is there. */
const IS_ROOT = '/"umask":[0-9]*,"uid":0,/';

/** A substitution in a configuration. */
interface Edit {
  /** A basic regular expression. */
  readonly pattern: string;
  /** With what is not literal in it escaped. */
  readonly text: string;
  /** Whether a configuration without the pattern is of another form than is known. */
  readonly isNeeded: boolean;
  /** Whose processes it is for. */
  readonly user: "anybody" | "root" | "others";
}

/**
 * A script for sed that brings the configuration of a step, as the builder has written it, to that of a container: in
 * one line, compact, `linux` last, as Go's encoder writes the OCI specification. Strings of people cannot pass for
 * parts of it: their quotes are escaped there. A part that is not found ends the script with a failure, because a step
 * without it would be less confined; files of names may be absent where the image has volumes in their place.
 */
export function stepEdits({ config, userCapabilities, hostname, names }: Cell): string {
  const { process, mounts, linux } = config;
  const capabilities = '"capabilities":{[^}]*}';
  const nameFiles = [
    ["/etc/hosts", names.hosts],
    ["/etc/hostname", names.hostnameFile],
    ["/etc/resolv.conf", names.resolvConf],
  ] as const;
  const edits: readonly Edit[] = [
    must('"user":{"uid":', `"user":{"umask":${process.user.umask},"uid":`),
    { ...must(capabilities, `"capabilities":${json(process.capabilities)}`), user: "root" },
    { ...must(capabilities, `"capabilities":${json(userCapabilities)}`), user: "others" },
    must('"rlimits":\\[[^]]*\\]', processRest(process)),
    ...baseMounts(mounts).map(([destination, text]) => must(mountAt(destination), text)),
    ...nameFiles.map(([destination, source]) =>
      may(mountAt(destination), json({ destination, type: "bind", source, options: ["rbind", "rprivate", "rw"] })),
    ),
    // The builder's name for the host is in the environment as well, unless the image has another one there.
    {
      ...may('"HOSTNAME=\\([^"]*\\)"\\(.*,"hostname":\\)"\\1"', ""),
      text: `${literal(json(`HOSTNAME=${hostname}`))}\\2${literal(json(hostname))}`,
    },
    may(',"hostname":"[^"]*"', `,"hostname":${json(hostname)}`),
    must(',"linux":{.*', `,"linux":${json(linux)}}`),
  ];
  return `${edits.flatMap(linesOf).join("\n")}\n`;
}

/** `t` forgets, as it branches, that something was found, so that the next edit is judged by itself. */
function linesOf({ pattern, text, isNeeded, user }: Edit, at: number): readonly string[] {
  const end = `edit${at}`;
  return [
    ...(user === "anybody" ? [] : [`${IS_ROOT}${user === "root" ? "!" : ""}b ${end}`]),
    `s|${pattern}|${text}|`,
    `t ${end}`,
    ...(isNeeded ? [`q ${EXIT_UNKNOWN_FORM}`] : []),
    `:${end}`,
  ];
}

function must(pattern: string, text: string): Edit {
  return { pattern, text: literal(text), isNeeded: true, user: "anybody" };
}

function may(pattern: string, text: string): Edit {
  return { ...must(pattern, text), isNeeded: false };
}

/** As sed takes it for itself in the second part of a substitution. */
function literal(text: string): string {
  return text.replaceAll(/[\\&|]/g, "\\$&");
}

function processRest({ noNewPrivileges, rlimits, oomScoreAdj, apparmorProfile }: Cell["config"]["process"]): string {
  return json({ noNewPrivileges, oomScoreAdj, apparmorProfile, rlimits }).slice(1, -1);
}

/** The file systems that all containers have, by where they are: what is mounted there, one after the other. */
function baseMounts(mounts: Cell["config"]["mounts"]): readonly (readonly [destination: string, text: string])[] {
  const texts = new Map<string, string>();
  for (const mount of mounts) {
    if (mount.type === "bind") continue;
    const before = texts.get(mount.destination);
    texts.set(mount.destination, before === undefined ? json(mount) : `${before},${json(mount)}`);
  }
  return [...texts];
}

function mountAt(destination: string): string {
  return `{"destination":"${destination.replaceAll(".", "\\.")}",[^}]*}`;
}

function json(value: unknown): string {
  return JSON.stringify(value);
}
