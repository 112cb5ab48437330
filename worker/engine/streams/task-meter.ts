import { type ReadFile, readUsage } from "./usage.ts";

/** What a container has used so far, for whoever asks again and again. */
export interface Meter {
  readonly cpuNs: number;
  readonly memoryBytes: number;
}

/**
 * Reads the control group of a task. null where one of its meters is not found, because the task does not run, has a
 * group elsewhere or has no such controller: what runs has used some of either, and nothing is worse than a zero that
 * means "not known".
 */
export function meterReader(cgroupParent: string, read: ReadFile): (taskId: string) => Promise<Meter | null> {
  return async (taskId) => {
    const { cpuNs, memoryBytes } = await readUsage(`${cgroupParent}/${taskId}`, read);
    return cpuNs === 0 || memoryBytes === 0 ? null : { cpuNs, memoryBytes };
  };
}
