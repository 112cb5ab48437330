import { SwarmError } from "../../shared/errors.ts";
import { type Labels, labelsOf } from "../../shared/objects/labels.ts";
import { IMAGE_LIMITS, type Limit, SPEC_LIMITS } from "../../shared/objects/limits.ts";

/**
 * What an image says about its process; the `config` part of an OCI image configuration. Not read: OnBuild (for whoever
 * builds on it), ArgsEscaped (Windows), and what old versions of Docker left there of the container an image was made
 * in: Hostname, Domainname, MacAddress, NetworkDisabled, Attach*, OpenStdin, StdinOnce, Tty, StopTimeout, Image.
 */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** KEY=VALUE. */
  readonly env: readonly string[];
  /** USER[:GROUP]; "" = root. */
  readonly user: string;
  /** "" = the root directory. */
  readonly workingDir: string;
  /** "" = SIGTERM. */
  readonly stopSignal: string;
  /** PORT/PROTOCOL, for `-P` and for lists: nothing is published by it. */
  readonly exposedPorts: readonly string[];
  /** Paths whose content should outlive changes of the root file system. */
  readonly volumes: readonly string[];
  /** null = none. */
  readonly healthcheck: ImageHealthcheck | null;
  /** They describe the image. People's own containers have them too, tasks' do not. */
  readonly labels: Labels;
  /** What runs a check given as one line (CMD-SHELL). Empty = /bin/sh -c. */
  readonly shell: readonly string[];
}

export interface ImageHealthcheck {
  /** First word NONE, CMD or CMD-SHELL. */
  readonly test: readonly string[];
  /** 0 = not said. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly startPeriodMs: number;
  readonly startIntervalMs: number;
  readonly retries: number;
}

const EXPOSED_PORT = /^\d{1,5}\/(tcp|udp|sctp)$/;
const NANOSECONDS_PER_MS = 1_000_000;

/**
 * Reads an image configuration, OCI's or Docker's: both have the same names here. Missing parts are empty.
 * @throws SwarmError failedPrecondition when it is not a JSON object, or exceeds a limit for images.
 */
export function parseImageConfig(text: string, image: string): ImageConfig {
  if (text.length > IMAGE_LIMITS.config.max) throw tooMuch(image, IMAGE_LIMITS.config, text.length);
  const root = parseRecord(text, image);
  const config = recordOf(root["config"]);
  checkLimits(config, image);
  const parsed: ImageConfig = {
    entrypoint: stringsOf(config["Entrypoint"]),
    cmd: stringsOf(config["Cmd"]),
    env: stringsOf(config["Env"]),
    user: stringOf(config["User"]),
    workingDir: stringOf(config["WorkingDir"]),
    stopSignal: stringOf(config["StopSignal"]),
    exposedPorts: Object.keys(recordOf(config["ExposedPorts"]))
      .filter((port) => EXPOSED_PORT.test(port))
      .sort(),
    volumes: Object.keys(recordOf(config["Volumes"])).sort(),
    healthcheck: parseHealthcheck(recordOf(config["Healthcheck"])),
    shell: stringsOf(config["Shell"]),
    labels: labelsOf(
      Object.entries(recordOf(config["Labels"])).filter((entry): entry is [string, string] => isText(entry[1])),
    ),
  };
  const { entrypoint, cmd, env, user, workingDir, stopSignal, volumes, healthcheck, shell } = parsed;
  const texts = [...entrypoint, ...cmd, ...env, user, workingDir, stopSignal, ...volumes, ...shell];
  // Programs written in C stop reading there, and would see a different path or variable from the one checked here.
  if ([...texts, ...(healthcheck?.test ?? [])].some((text) => text.includes("\0"))) {
    throw new SwarmError("failedPrecondition", `image ${image} has a zero byte in its configuration, and is not used`);
  }
  return parsed;
}

/** Whoever built the image chose these, and each costs a host work for every task. */
function checkLimits(config: Readonly<Record<string, unknown>>, image: string): void {
  const counts: readonly (readonly [Limit, number])[] = [
    [IMAGE_LIMITS.volumes, Object.keys(recordOf(config["Volumes"])).length],
    [IMAGE_LIMITS.ports, Object.keys(recordOf(config["ExposedPorts"])).length],
    [IMAGE_LIMITS.labels, Object.keys(recordOf(config["Labels"])).length],
    [IMAGE_LIMITS.env, stringsOf(config["Env"]).length],
    ...[config["Entrypoint"], config["Cmd"], config["Shell"], recordOf(config["Healthcheck"])["Test"]].map(
      (words) => [IMAGE_LIMITS.words, stringsOf(words).length] as const,
    ),
  ];
  for (const [limit, count] of counts) if (count > limit.max) throw tooMuch(image, limit, count);
}

function tooMuch(image: string, { of, max, unit }: Limit, count: number): SwarmError {
  const counted = unit === "in number" ? `${count}` : `${count} ${unit}`;
  return new SwarmError("failedPrecondition", `image ${image}: ${of}: ${counted}, but at most ${max} are allowed`);
}

function parseHealthcheck(check: Readonly<Record<string, unknown>>): ImageHealthcheck | null {
  const test = stringsOf(check["Test"]);
  if (test.length === 0) return null;
  return {
    test,
    intervalMs: durationOf(check["Interval"]),
    timeoutMs: durationOf(check["Timeout"]),
    startPeriodMs: durationOf(check["StartPeriod"]),
    startIntervalMs: durationOf(check["StartInterval"]),
    retries: Math.min(Math.max(0, Math.floor(numberOf(check["Retries"]))), SPEC_LIMITS.retries.max),
  };
}

function parseRecord(text: string, image: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(text));
  } catch (error) {
    throw new SwarmError("failedPrecondition", `image ${image} has a broken configuration`, { cause: error });
  }
}

const isText = (value: unknown): value is string => typeof value === "string";

/** The value as an object; anything else has no parts. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** The value's strings; anything but a list has none. */
export function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

export function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Nanoseconds as milliseconds: 0 = not said, else at least one and at most what a spec may say. */
function durationOf(value: unknown): number {
  const ms = numberOf(value) / NANOSECONDS_PER_MS;
  return ms <= 0 ? 0 : Math.min(Math.max(1, ms), SPEC_LIMITS.duration.max);
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
