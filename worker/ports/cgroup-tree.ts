/**
 * The kernel's control groups. A host has one hierarchy of them, or one for each controller, or both; a group is named
 * by its path, which is the same in all of them.
 */
export interface CgroupTree {
  /** Names of the groups in a group. Empty where there is none. */
  namesIn(group: string): Promise<readonly string[]>;
  /** Numbers of the processes in a group, and in all below it. */
  processesIn(group: string): Promise<readonly number[]>;
  /** Takes a group away, with all below it. Resolves with whether it is gone: one in which something runs stays. */
  remove(group: string): Promise<boolean>;
}
