import { setTimeout as sleep } from "node:timers/promises";
import { end, type Group, type Member } from "./group.ts";
import { PutConnection } from "./put-connection.ts";

/** A put that is not answered by then is given up and tried again; etcd holds puts while it has no leader. */
const PUT_TIMEOUT_MS = 200;
/** The same around a clean stop, where a new leader is there within milliseconds. */
const BRIEF_TIMEOUT_MS = 20;
/** Between two tries. */
const PAUSE_MS = 2;
const GIVE_UP_MS = 20_000;
/** The group works for this long between two faults. */
const REST_MS = 300;
/** How long is written before and after a clean stop. */
const AROUND_STOP_MS = 1_000;
const VALUE = Buffer.alloc(256, "f");

export type Fault =
  /** kill -9. Its connections are closed by the kernel. */
  | "killed"
  /** SIGSTOP: connections stay open but nothing more is sent, as when a host is cut off. */
  | "silent";

/** From the fault to the leader until the next put is accepted through one of the others, in milliseconds. */
export async function untilNextWrite(group: Group, fault: Fault, runs: number): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) samples.push(await measureFault(group, fault));
  return samples;
}

async function measureFault(group: Group, fault: Fault): Promise<number> {
  const leader = await group.ready();
  await sleep(REST_MS * (1 + Math.random()));
  using others = new Connections(group.members.filter((member) => member !== leader));
  await others.open();
  leader.process.kill(fault === "killed" ? "SIGKILL" : "SIGSTOP");
  const tookMs = await others.untilAccepted();
  if (fault === "silent") {
    leader.process.kill("SIGKILL");
    leader.process.kill("SIGCONT");
  }
  await end(leader.process);
  await group.restart(leader);
  return tookMs;
}

/** The longest time between two accepted puts around a clean stop (SIGTERM) of the leader, in milliseconds. */
export async function gapOfCleanStop(group: Group, runs: number): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) {
    const leader = await group.ready();
    await sleep(REST_MS);
    using others = new Connections(group.members.filter((member) => member !== leader));
    using before = new Connections([leader]);
    await Promise.all([before.open(), others.open()]);
    const stopping = { begun: false };
    const stopped = sleep(AROUND_STOP_MS).then(() => {
      stopping.begun = true;
      return end(leader.process);
    });
    samples.push(await longestGap(stopping, before, others));
    await stopped;
    await group.restart(leader);
  }
  return samples;
}

/** Writes one after another: to the old leader until it accepts no more, then to whichever does, for a while. */
async function longestGap(
  stopping: { readonly begun: boolean },
  before: Connections,
  others: Connections,
): Promise<number> {
  let longestMs = 0;
  let lastMs = performance.now();
  const note = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  };
  while (!stopping.begun || (await before.tryOnce())) {
    if (stopping.begun || (await before.tryOnce())) note();
  }
  for (const endsMs = lastMs + AROUND_STOP_MS; lastMs < endsMs; note()) await others.untilAccepted(BRIEF_TIMEOUT_MS);
  return longestMs;
}

/** One connection to each of some members. */
class Connections implements Disposable {
  readonly #all: readonly PutConnection[];

  constructor(members: readonly Member[]) {
    this.#all = members.map(({ address }) => new PutConnection(address, null));
  }

  /** Connects: a member that does not lead refuses, which is an answer as well. */
  async open(): Promise<void> {
    await Promise.all(this.#all.map((connection) => connection.put("warm", VALUE, PUT_TIMEOUT_MS).catch(() => {})));
  }

  /** Whether any of them accepts. */
  async tryOnce(): Promise<boolean> {
    const tries = this.#all.map((connection) => connection.put("gap", VALUE, BRIEF_TIMEOUT_MS));
    return (await Promise.allSettled(tries)).some(({ status }) => status === "fulfilled");
  }

  /** Tries all of them, each on its own, until one accepts; returns how long that took. */
  async untilAccepted(timeoutMs = PUT_TIMEOUT_MS): Promise<number> {
    const beganMs = performance.now();
    let acceptedMs: number | null = null;
    const keepTrying = async (connection: PutConnection): Promise<void> => {
      while (acceptedMs === null && performance.now() - beganMs < GIVE_UP_MS) {
        try {
          await connection.put("next", VALUE, timeoutMs);
          acceptedMs ??= performance.now() - beganMs;
        } catch {
          await sleep(PAUSE_MS);
        }
      }
    };
    await Promise.race(this.#all.map(keepTrying));
    if (acceptedMs === null) throw new Error(`no put was accepted within ${GIVE_UP_MS} ms`);
    return acceptedMs;
  }

  [Symbol.dispose](): void {
    for (const connection of this.#all) connection[Symbol.dispose]();
  }
}
