import { createHash } from "node:crypto";
import type { ContainerKey } from "../../../shared/ids.ts";
import { macOf } from "../../../shared/ipv4.ts";
import type { Family } from "./network-view.ts";

/** A task of this host on a user network. */
export interface LocalTask {
  readonly taskId: ContainerKey;
  /** Path of its network namespace. */
  readonly namespacePath: string;
  /** Its interface there. */
  readonly interfaceName: string;
  /** The other end of its link, in the network's namespace. */
  readonly link: string;
  /** Its addresses with prefix length; null = none of that family. */
  readonly cidrs: Readonly<Record<Family, string | null>>;
  /** Hardware address that people chose; absent = it follows from the address. */
  readonly mac?: string;
}

const HASHED_BYTES = 4;

/** Without prefix length; null = it has none of that family. */
export function taskAddress({ cidrs }: Pick<LocalTask, "cidrs">, family: Family): string | null {
  return cidrs[family]?.split("/")[0] ?? null;
}

/**
 * The MAC of a task's interface: the one that people chose, or 02:42 and four bytes of its IPv4 address, or of a digest
 * where it has none.
 */
export function taskMac(task: Pick<LocalTask, "cidrs" | "mac">): string {
  if (task.mac !== undefined) return task.mac;
  const address = taskAddress(task, "ipv4");
  if (address !== null) return macOf(address);
  const text = taskAddress(task, "ipv6") ?? "";
  const bytes = createHash("sha256").update(text).digest().subarray(0, HASHED_BYTES);
  return [0x02, 0x42, ...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
