import type { Placement, Preemption, Task } from "../rpc/gen/objects.ts";

/** Of a service that does not say it: in the middle, so that others can be more important or less. */
const DEFAULT_PRIORITY = 50;
export const PRIORITY_MAX = 100;

/** How important the tasks of a placement are. */
export const priorityOf = (placement: Placement | null | undefined): number => placement?.priority ?? DEFAULT_PRIORITY;

/** "preempted by web.3 (priority 60)". */
const preemptionText = ({ name, priority }: Preemption): string => `preempted by ${name} (priority ${priority})`;

/** What went wrong with a task, for people: why it was made to stop says more than how it ended then. */
export const taskError = ({ preemption, status }: Pick<Task, "preemption" | "status">): string =>
  preemption === null ? (status?.err ?? "") : preemptionText(preemption);
