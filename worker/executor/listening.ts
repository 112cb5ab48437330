import type { Task } from "../../shared/objects/types.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { ListenersInside } from "../ports/listeners-inside.ts";

type Listener = NonNullable<ReturnType<ListenersInside>>[number];

/**
 * A program that listens within this time of its start is never met by a client before that, although nobody checks its
 * health. Longer, and a task on whose port nothing ever listens would seem to hang.
 */
export const LISTEN_WAIT_MS_MAX = 2_000;
/** Most programs listen after some ten milliseconds; a look takes a fraction of one. */
const LOOK_MS = { first: 2, max: 50 } as const;
/** From here on people see what is waited for. */
const TELL_AFTER_MS = 500;

interface Port {
  readonly protocol: Listener["protocol"];
  readonly port: number;
}

/** Ports of a container at which clients will call. */
export interface CalledPorts {
  readonly ports: readonly Port[];
  /** Each of them is awaited, or any: of an image's ports nobody knows which are in use. */
  readonly which: "all" | "any";
}

/** What clients call at: published ports, or else, where neighbours know its name, those that its image tells. */
export function calledPorts({ endpoint, networks }: Task, exposed: readonly string[]): CalledPorts {
  const published = (endpoint?.ports ?? []).flatMap(({ protocol, targetPort: port }): readonly Port[] =>
    protocol === "SCTP" || port === 0 ? [] : [{ protocol: protocol === "UDP" ? "udp" : "tcp", port }],
  );
  if (published.length > 0) return { ports: published, which: "all" };
  const hasNeighbours = networks.some(({ address, address6 }) => address !== "" || address6 !== "");
  return { ports: hasNeighbours ? exposed.flatMap(exposedPort) : [], which: "any" };
}

/** As images have it: `80/tcp`. */
function exposedPort(text: string): readonly Port[] {
  const [, port = "", protocol] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
  return port === "" ? [] : [{ protocol: protocol === "udp" ? "udp" : "tcp", port: Number(port) }];
}

/** Those at which nobody listens for others yet, as far as they are awaited. */
export function stillSilent({ ports, which }: CalledPorts, listeners: readonly Listener[]): readonly Port[] {
  const open = listeners.filter(({ address }) => !/^(127\.|::1$)/.test(address));
  const silent = ports.filter(
    ({ protocol, port }) => !open.some((listener) => listener.protocol === protocol && listener.port === port),
  );
  return which === "any" && silent.length < ports.length ? [] : silent;
}

export interface ListeningParts {
  readonly clock: Clock;
  /** null = that cannot be found out. */
  readonly look: () => readonly Listener[] | null;
  readonly onProgress: (message: string) => void;
}

/** Resolves once somebody listens at these ports, or that took too long. @throws the signal's reason. */
export async function untilListening(
  called: CalledPorts,
  { clock, look, onProgress }: ListeningParts,
  signal: AbortSignal,
): Promise<void> {
  const began = clock.now();
  let isTold = false;
  for (let delayMs: number = LOOK_MS.first; ; delayMs = Math.min(2 * delayMs, LOOK_MS.max)) {
    const listeners = look();
    const [first] = listeners === null ? [] : stillSilent(called, listeners);
    const waitedMs = clock.now() - began;
    if (first === undefined || waitedMs >= LISTEN_WAIT_MS_MAX) return;
    if (!isTold && waitedMs >= TELL_AFTER_MS) {
      isTold = true;
      onProgress(`nothing listens on port ${first.port}/${first.protocol} yet`);
    }
    await sleep(clock, delayMs, "task: wait until it listens", signal);
  }
}
