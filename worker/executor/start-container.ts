import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import type { OciRuntime } from "../runtime/oci-runtime.ts";
import type { Attachments } from "./attachments.ts";
import type { ContainerFacts, ExitedFact, RunningFact } from "./container-facts.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerRecords } from "./container-records.ts";
import { type ContainerSteps, STEP_MS_MAX } from "./container-steps.ts";

interface StartParts {
  readonly runtime: OciRuntime;
  readonly records: ContainerRecords;
  readonly facts: ContainerFacts;
  readonly attachments: Attachments;
  readonly steps: ContainerSteps;
}

type OnProgress = (message: string) => void;

/**
 * Init steps, its own command, post-start steps. The caller sees to it that nobody else touches it meanwhile.
 * @throws SwarmError, also when a step failed; the signal's reason.
 */
export async function startContainer(
  key: ContainerKey,
  parts: StartParts,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<RunningFact | ExitedFact> {
  const { records, steps } = parts;
  const record = records.get(key);
  if (record === null) throw new SwarmError("failedPrecondition", `there is no container ${key} on this host`);
  await takeInitSteps(record, parts, signal, onProgress);
  const fact = await startOwn(record, parts);
  if (fact.kind === "exited" || record.steps.isStarted) return fact;
  const order = { steps: record.steps.postStart, timeoutMs: STEP_MS_MAX, pid: fact.pid };
  await steps.run(key, { name: "post-start step", ...order }, signal, onProgress);
  await records.put({ ...record, steps: { ...record.steps, isStarted: true } });
  return fact;
}

/** In the container as it was created: its first process is there, and has not begun its own command. */
async function takeInitSteps(
  { key, steps }: ContainerRecord,
  parts: StartParts,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<void> {
  if (steps.init.length === 0 || (await parts.facts.inspect(key)).kind !== "created") return;
  const process = await parts.facts.firstProcess(key);
  const order = { steps: steps.init, timeoutMs: STEP_MS_MAX, pid: process?.pid ?? 0 };
  await parts.steps.run(key, { name: "init step", ...order }, signal, onProgress);
}

async function startOwn(
  { key, name, hasStartHooks }: ContainerRecord,
  parts: StartParts,
): Promise<RunningFact | ExitedFact> {
  const { attachments, facts, runtime } = parts;
  await attachments.onCreated(key);
  try {
    await runtime.start(key, name, hasStartHooks);
  } catch (error) {
    // It may have been started before the daemon was killed.
    const fact = await facts.inspect(key);
    if (fact.kind === "running" || fact.kind === "exited") return fact;
    attachments.end(key);
    throw error;
  }
  const running = await facts.noteRunning(key);
  if (running !== null) return running;
  const fact = await facts.inspect(key);
  if (fact.kind === "running" || fact.kind === "exited") return fact;
  return await facts.exited(key, null);
}
