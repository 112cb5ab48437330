import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import type { CommandRunner } from "../ports/command-runner.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { mountCommand, mountComplaint, nameToResolve } from "./mount-command.ts";
import type { VolumeDescription } from "./plan-mounts.ts";

/** A file server that does not answer. */
const MOUNT_TIMEOUT_MS = 60_000;

/**
 * Volumes that are file systems of their own: mounted with their first user on this host, unmounted with the last one.
 * Who uses one is noted in the run directory, DIRECTORY/NAME/TASK, before it is mounted: the notes outlive the daemon,
 * as the mounts and containers do, and are gone after a reboot, as these are.
 *
 * Not safe against itself: callers hold a volume's lock.
 */
export class MountedVolumes {
  readonly #directory: string;
  readonly #hostname: string;
  readonly #files: HostFiles;
  readonly #commands: CommandRunner;

  constructor(
    options: { readonly runDirectory: string; readonly hostname: string },
    ports: { readonly files: HostFiles; readonly commands: CommandRunner },
  ) {
    this.#directory = options.runDirectory;
    this.#hostname = options.hostname;
    this.#files = ports.files;
    this.#commands = ports.commands;
  }

  /** @throws SwarmError failedPrecondition with what the kernel says. */
  async use(
    volume: { readonly name: string; readonly path: string; readonly description: VolumeDescription },
    key: ContainerKey,
    signal: AbortSignal,
  ): Promise<void> {
    const { name, path, description } = volume;
    await this.#files.makeDirectory(this.#usersOf(name), 0o700);
    await this.#files.writeText(`${this.#usersOf(name)}/${key}`, "");
    try {
      if (await this.#isMounted(path)) return;
      const host = nameToResolve(description);
      const address = host === null ? null : await this.#addressOf(host, signal);
      const options = { timeoutMs: MOUNT_TIMEOUT_MS, signal };
      const { exitCode, stderr } = await this.#commands.run(mountCommand(description, path, address), options);
      if (exitCode !== 0) throw new SwarmError("failedPrecondition", mountComplaint(stderr));
    } catch (error) {
      await this.#files.remove(`${this.#usersOf(name)}/${key}`);
      const code = error instanceof SwarmError ? error.code : "internal";
      const sentence = `cannot mount volume ${name} on node ${this.#hostname}: ${messageOf(error)}`;
      throw new SwarmError(code, sentence, { cause: error });
    }
  }

  /** Names of the volumes that a task is noted at. */
  async usedBy(key: ContainerKey): Promise<readonly string[]> {
    const names = await this.#files.list(this.#directory);
    const found = await Promise.all(
      names.map(async (name) => ((await this.#files.list(this.#usersOf(name))).includes(key) ? [name] : [])),
    );
    return found.flat();
  }

  /** Every note: who uses which volume. */
  async notes(): Promise<readonly (readonly [name: string, key: ContainerKey])[]> {
    const names = await this.#files.list(this.#directory);
    const found = await Promise.all(
      names.map(async (name) =>
        (await this.#files.list(this.#usersOf(name))).map((key) => [name, key as ContainerKey] as const),
      ),
    );
    // Written here, and by nobody else.
    return found.flat();
  }

  /** A task uses it no more; what nobody uses is unmounted. @throws SwarmError internal when it cannot be. */
  async release(name: string, path: string, key: ContainerKey): Promise<void> {
    const users = (await this.#files.list(this.#usersOf(name))).filter((user) => user !== key);
    // Unmounted first, so that what a crash leaves is found again.
    if (users.length === 0) await this.unmount(path);
    await this.#files.remove(users.length === 0 ? this.#usersOf(name) : `${this.#usersOf(name)}/${key}`);
  }

  /** Nothing mounted there is fine. @throws SwarmError internal when something still is. */
  async unmount(path: string): Promise<void> {
    if (!(await this.#isMounted(path))) return;
    // Lazily, as Docker: a file server that does not answer must not hold up who wants to be rid of it.
    const argv = ["umount", "--internal-only", "--lazy", "--", path] as const;
    const { exitCode, stderr } = await this.#commands.run(argv);
    if (exitCode === 0) return;
    throw new SwarmError("internal", `cannot unmount ${path} on node ${this.#hostname}: ${stderr.trim()}`);
  }

  #usersOf(name: string): string {
    return `${this.#directory}/${name}`;
  }

  /** By the kernel's table, since a look at the place itself would wait for its file server. */
  async #isMounted(path: string): Promise<boolean> {
    const { stdout } = await this.#commands.run([
      "findmnt",
      "--noheadings",
      "--output",
      "TARGET",
      "--mountpoint",
      path,
    ]);
    return stdout.trim() !== "";
  }

  async #addressOf(host: string, signal: AbortSignal): Promise<string> {
    const { stdout } = await this.#commands.run(["getent", "ahosts", "--", host], { signal });
    const address = stdout.trim().split(/\s/, 1)[0] ?? "";
    if (address === "") throw new SwarmError("failedPrecondition", `there is no address of ${host}`);
    return address;
  }
}
