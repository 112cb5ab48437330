import { signalName } from "../../shared/linux/signals.ts";

/** What is known about a container's end. */
export interface ExitEvidence {
  /** As the monitor wrote it; null = it wrote nothing. */
  readonly exitCode: number | null;
  /** The kernel killed something in it for memory. */
  readonly isOutOfMemory: boolean;
  /** Its memory limit in bytes; 0 = none. */
  readonly memoryBytesMax: number;
  /** Its health check had it stopped. */
  readonly isUnhealthy: boolean;
}

export interface ExitStatus {
  readonly exitCode: number;
  /** Why, in a few words; "" = the exit code says it all. */
  readonly cause: string;
}

/** For a container that left no exit code: shells use it for "out of range", no program uses it for success. */
export const EXIT_CODE_UNKNOWN = 255;
const EXIT_SIGNAL_BASE = 128;
const BYTES_PER_MIB = 1 << 20;

/** The end as people and the restart policy see it. An unhealthy container has failed, whatever its exit code. */
export function toExitStatus(evidence: ExitEvidence): ExitStatus {
  if (evidence.isUnhealthy) return { exitCode: evidence.exitCode || 1, cause: "unhealthy container" };
  if (evidence.exitCode === null) {
    return {
      exitCode: EXIT_CODE_UNKNOWN,
      cause: "it left no exit code: the host was restarted, or its monitor killed",
    };
  }
  if (evidence.exitCode !== 0 && evidence.isOutOfMemory) {
    const limit =
      evidence.memoryBytesMax === 0 ? "the host's memory" : `its limit of ${toMib(evidence.memoryBytesMax)} MiB`;
    return { exitCode: evidence.exitCode, cause: `out of memory: it reached ${limit}` };
  }
  const signal = signalName(evidence.exitCode - EXIT_SIGNAL_BASE);
  return { exitCode: evidence.exitCode, cause: signal === null ? "" : `ended by ${signal}` };
}

/** The text of a monitor's exit file; null = not a number. */
export function parseExitCode(text: string): number | null {
  return /^-?\d+\s*$/.test(text) ? Number(text) & 0xff : null;
}

function toMib(bytes: number): string {
  return String(Math.round((bytes / BYTES_PER_MIB) * 10) / 10);
}
