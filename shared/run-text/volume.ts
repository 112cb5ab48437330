import { SwarmError } from "../errors.ts";
import type { Mount } from "../rpc/gen/objects.ts";
import { emptyMount } from "../service-spec/paths.ts";
import { parseBytes } from "./bytes.ts";

const PROPAGATIONS = {
  private: "PRIVATE",
  rprivate: "RPRIVATE",
  shared: "SHARED",
  rshared: "RSHARED",
  slave: "SLAVE",
  rslave: "RSLAVE",
} as const satisfies Readonly<Record<string, Mount["bindPropagation"]>>;

/** `[SOURCE:]TARGET[:OPTION,...]` of `-v`. @throws SwarmError invalidArgument. */
export function parseVolume(text: string, absolute: (path: string) => string): Mount {
  const parts = text.split(":");
  const [first = "", second, options = ""] = parts;
  if (parts.length > 3 || first === "" || second === "")
    throw wrong(`invalid volume "${text}": expected [SOURCE:]TARGET[:OPTIONS], such as data:/data:ro`);
  const target = second ?? first;
  if (!target.startsWith("/"))
    throw wrong(`invalid volume "${text}": "${target}" must be an absolute path in the container`);
  const source = second === undefined ? "" : first;
  const isPath = /^[./~]/.test(source);
  const mount: Mount = {
    ...emptyMount(),
    type: isPath ? "BIND" : "VOLUME",
    source: isPath ? absolute(source) : source,
    target,
    // As in Docker's short form, a directory that is missing is made.
    bindCreate: isPath,
  };
  return options.split(",").reduce((one, option) => withOption(one, option, text), mount);
}

/** `TARGET[:size=64m,mode=1777,exec]` of `--tmpfs`. @throws SwarmError invalidArgument. */
export function parseTmpfs(text: string): Mount {
  const at = text.indexOf(":");
  const target = at < 0 ? text : text.slice(0, at);
  const words = at < 0 ? [] : text.slice(at + 1).split(",");
  const mount: Mount = { ...emptyMount(), type: "TMPFS", source: "", target };
  return words.reduce((one, word) => withTmpfsOption(one, word, text), mount);
}

function withOption(mount: Mount, option: string, text: string): Mount {
  if (Object.hasOwn(PROPAGATIONS, option)) {
    return { ...mount, bindPropagation: PROPAGATIONS[option as keyof typeof PROPAGATIONS] };
  }
  switch (option) {
    case "":
    case "rw":
    // Labels of SELinux: hosts without it take them, too.
    case "z":
    case "Z":
      return mount;
    case "ro":
      return { ...mount, readOnly: true };
    case "nocopy":
      return { ...mount, volumeNoCopy: true };
    default:
      throw wrong(`invalid option "${option}" of volume "${text}": expected ro, rw, nocopy or a propagation`);
  }
}

function withTmpfsOption(mount: Mount, word: string, text: string): Mount {
  const [key = "", value = ""] = word.split("=");
  switch (key) {
    case "":
    case "rw":
    case "nosuid":
    case "nodev":
      return mount;
    case "ro":
      return { ...mount, readOnly: true };
    case "exec":
    case "noexec":
      return { ...mount, tmpfsOptions: [...mount.tmpfsOptions, key] };
    case "size":
      return { ...mount, tmpfsSizeBytes: parseBytes(value, "--tmpfs size") };
    case "mode":
      if (!/^[0-7]{1,4}$/.test(value)) throw wrong(`invalid mode "${value}" of tmpfs "${text}"`);
      return { ...mount, tmpfsMode: Number.parseInt(value, 8) };
    default:
      throw wrong(`invalid option "${word}" of tmpfs "${text}": expected size, mode, exec, noexec or ro`);
  }
}

function wrong(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", sentence);
}
