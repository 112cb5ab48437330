import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { parseCidr } from "../../shared/ipv4.ts";
import type { Logger } from "../../shared/log.ts";
import type { NetworkFiles } from "../ports/network-files.ts";
import {
  type Attachment,
  type BareAttachment,
  formatAttachment,
  hostLinkAddresses,
  parseAttachment,
} from "./attachment.ts";
import { nextEgressAddress } from "./egress.ts";
import { portKey, type TakenPort } from "./host-ports.ts";

/** The attachments of this host's tasks, in memory and in files. */
export class AttachmentBook {
  readonly #files: NetworkFiles;
  readonly #log: Logger;
  readonly #attachments = new Map<ContainerKey, Attachment>();
  /** Those by address. */
  readonly #tasks = new Map<string, ContainerKey>();
  /** Of tasks without any network. */
  readonly #bare = new Map<ContainerKey, BareAttachment>();
  #loading: Promise<void> | null = null;
  #lastEgressAddress: string | null = null;

  constructor(files: NetworkFiles, log: Logger) {
    this.#files = files;
    this.#log = log;
  }

  /** Reads what an earlier daemon left; to be awaited before anything else. After a failure the next call tries. */
  async load(): Promise<void> {
    const loading = this.#loading ?? this.#load();
    this.#loading = loading;
    try {
      await loading;
    } catch (error) {
      // A host out of files for a moment must not be without a network until its daemon is restarted.
      if (this.#loading === loading) this.#loading = null;
      throw error;
    }
  }

  get(taskId: ContainerKey): Attachment | undefined {
    return this.#attachments.get(taskId);
  }

  /** Which task has the address, given without prefix length; null = none. */
  taskAt(address: string): ContainerKey | null {
    return this.#tasks.get(address) ?? null;
  }

  /** Tasks that have a namespace here and no network. */
  bare(): readonly ContainerKey[] {
    return [...this.#bare.keys()];
  }

  all(): readonly Attachment[] {
    return [...this.#attachments.values()];
  }

  /**
   * A free address of the egress network, with its prefix length. Synchronous on purpose, as is `add` up to its first
   * await: between the two nobody else may take it.
   */
  nextEgressCidr(subnet: string): string {
    const taken = new Set(this.all().flatMap(hostLinkAddresses));
    const address = nextEgressAddress(subnet, taken, this.#lastEgressAddress);
    this.#lastEgressAddress = address;
    return `${address}/${parseCidr(subnet).prefix}`;
  }

  /** Host-mode ports of all tasks, with who has them. */
  boundPorts(): readonly TakenPort[] {
    return this.all().flatMap(({ taskId, hostPorts }) =>
      hostPorts.map(({ protocol, publishedPort, hostIp }) => ({
        key: portKey(protocol, publishedPort),
        hostIp,
        by: `task ${taskId}`,
      })),
    );
  }

  async add(attachment: Attachment | BareAttachment): Promise<void> {
    this.#note(attachment);
    await this.#files.writeRecord(attachment.taskId, formatAttachment(attachment));
  }

  async remove(taskId: ContainerKey): Promise<void> {
    this.#forget(taskId);
    this.#bare.delete(taskId);
    await this.#files.removeRecord(taskId);
  }

  async clear(): Promise<void> {
    await this.load();
    for (const taskId of [...this.#attachments.keys(), ...this.#bare.keys()]) await this.remove(taskId);
  }

  #note(attachment: Attachment | BareAttachment): void {
    if (attachment.kind === "none") {
      this.#bare.set(attachment.taskId, attachment);
      return;
    }
    this.#forget(attachment.taskId);
    this.#attachments.set(attachment.taskId, attachment);
    for (const address of hostLinkAddresses(attachment)) this.#tasks.set(address, attachment.taskId);
  }

  /** Another task may have one of its addresses by now. */
  #forget(taskId: ContainerKey): void {
    const attachment = this.#attachments.get(taskId);
    if (attachment === undefined) return;
    this.#attachments.delete(taskId);
    for (const address of hostLinkAddresses(attachment))
      if (this.#tasks.get(address) === taskId) this.#tasks.delete(address);
  }

  async #load(): Promise<void> {
    for (const [name, text] of await this.#files.readRecords()) {
      // One that says nothing costs its own task the network, and nobody else's.
      try {
        const attachment = parseAttachment(text);
        this.#note(attachment);
      } catch (error) {
        this.#log.warn("skipped a record of a task's network", { taskId: name, error: messageOf(error) });
      }
    }
  }
}
