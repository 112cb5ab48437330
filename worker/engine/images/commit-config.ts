import type { ContainerSpec, Healthcheck } from "../../../shared/rpc/gen/objects.ts";
import { recordOf, stringsOf } from "../../images/image-config.ts";
import { changedConfig, withEnv } from "./image-changes.ts";

/** A container as far as an image is made of it. */
export interface CommittedContainer {
  readonly id: string;
  readonly name: string;
  /** Of the image it was made from: 64 hexadecimal digits. */
  readonly imageId: string;
  readonly spec: ContainerSpec;
  /** PORT/PROTOCOL, besides its image's. */
  readonly exposedPorts: readonly string[];
  /** The words of its first process. */
  readonly command: readonly string[];
  /** The directory that takes its changes. */
  readonly upper: string;
  /** Where something was mounted in it, absolute. */
  readonly mountTargets: readonly string[];
  readonly isRunning: boolean;
  readonly isPaused: boolean;
  /** Does it while all its processes are held. */
  readonly whileHeld: <T>(work: () => Promise<T>) => Promise<T>;
}

type Config = Readonly<Record<string, unknown>>;

/**
 * The configuration of an image that is made of a container: its image's, what the container was given besides, and
 * what the changes say, in this order. @throws SwarmError invalidArgument for a change that is none.
 */
export function configOfCommit(
  image: Config,
  { spec, exposedPorts }: Pick<CommittedContainer, "spec" | "exposedPorts">,
  changes: readonly string[],
): Config {
  const own = spec.command.length === 1 && spec.command[0] === "" ? [] : spec.command;
  const volumes = spec.mounts
    .filter(({ type, source }) => type === "VOLUME" && source === "")
    .map(({ target }) => target);
  const given: Config = {
    ...image,
    Env: withEnv(stringsOf(image["Env"]), spec.env.map(pairOf)),
    // An entry point of the container's own takes the image's arguments away.
    ...(spec.command.length > 0 ? { Entrypoint: own, Cmd: [] } : {}),
    ...(spec.args.length > 0 ? { Cmd: spec.args } : {}),
    ...(spec.user === "" ? {} : { User: spec.user }),
    ...(spec.dir === "" ? {} : { WorkingDir: spec.dir }),
    ...(spec.stopSignal === "" ? {} : { StopSignal: spec.stopSignal }),
    Labels: { ...recordOf(image["Labels"]), ...spec.labels },
    ...(spec.healthcheck === null ? {} : { Healthcheck: healthcheckOf(spec.healthcheck) }),
    ...withKeys(image, "ExposedPorts", exposedPorts),
    ...withKeys(image, "Volumes", volumes),
  };
  return changedConfig(given, changes);
}

/** A variable without a value is taken away. */
function pairOf(line: string): readonly [string, string | null] {
  const at = line.indexOf("=");
  return at < 0 ? [line, null] : [line.slice(0, at), line.slice(at + 1)];
}

function withKeys(image: Config, field: string, keys: readonly string[]): Config {
  if (keys.length === 0) return {};
  return { [field]: { ...recordOf(image[field]), ...Object.fromEntries(keys.map((key) => [key, {}])) } };
}

const NANOSECONDS_PER_MS = 1_000_000;

function healthcheckOf(check: Healthcheck): Config {
  const numbers = {
    Interval: check.intervalMs * NANOSECONDS_PER_MS,
    Timeout: check.timeoutMs * NANOSECONDS_PER_MS,
    StartPeriod: check.startPeriodMs * NANOSECONDS_PER_MS,
    StartInterval: check.startIntervalMs * NANOSECONDS_PER_MS,
    Retries: check.retries,
  };
  // What was not said is left out, as Docker does.
  return { Test: check.test, ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== 0)) };
}
