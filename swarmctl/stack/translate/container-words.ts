import type { ComposeService } from "../../../shared/compose/service.ts";
import type { Reading } from "./field-row.ts";

/** Sorted, as Docker does it: the order in which files are merged must not look like a change. */
export function environmentOf({ environment }: ComposeService): readonly string[] {
  return [...environment].flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`])).sort();
}

/** `ADDRESS NAME`, as the spec has it, of `NAME=ADDRESS`. */
export function hostsOf({ service }: Reading): readonly string[] {
  return service.extraHosts.map((entry) => {
    const at = entry.indexOf("=");
    return `${entry.slice(at + 1).replace(/^\[(.*)\]$/, "$1")} ${entry.slice(0, at)}`;
  });
}

const OF_ANOTHER = /^(?:service|container):/;

/** Tasks of two services may run on different hosts, so they cannot share a namespace. */
function own(mode: string | null, key: string, { notes, path }: Reading): string | null {
  if (mode === null || !OF_ANOTHER.test(mode)) return mode;
  notes.unsupported(
    [...path, key],
    `${key}: ${mode} is not supported: the tasks of two services may run on different hosts`,
  );
  return null;
}

export const pidMode = (reading: Reading): string | null => own(reading.service.pid, "pid", reading);
export const ipcMode = (reading: Reading): string | null => own(reading.service.ipc, "ipc", reading);
export const userMode = (reading: Reading): string | null => own(reading.service.usernsMode, "userns_mode", reading);
