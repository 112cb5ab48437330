/**
 * A service with real containers scaled from none to very many and down to two, on three hosts of a lab, and how long
 * people wait for answers of the API meanwhile. Everything runs on one machine, containers and managers together.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { type Figure, figure } from "./figure.ts";
import { type Control, controlOf, lab, progress } from "./lab-control.ts";

const HOSTS = "3";
const HOST = "host1";
const MANY = 1_000;
/** What a machine holds that has other things to do. */
const FEWER = 300;
const LEFT = 2;
const SERVICE = "many";
/** Between two calls of a person. */
const EVERY_MS = 100;
/**
 * Services that people change, each call the next one. Of two that change the same one at a time only the first is
 * heard, so that calls which take long would make each other begin again, and the figure be one of that.
 */
const ASKED = Array.from({ length: 100 }, (_, at) => `asked-${at}`);
const CALL_MS_MAX = 30_000;
/** However slow the machine is. */
const SCALE_MS_MAX = 900_000;
const API_MS_MAX = 200;
const NONE = Number.POSITIVE_INFINITY;
const AGAIN: ReadonlySet<string> = new Set(["unavailable", "aborted", "failedPrecondition", "deadlineExceeded"]);
const AGAIN_MS = 20;
const SPEC = {
  task: { container: { image: "busybox", args: ["sleep", "36000"] } },
  endpoint: {},
};

export async function measureScaleLab(quick: boolean): Promise<readonly Figure[]> {
  const many = quick ? FEWER : MANY;
  lab("down");
  lab("up", HOSTS);
  try {
    await using control = controlOf(HOST);
    for (const name of [SERVICE, ...ASKED]) {
      await control.createService({ spec: { ...SPEC, annotations: { name }, replicated: { replicas: 0 } } });
    }
    // The image comes to every host first: what is measured is the cluster, and not the registry.
    await scaleTo(control, Number(HOSTS) * 2);
    await scaleTo(control, 0);
    progress(`0 to ${many} containers`);
    const up = await measure(control, () => scaleTo(control, many));
    progress(`${many} to ${LEFT} containers`);
    const down = await measure(control, () => scaleTo(control, LEFT));
    return [
      figure(`0 to ${many} containers on ${HOSTS} hosts of one machine`, "ms", NONE, [up.tookMs]),
      ...figuresOf(up.latenciesMs),
      figure(`${many} to ${LEFT} containers`, "ms", NONE, [down.tookMs]),
      ...figuresOf(down.latenciesMs),
    ];
  } finally {
    lab("down");
  }
}

function figuresOf(latenciesMs: readonly number[]): readonly Figure[] {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return [
    figure(`  a change by the API meanwhile, median of ${sorted.length}`, "ms", NONE, [at(0.5)]),
    figure("  the same, 99th percentile", "ms", API_MS_MAX, [at(0.99)]),
  ];
}

async function measure(
  control: Control,
  run: () => Promise<void>,
): Promise<{ readonly tookMs: number; readonly latenciesMs: readonly number[] }> {
  const over = new AbortController();
  const asking = askForever(control, over.signal);
  const began = performance.now();
  try {
    await run();
  } finally {
    over.abort();
  }
  return { tookMs: performance.now() - began, latenciesMs: await asking };
}

/** Changes a service after the other, each when it is due, whatever has become of the calls before. */
async function askForever(control: Control, signal: AbortSignal): Promise<readonly number[]> {
  const latenciesMs: number[] = [];
  const calls: Promise<void>[] = [];
  for (let dueMs = performance.now(), number = 0; !signal.aborted; dueMs += EVERY_MS, number++) {
    await sleep(Math.max(0, dueMs - performance.now()));
    const dueAtMs = dueMs;
    const name = mustHave(ASKED[number % ASKED.length], "a service to change");
    const call = relabel(control, name, String(number)).then(() => void latenciesMs.push(performance.now() - dueAtMs));
    // Whoever waits for all of them hears of it; until then it is not unheard.
    call.catch(() => {});
    calls.push(call);
  }
  await Promise.all(calls);
  return latenciesMs;
}

/** A read and a change, as `swarmctl service update --label-add` makes them; again while there is no leader. */
async function relabel(control: Control, name: string, label: string): Promise<void> {
  await untilAnswered(async () => {
    const { service } = await control.getService({ ref: name }, { timeoutMs: CALL_MS_MAX });
    await control.updateService(
      {
        ref: name,
        version: mustHave(service?.meta, "its meta data").version,
        spec: { ...SPEC, annotations: { name, labels: { asked: label } }, replicated: { replicas: 0 } },
        noResolveImage: true,
      },
      { timeoutMs: CALL_MS_MAX },
    );
  });
}

/** Resolves when exactly so many tasks of the service run. */
async function scaleTo(control: Control, replicas: number): Promise<void> {
  await untilAnswered(async () => {
    const { service } = await control.getService({ ref: SERVICE });
    await control.updateService({
      ref: SERVICE,
      version: mustHave(service?.meta, "its meta data").version,
      spec: { ...SPEC, annotations: { name: SERVICE }, replicated: { replicas } },
      noResolveImage: true,
    });
  });
  const deadlineMs = performance.now() + SCALE_MS_MAX;
  await untilAnswered(() =>
    untilRunning(control, replicas, AbortSignal.timeout(Math.max(0, Math.ceil(deadlineMs - performance.now())))),
  );
}

async function untilRunning(control: Control, replicas: number, signal: AbortSignal): Promise<void> {
  const { service } = await control.getService({ ref: SERVICE });
  const { id } = mustHave(service, SERVICE);
  const changes = control.watch({}, { signal })[Symbol.asyncIterator]();
  const first = changes.next();
  // Whoever waits for it hears of it; until then it is not unheard.
  first.catch(() => {});
  const running = await runningNow(control, id);
  for (let next = await first; running.size !== replicas && next.done !== true; next = await changes.next()) {
    for (const { task } of next.value.changes) {
      if (task?.serviceId !== id) continue;
      if (task.status?.state === "RUNNING") running.add(task.id);
      else running.delete(task.id);
    }
  }
  await changes.return?.(undefined);
  // The first messages tell of what was there before the list was made.
  if ((await runningNow(control, id)).size !== replicas) throw new SwarmError("aborted", "counted wrongly");
}

async function runningNow(control: Control, serviceId: string): Promise<Set<string>> {
  const { tasks } = await control.listTasks({ services: [serviceId] });
  return new Set(tasks.filter(({ status }) => status?.state === "RUNNING").map((task) => task.id));
}

/** A leader that is changing, and a version that somebody else has changed meanwhile, are asked again. */
async function untilAnswered(ask: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof SwarmError) || !AGAIN.has(error.code)) throw error;
      await sleep(AGAIN_MS);
    }
  }
}
