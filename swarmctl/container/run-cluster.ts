import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import { mustHave } from "../../shared/invariant.ts";
import { parseSignal } from "../../shared/linux/signals.ts";
import { containerIdOf } from "../../shared/objects/container-id.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { ServiceProgress, SlotProgress } from "../../shared/rpc/gen/control.ts";
import type { Service, Task } from "../../shared/rpc/gen/objects.ts";
import type { ControlClient } from "../api.ts";
import type { Cli } from "../cli.ts";
import { ExitStatus } from "../exit-status.ts";
import type { Flags } from "../flags.ts";
import { giveOwnLogin } from "../registry/own-login.ts";
import { printOutput } from "../service/logs.ts";
import type { ProgressView } from "../service/progress/progress-view.ts";
import { waitForService } from "../service/progress/wait-for-service.ts";
import { Conversation } from "../stream/conversation.ts";
import { engineOf } from "../stream/place.ts";
import { clusterJob } from "./cluster-job.ts";

/** Docker's, of `run`: it was not the container that failed. */
const NOT_RUN = 125;
/** As a shell counts a program that a signal ended. */
const BY_SIGNAL = 128;
/** A manager may have to ask a slow registry for the image's digest. */
const CREATE_TIMEOUT_MS = 60_000;
const REMOVE_TIMEOUT_MS = 15_000;
/** Until there is a container that takes input. */
const LOOK_EVERY_MS = 200;
/** A signal is passed on; whoever sends so many to end it wants it gone. */
const SIGNALS_TO_REMOVE = 2;

/**
 * One task of the swarm in the foreground: what it writes, and its exit code. Signals are the container's, as with
 * `run` on one host; before there is one, or the second time, they remove the job.
 * @throws ExitStatus
 */
export async function runOnCluster(cli: Cli, args: readonly string[], flags: Flags): Promise<void> {
  const spec = clusterJob(args, flags, cli);
  if (flags.is("withRegistryAuth")) await giveOwnLogin(cli, args[0] ?? "");
  const control = await cli.api.control();
  // Not cut off by a signal: the managers would make it all the same, and nobody would know its name.
  const { service, warnings } = await control.createService(
    { spec, noResolveImage: false },
    { timeoutMs: CREATE_TIMEOUT_MS },
  );
  for (const warning of warnings) cli.output.warn(warning);
  const job = mustHave(service, "the service of the answer");
  if (flags.is("detach")) {
    cli.output.line(job.id);
    return;
  }
  if (cli.signal.aborted) {
    await remove(cli, control, job);
    throw new ExitStatus(BY_SIGNAL + parseSignal(String(cli.signal.reason)));
  }
  const status = await attend(cli, control, job, flags);
  if (flags.is("rm")) await remove(cli, control, job);
  throw new ExitStatus(status);
}

/** Until its end; resolves with the exit status. */
async function attend(cli: Cli, control: ControlClient, job: Service, flags: Flags): Promise<number> {
  const over = new AbortController();
  using resources = new DisposableStack();
  resources.defer(() => over.abort());
  const left = Promise.withResolvers<number>();
  const terminal = await cli.openConsole();
  let [signals, isRemoving] = [0, false];
  const onSignal = async (name: string): Promise<void> => {
    if (ENDS.has(name)) signals++;
    if (signals < SIGNALS_TO_REMOVE && (await passOn(cli, control, job, name))) return;
    if (!ENDS.has(name)) return;
    isRemoving = true;
    await remove(cli, control, job);
    left.resolve(BY_SIGNAL + parseSignal(name));
  };
  resources.use(terminal.onSignal((name) => void onSignal(name)));
  const output = printOutput(cli, job.id, over.signal);
  output.catch(() => {});
  const waiting = waitForService(cli, job, new Notices(cli), { isPatient: true }).then(
    () => null,
    (error: unknown) => error,
  );
  if (flags.is("interactive")) {
    const how = { keys: flags.text("detachKeys"), tty: flags.is("tty"), signal: over.signal };
    const feeding = feed(cli, control, job, how).then((isDetached) => (isDetached ? left.resolve(0) : undefined));
    feeding.catch((error: unknown) => cli.output.warn(`Warning: no input for the job: ${messageOf(error)}`));
  }
  const first = await Promise.race([waiting, left.promise]);
  // That it was removed may be heard before the answer to our removing it.
  const end = isRemoving ? await left.promise : first;
  if (typeof end === "number") return end;
  over.abort();
  await output.catch((error: unknown) => {
    cli.output.warn(`Warning: what it wrote could not be read to the end: ${messageOf(error)}`);
  });
  // Somebody may have removed it.
  return statusOf(cli, await lastTask(control, job).catch(() => null), end);
}

const ENDS: ReadonlySet<string> = new Set(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]);

interface Feeding {
  readonly keys: string | undefined;
  readonly tty: boolean;
  /** The job is over. */
  readonly signal: AbortSignal;
}

/**
 * Standard input for the task, once it runs. What it writes is read from its log, of which nothing is missed that came
 * before. Resolves with whether the keys were pressed that leave it alone.
 */
async function feed(cli: Cli, control: ControlClient, job: Service, { keys, tty, signal }: Feeding): Promise<boolean> {
  for (;;) {
    const task = await lastTask(control, job);
    if (task?.status?.state === "RUNNING") {
      await using engine = await engineOf(cli, { target: { kind: "node", nodeId: task.nodeId } });
      const start = { container: containerIdOf(task.id as TaskId), stdin: true, stdout: false, stderr: false };
      const how = { start, keys, passesSignals: false, redraws: tty };
      const end = await (await Conversation.attach(cli, engine, how)).run();
      return end.kind === "detached" && !signal.aborted;
    }
    await sleep(cli.clock, LOOK_EVERY_MS, "job: wait for its container", signal);
  }
}

/** Resolves with whether there is a container that has been given it. */
async function passOn(cli: Cli, control: ControlClient, job: Service, signal: string): Promise<boolean> {
  try {
    const task = await lastTask(control, job);
    if (task?.status?.state !== "RUNNING") return false;
    await using engine = await engineOf(cli, { target: { kind: "node", nodeId: task.nodeId } });
    await engine.containers.kill({ ref: containerIdOf(task.id as TaskId), signal }, { timeoutMs: REMOVE_TIMEOUT_MS });
    return true;
  } catch {
    return false;
  }
}

async function lastTask(control: ControlClient, { id }: Service): Promise<Task | null> {
  const { tasks } = await control.listTasks({ services: [id] }, { timeoutMs: REMOVE_TIMEOUT_MS });
  return tasks.reduce<Task | null>((last, task) => (isLater(task, last) ? task : last), null);
}

function isLater(task: Task, last: Task | null): boolean {
  return last === null || (task.meta?.createdAtMs ?? 0) >= (last.meta?.createdAtMs ?? 0);
}

/** @param error why the wait ended, if it was not because the job was done. */
function statusOf(cli: Cli, task: Task | null, error: unknown): number {
  const exitCode = task?.status?.container?.exitCode ?? 0;
  if (task?.status?.state === "COMPLETE" || exitCode !== 0) return exitCode;
  cli.output.warn(`swarmctl: ${task?.status?.err || messageOf(error)}`);
  return NOT_RUN;
}

async function remove(cli: Cli, control: ControlClient, { id }: Service): Promise<void> {
  try {
    await control.removeService({ ref: id }, { timeoutMs: REMOVE_TIMEOUT_MS });
  } catch (error) {
    if (error instanceof SwarmError && error.code === "notFound") return;
    cli.output.warn(`Warning: the job was not removed (swarmctl service rm ${id}): ${messageOf(error)}`);
  }
}

/** What keeps the task from running, once each; its own words are the output. */
class Notices implements ProgressView {
  readonly #cli: Cli;
  readonly #said = new Set<string>();

  constructor(cli: Cli) {
    this.#cli = cli;
  }

  show({ slots, waiting, troubles }: ServiceProgress): void {
    // Of one that has just failed it is not known yet whether another one follows: its exit code says enough, if not.
    const isWaiting = ({ over, state }: SlotProgress): boolean => !over && state !== "RUNNING" && state !== "FAILED";
    const errors = slots.filter(isWaiting).map(({ error }) => error);
    for (const sentence of [...errors, waiting, ...troubles.map((trouble) => trouble.sentence)]) {
      if (sentence === "" || this.#said.has(sentence)) continue;
      this.#said.add(sentence);
      this.#cli.output.warn(`swarmctl: ${sentence}`);
    }
  }

  note(): void {}
}
