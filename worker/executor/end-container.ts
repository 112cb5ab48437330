import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { SIGKILL } from "../../shared/linux/signals.ts";
import type { ProcessTable } from "../ports/process-table.ts";
import { type BriefHoldParts, letGo } from "./brief-hold.ts";
import type { ContainerFacts } from "./container-facts.ts";
import type { ContainerRecord } from "./container-record.ts";
import { hasEndedWithin } from "./has-ended-within.ts";

/** A killed process is gone at once, unless the kernel holds it for a device. */
const KILL_WAIT_MS = 10_000;

type EndParts = BriefHoldParts &
  Parameters<typeof hasEndedWithin>[0] & { readonly facts: ContainerFacts; readonly processes: ProcessTable };

/** Stop signal, grace period, SIGKILL. @throws SwarmError deadlineExceeded when not even that ended it. */
export async function endContainer(
  key: ContainerKey,
  { record, graceMs }: { readonly record: ContainerRecord; readonly graceMs: number },
  parts: EndParts,
  signal: AbortSignal,
): Promise<void> {
  const { facts, processes } = parts;
  const process = await facts.firstProcess(key);
  if (process === null) return;
  // A process that is held hears no signal.
  await letGo(key, parts);
  await processes.kill(process, record.stopSignal);
  if (await hasEndedWithin(parts, key, process, graceMs, signal)) return;
  await processes.kill(process, SIGKILL);
  if (await hasEndedWithin(parts, key, process, KILL_WAIT_MS, signal)) return;
  throw new SwarmError("deadlineExceeded", `container ${record.name} has not ended although it was killed`);
}
