import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { DEFAULT_LOG_LIMITS, type LogLimits } from "../../shared/objects/log-driver.ts";
import type { ContainerStep, PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { SentLog } from "../logs/log-messages.ts";
import type { StdinLife } from "../runtime/launch-command.ts";
import { defaultStartIntervalMs, type HealthPlan } from "./health.ts";
import type { ToldNames } from "./name-files.ts";

/**
 * What this host must remember about a container to look after it when the daemon returns. It is written before the
 * container is made, so that whatever is found without one is half made or foreign. The container's own state always
 * comes from the kernel, never from here.
 */
export interface ContainerRecord {
  readonly formatVersion: typeof RECORD_FORMAT_VERSION;
  readonly key: ContainerKey;
  /** Docker's name for it: service.slot.task, or as people chose. */
  readonly name: string;
  /** Id of the image it was made from. */
  readonly imageId: string;
  /**
   * What its files of names were last made to say; differs from what its networks are when a daemon died in between.
   * null = an earlier release did not note it.
   */
  readonly told: ToldNames | null;
  /** As its image tells them: `80/tcp`. */
  readonly exposedPorts: readonly string[];
  /** As they were bound. */
  readonly hostPorts: readonly PortConfig[];
  /** 0 = none. */
  readonly memoryBytesMax: number;
  /** Number of the signal that asks it to stop, when its service does not say: the image's, or SIGTERM. */
  readonly stopSignal: number;
  readonly stopGraceMs: number;
  /** Names of the volumes it has mounted. */
  readonly volumes: readonly string[];
  /** How much of its log is kept; null = nothing. */
  readonly log: LogLimits | null;
  /** Where it is sent as well; null = nowhere. */
  readonly sent: SentLog | null;
  /** null = none. */
  readonly health: HealthPlan | null;
  /** Whether an unhealthy one is stopped, and a starting one waited for. */
  readonly mustBeHealthy: boolean;
  /** The health check gave it up and had it stopped. */
  readonly isUnhealthy: boolean;
  /** OCI runtime, by name or path; "" = the host's usual one. */
  readonly ociRuntime: string;
  /** Control group within which its own is; "" = the host's usual one. */
  readonly cgroupParent: string;
  /** Whether it has a terminal. */
  readonly tty: boolean;
  /** Who can write to its standard input. */
  readonly stdin: StdinLife;
  /** The daemon itself holds its processes for a moment, as while it is committed. */
  readonly isHeldBriefly: boolean;
  /** What is run in it at the turns of its life. */
  readonly steps: RecordedSteps;
  /** Programs of the host are run after its start, by its runtime. */
  readonly hasStartHooks: boolean;
  /** Its network and cgroups have been released; only files are left. */
  readonly isReleased: boolean;
}

/** Of a task: as its service says. People's own containers have none. */
export interface RecordedSteps {
  readonly init: readonly ContainerStep[];
  readonly postStart: readonly ContainerStep[];
  readonly preStop: readonly ContainerStep[];
  /** What follows the start is done, also when a daemon died meanwhile. */
  readonly isStarted: boolean;
}

export const NO_STEPS: RecordedSteps = { init: [], postStart: [], preStop: [], isStarted: true };

export const RECORD_FORMAT_VERSION = 2;
/** Its containers all were tasks' ones, and it called their keys `taskId`. */
const TASKS_ONLY_VERSION = 1;

export function formatRecord(record: ContainerRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

type Stored = Omit<Partial<ContainerRecord>, "formatVersion"> & {
  readonly formatVersion?: unknown;
  readonly taskId?: ContainerKey;
};

/** The inverse of `formatRecord`. @throws SwarmError internal when it is from a later version, or broken. */
export function parseRecord(text: string): ContainerRecord {
  let value: Stored;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SwarmError("internal", "a container's record is broken", { cause: error });
  }
  const { taskId, ...stored } = value;
  const key = value.formatVersion === TASKS_ONLY_VERSION ? taskId : value.key;
  const isKnown = value.formatVersion === TASKS_ONLY_VERSION || value.formatVersion === RECORD_FORMAT_VERSION;
  if (!isKnown || typeof key !== "string") {
    throw new SwarmError("internal", `a container's record has the unknown format ${value.formatVersion}`);
  }
  // An earlier release did not write everything; its containers keep running.
  const hostPorts = (value.hostPorts ?? []).map((port) => ({
    ...port,
    hostIp: port.hostIp ?? "",
    localFirst: port.localFirst ?? false,
  }));
  const defaults = {
    log: DEFAULT_LOG_LIMITS,
    sent: null,
    mustBeHealthy: true,
    volumes: [],
    exposedPorts: [],
    ociRuntime: "",
    cgroupParent: "",
    told: null,
    tty: false,
    stdin: "none",
    isHeldBriefly: false,
    steps: NO_STEPS,
    hasStartHooks: true,
  };
  const own = { formatVersion: RECORD_FORMAT_VERSION, key, hostPorts };
  const record = { ...defaults, ...stored, ...own } as ContainerRecord;
  return record.health === null || record.health.startIntervalMs !== undefined
    ? record
    : { ...record, health: { ...record.health, startIntervalMs: defaultStartIntervalMs(record.health.intervalMs) } };
}
