import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerKey } from "../../../shared/ids.ts";
import { createContainerId } from "../../../shared/objects/container-id.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { ExportVolumeResponse, ImportVolumeHead, ImportVolumeRequest } from "../../../shared/rpc/gen/volumes.ts";
import type { Send } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { validateLabels } from "../../../shared/spec-checks/validate-annotations.ts";
import { checkVolumeName } from "../../../shared/spec-checks/validate-mounts.ts";
import type { KeyedLock } from "../../executor/keyed-lock.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import type { ProgramLauncher, RunningProgram } from "../../ports/program-launcher.ts";
import { ASIDE } from "../../volumes/interrupted.ts";
import { needsMount } from "../../volumes/mount-command.ts";
import type { Volumes } from "../../volumes/volumes.ts";
import type { EventLog } from "../events/event-log.ts";
import { usedBy, type VolumeUser } from "./volume-book.ts";

/** Pieces of an archive in messages. */
const PIECE_BYTES = 64 << 10;
/** What is kept of what tar complains about. */
const COMPLAINT_CHARACTERS_MAX = 4_096;
/** tar: some files changed while they were read, which is to be expected of a volume in use. */
const EXIT_CHANGED = 1;
/** Owners by number, for names are those of another host; all that a file system keeps of a file. */
const FAITHFUL = ["--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*"] as const;
/** By the first bytes of what compressors write. */
const COMPRESSIONS: readonly (readonly [magic: string, flag: string])[] = [
  ["1f8b", "--gzip"],
  ["28b52ffd", "--zstd"],
  ["fd377a585a00", "--xz"],
  ["425a68", "--bzip2"],
];
const MAGIC_BYTES_MAX = 6;

export interface VolumeArchiveParts {
  readonly volumes: Volumes;
  readonly lock: KeyedLock;
  readonly files: HostFiles;
  readonly launcher: ProgramLauncher;
  readonly hostname: string;
  readonly usersOf: (name: string) => readonly VolumeUser[];
  readonly random: Random;
  readonly events: EventLog;
}

/** What is in volumes, to and from tar archives: owners, modes, times, links, holes, extended attributes and ACLs. */
export class VolumeArchive {
  readonly #parts: VolumeArchiveParts;

  constructor(parts: VolumeArchiveParts) {
    this.#parts = parts;
  }

  /** @throws SwarmError notFound; internal with what tar says. */
  async export(name: string, send: Send<Sendable<ExportVolumeResponse>>, signal: AbortSignal): Promise<void> {
    const { volumes, launcher, usersOf } = this.#parts;
    if (!(await volumes.has(name))) throw this.#noSuch(name);
    await this.#mounted(name, signal, async () => {
      const path = volumes.pathOf(name);
      const what = ["--create", "--format=posix", "--sparse", "--one-file-system", "--file=-"] as const;
      using tar = launcher.launch(["tar", ...what, ...FAITHFUL, `--directory=${path}`, "."], {
        ...{ stdin: false, stdout: true, stderr: true },
      });
      const complaint = complaintOf(tar);
      let usedBy: readonly string[] = usersOf(name).map((user) => user.name);
      for await (const bytes of tar.stdout) {
        signal.throwIfAborted();
        for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
          await send({ bytes: bytes.subarray(at, at + PIECE_BYTES), usedBy });
          usedBy = [];
        }
      }
      const exitCode = await tar.exit;
      if (exitCode > EXIT_CHANGED) throw this.#failed(`read volume ${name}`, await complaint);
    });
  }

  /**
   * Fills a volume that holds nothing, or has `replace`. Until the whole archive is there, nothing of it is seen.
   * @throws SwarmError failedPrecondition when containers use it or it holds something; invalidArgument for an archive
   * that cannot be read.
   */
  async import(messages: AsyncIterable<ImportVolumeRequest>, signal: AbortSignal): Promise<string> {
    const incoming = messages[Symbol.asyncIterator]();
    const { value, done } = await incoming.next();
    const head = done === true ? null : (value.head ?? null);
    if (head === null) throw new SwarmError("invalidArgument", "an import begins with its head");
    checkVolumeName(head.name);
    validateLabels("volume", { labels: head.labels });
    const bytes = bytesOf(incoming);
    await this.#parts.lock.run(head.name, () => this.#fill(head, bytes, signal));
    return head.name;
  }

  async #fill(head: ImportVolumeHead, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const { volumes, files, usersOf, hostname } = this.#parts;
    const { name, replace, labels } = head;
    const users = usersOf(name);
    if (users.length > 0) {
      const sentence = `cannot fill volume ${name} of node ${hostname}: ${usedBy(users)}`;
      throw new SwarmError("failedPrecondition", sentence);
    }
    const isNew = !(await volumes.has(name));
    const { options } = await volumes.make(name, { options: {}, labels });
    try {
      await this.#mounted(name, signal, async () => {
        if (!replace && !(await volumes.isEmpty(name))) {
          const sentence = `volume ${name} of node ${hostname} is not empty: say --replace to lose what is in it`;
          throw new SwarmError("failedPrecondition", sentence);
        }
        if (needsMount({ options })) await this.#fillInPlace(name, bytes, signal);
        else await this.#fillAside(name, bytes, signal);
      });
    } catch (error) {
      if (isNew) await volumes.remove(name);
      throw error;
    } finally {
      await files.remove(this.#asideOf(name));
    }
  }

  async #fillAside(name: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const { volumes, files } = this.#parts;
    const aside = this.#asideOf(name);
    await files.remove(aside);
    await files.makeDirectory(aside, 0o755);
    await this.#extract(aside, bytes, signal);
    await volumes.replaceContent(name, aside);
  }

  /** A file system of its own: there is no place beside it. */
  async #fillInPlace(name: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const { volumes, files } = this.#parts;
    const path = volumes.pathOf(name);
    for (const entry of await files.list(path)) await files.remove(`${path}/${entry}`);
    await this.#extract(path, bytes, signal);
  }

  async #extract(directory: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const { first, rest } = await peek(bytes);
    const magic = Buffer.from(first).toString("hex");
    const compression = COMPRESSIONS.find(([start]) => magic.startsWith(start))?.[1];
    const how = ["--extract", "--file=-", "--same-owner", "--preserve-permissions", ...FAITHFUL] as const;
    using tar = this.#parts.launcher.launch(
      ["tar", ...how, ...(compression === undefined ? [] : [compression]), `--directory=${directory}`],
      { stdin: true, stdout: false, stderr: true },
    );
    const complaint = complaintOf(tar);
    for await (const piece of rest) {
      signal.throwIfAborted();
      await tar.stdin?.write(piece);
    }
    tar.stdin?.end();
    if ((await tar.exit) === 0) return;
    throw new SwarmError("invalidArgument", `the archive cannot be unpacked: ${await complaint}`);
  }

  /** A volume that is a file system of its own is mounted meanwhile. */
  async #mounted(name: string, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
    const { volumes, random } = this.#parts;
    const key: ContainerKey = createContainerId(random);
    const wanted = { options: {}, labels: {} };
    const use = { name, target: "/", isAnonymous: false, subpath: "", isFilled: false, wanted };
    await volumes.ensure(key, [use], signal);
    try {
      await act();
    } finally {
      await volumes.release(name, key);
    }
  }

  #asideOf(name: string): string {
    return `${this.#parts.volumes.pathOf(name)}${ASIDE.imported}`;
  }

  #noSuch(name: string): SwarmError {
    return new SwarmError("notFound", `no such volume: ${name} (node ${this.#parts.hostname})`);
  }

  #failed(what: string, complaint: string): SwarmError {
    return new SwarmError("internal", `cannot ${what} of node ${this.#parts.hostname}: ${complaint}`);
  }
}

async function* bytesOf(incoming: AsyncIterator<ImportVolumeRequest>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { value, done } = await incoming.next();
    if (done === true) return;
    if (value.bytes !== undefined) yield value.bytes;
  }
}

/** The first bytes, which are among the rest as well. */
async function peek(
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ readonly first: Uint8Array; readonly rest: AsyncIterable<Uint8Array> }> {
  const incoming = bytes[Symbol.asyncIterator]();
  let first: Uint8Array = new Uint8Array();
  while (first.length < MAGIC_BYTES_MAX) {
    const { value, done } = await incoming.next();
    if (done === true) break;
    first = Buffer.concat([first, value]);
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    if (first.length > 0) yield first;
    for (let next = await incoming.next(); next.done !== true; next = await incoming.next()) yield next.value;
  }
  return { first, rest: all() };
}

/** The first line that tar complains with, once it has ended. */
async function complaintOf({ stderr }: RunningProgram): Promise<string> {
  let text = "";
  for await (const bytes of stderr) {
    if (text.length < COMPLAINT_CHARACTERS_MAX) text += bytes.toString();
  }
  const [line = ""] = text.split("\n").filter((each) => !/^tar: (Exiting|Error is not)/.test(each));
  return line.replace(/^tar: /, "") || "tar gave no reason";
}
