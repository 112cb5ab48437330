/** Looks for planted values in everything that a lab wrote, says or has in memory. */
import { closeSync, type Dirent, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { join } from "node:path";
import { LAB_NAME } from "./lab.ts";

/** What a lab writes lies here, for each host (scripts/lab). */
export const LAB_STATE = `/var/lib/swarm-lab-${LAB_NAME}`;
const LAB_MACHINES = `/run/swarm-lab-${LAB_NAME}/machines`;

const FILE_PART_BYTES = 16 << 20;

/** The value as programs write it: as it is, in base64 at any offset, in hexadecimal, in both orders of UTF-16. */
export function formsOf(value: string): ReadonlyMap<string, Buffer> {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replaceAll("=", "");
    // Without the characters that depend on what stands before and behind.
    return [`base64+${offset}`, Buffer.from(text.slice(offset === 0 ? 0 : 4, -2))] as const;
  });
  const utf16 = Buffer.from(value, "utf16le");
  return new Map([
    ["plain", bytes],
    ...base64,
    ["hex", Buffer.from(bytes.toString("hex"))],
    ["utf-16le", utf16],
    ["utf-16be", Buffer.from(utf16).swap16()],
  ]);
}

/** `what: form of value` for each that is in the bytes. */
export function foundIn(what: string, bytes: Buffer, values: readonly string[]): readonly string[] {
  return values.flatMap((value) =>
    [...formsOf(value)].filter(([, form]) => bytes.includes(form)).map(([form]) => `${what}: ${form} of ${value}`),
  );
}

/** All files below a directory. @throws Error when there is no such directory. */
export function foundBelow(directory: string, values: readonly string[]): readonly string[] {
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).flatMap((entry) => foundInFile(pathOf(entry), values));
}

/** Command lines and environments of every process of this machine. */
export function foundInProcesses(values: readonly string[]): readonly string[] {
  return processIds().flatMap((pid) =>
    ["cmdline", "environ"].flatMap((name) => {
      try {
        return foundIn(`/proc/${pid}/${name}`, readFileSync(`/proc/${pid}/${name}`), values);
      } catch {
        // It has ended.
        return [];
      }
    }),
  );
}

/** Directories of a lab's host, as it sees them. */
export function rootOf(host: string): string {
  return `/proc/${machineOf(host)}/root`;
}

/** What a host's daemon has in its memory. */
export function foundInMemory(host: string, values: readonly string[]): readonly string[] {
  const uts = readlinkSync(`/proc/${machineOf(host)}/ns/uts`);
  const daemons = processIds().filter((pid) => isDaemon(pid, uts));
  if (daemons.length !== 1) throw new Error(`${daemons.length} daemons on ${host}`);
  return daemons.flatMap((pid) => foundInMemoryOf(pid, `memory of ${host}`, values));
}

function foundInMemoryOf(pid: string, what: string, values: readonly string[]): readonly string[] {
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    const found = new Set<string>();
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const [, from = "", to = ""] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? [];
      const [start, end] = [BigInt(`0x${from || "0"}`), BigInt(`0x${to || "0"}`)];
      for (let at = start; at < end; at += BigInt(FILE_PART_BYTES)) {
        const part = Buffer.alloc(Number(end - at < BigInt(FILE_PART_BYTES) ? end - at : FILE_PART_BYTES));
        try {
          const length = readSync(memory, part, 0, part.length, at);
          for (const each of foundIn(what, part.subarray(0, length), values)) found.add(each);
        } catch {
          // Pages that nobody may read, such as the kernel's own.
        }
      }
    }
    return [...found];
  } finally {
    closeSync(memory);
  }
}

function foundInFile(path: string, values: readonly string[]): readonly string[] {
  try {
    return foundIn(path, readFileSync(path), values);
  } catch {
    // A file of a process or a store that has gone meanwhile.
    return [];
  }
}

function isDaemon(pid: string, uts: string): boolean {
  try {
    return (
      readlinkSync(`/proc/${pid}/ns/uts`) === uts &&
      readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("/swarmd.mjs")
    );
  } catch {
    return false;
  }
}

function machineOf(host: string): string {
  // Behind the number stands when the process began.
  return readFileSync(join(LAB_MACHINES, host, "pid"), "utf8").split(" ", 1)[0] ?? "";
}

function processIds(): readonly string[] {
  return readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name));
}

function pathOf(entry: Dirent): string {
  return join(entry.parentPath, entry.name);
}
