import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { SIGKILL } from "../../shared/linux/signals.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { ProcessTable } from "../ports/process-table.ts";
import { type BriefHoldParts, letGo } from "./brief-hold.ts";
import type { ContainerFacts } from "./container-facts.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerSteps } from "./container-steps.ts";
import { hasEndedWithin } from "./has-ended-within.ts";

/** A killed process is gone at once, unless the kernel holds it for a device. */
const KILL_WAIT_MS = 10_000;

type EndParts = BriefHoldParts &
  Parameters<typeof hasEndedWithin>[0] & {
    readonly clock: Clock;
    readonly facts: ContainerFacts;
    readonly processes: ProcessTable;
    readonly steps: ContainerSteps;
  };

/**
 * What is to be run before, stop signal, SIGKILL; all but the last within the grace period.
 * @throws SwarmError deadlineExceeded when not even that ended it.
 */
export async function endContainer(
  key: ContainerKey,
  { record, graceMs }: { readonly record: ContainerRecord; readonly graceMs: number },
  parts: EndParts,
  signal: AbortSignal,
): Promise<void> {
  const { clock, facts, processes, steps } = parts;
  const process = await facts.firstProcess(key);
  if (process === null) return;
  // A process that is held hears no signal.
  await letGo(key, parts);
  const endMs = clock.now() + graceMs;
  const order = { steps: record.steps.preStop, timeoutMs: graceMs, pid: process.pid };
  await steps.tryRun(key, { name: "pre-stop step", ...order }, signal);
  await processes.kill(process, record.stopSignal);
  if (await hasEndedWithin(parts, key, process, Math.max(0, endMs - clock.now()), signal)) return;
  await processes.kill(process, SIGKILL);
  if (await hasEndedWithin(parts, key, process, KILL_WAIT_MS, signal)) return;
  throw new SwarmError("deadlineExceeded", `container ${record.name} has not ended although it was killed`);
}
