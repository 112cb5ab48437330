import { mustHave } from "../../shared/invariant.ts";
import type { ContainerConfig, ContainerRestart } from "../../shared/rpc/gen/containers.ts";
import type { Mount } from "../../shared/rpc/gen/objects.ts";
import { parseBytes } from "../../shared/run-text/bytes.ts";
import { parseTmpfs, parseVolume } from "../../shared/run-text/volume.ts";
import { blankRunSpec } from "../../shared/service-spec/run-spec.ts";
import type { Flags } from "../flags.ts";
import { parseWhole } from "../parse/numbers.ts";
import { usageError } from "../parse/usage.ts";
import { envFileLines, parseEnv, parseLabels } from "../parse/words.ts";
import { applyFields } from "../service/spec/apply-fields.ts";
import type { SpecWorld } from "../service/spec/spec-world.ts";
import { applySpecialFlags } from "../service/spec/special-flags.ts";
import { networksOf } from "./networks.ts";
import { RUN_FIELDS } from "./run-fields.ts";

const POLICIES = {
  no: "NO",
  "on-failure": "ON_FAILURE",
  always: "ALWAYS",
  "unless-stopped": "UNLESS_STOPPED",
} as const satisfies Readonly<Record<string, ContainerRestart["policy"]>>;
const RETRIES_MAX = 2_147_483_647;

/** What `run OPTIONS IMAGE [COMMAND...]` asks for. @throws SwarmError invalidArgument. */
export function containerConfig(args: readonly string[], flags: Flags, world: SpecWorld): ContainerConfig {
  const [image, ...command] = args;
  if (image === undefined || image === "") throw usageError("give the image to run: swarmctl run IMAGE [COMMAND...]");
  const spec = applySpecialFlags(applyFields(blankRunSpec(image), flags, "create", world, RUN_FIELDS), flags, world);
  const task = mustHave(spec.task, "the task of a spec");
  const container = mustHave(task.container, "the container of a task");
  const entrypoint = flags.text("entrypoint");
  const seconds = flags.text("stopTimeout");
  const swapBytes = swapOf(flags, task.limits?.memoryBytes ?? 0);
  return {
    name: flags.text("name") ?? "",
    task: {
      ...task,
      ...(swapBytes === undefined ? {} : { swapBytes }),
      container: {
        ...container,
        args: command,
        command: entrypoint === undefined || entrypoint === "" ? [] : [entrypoint],
        env: [...envOfFiles(flags, world), ...container.env],
        labels: { ...labelsOfFiles(flags, world), ...container.labels },
        mounts: withMounts(container.mounts, flags, world),
        ...(seconds === undefined ? {} : { stopGracePeriodMs: parseWhole(seconds, "--stop-timeout") * 1_000 }),
      },
    },
    ports: spec.endpoint?.ports ?? [],
    publishAll: flags.is("publishAll"),
    exposedPorts: flags.list("expose").flatMap(parseExposed),
    restart: restartOf(flags),
    autoRemove: flags.is("rm"),
    ...networksOf(flags),
    openStdin: flags.is("interactive"),
    // Whoever leaves it to itself at once would close it for everybody.
    stdinOnce: flags.is("interactive") && !flags.is("detach"),
    asGiven: "",
    volumesFrom: flags.list("volumesFrom"),
  };
}

/** `on-failure:3`; null = not given. @throws SwarmError invalidArgument. */
export function restartOf(flags: Flags): ContainerRestart | null {
  const text = flags.text("restart");
  if (text === undefined) return null;
  const [word = "", retries] = text.split(":");
  const policy = Object.hasOwn(POLICIES, word) ? POLICIES[word as keyof typeof POLICIES] : undefined;
  if (policy === undefined) {
    throw usageError(`invalid restart policy "${text}": expected no, on-failure[:N], always or unless-stopped`);
  }
  if (retries !== undefined && policy !== "ON_FAILURE") {
    throw usageError(`invalid restart policy "${text}": only on-failure has a number of tries`);
  }
  return { policy, retries: retries === undefined ? 0 : parseWhole(retries, "--restart", { max: RETRIES_MAX }) };
}

/** Docker's flag counts memory and swap together. Undefined = not given. @throws SwarmError invalidArgument. */
export function swapOf(flags: Flags, memoryBytes: number): number | undefined {
  const text = flags.text("memorySwap");
  if (text === undefined) return undefined;
  if (text.trim() === "-1") return -1;
  const both = parseBytes(text, "--memory-swap");
  if (both === 0) return undefined;
  if (memoryBytes === 0) throw usageError("--memory-swap needs a memory limit: give --memory as well");
  if (both < memoryBytes) throw usageError("--memory-swap counts memory and swap together: it is less than --memory");
  return both - memoryBytes;
}

function envOfFiles(flags: Flags, { environment, readTextFile }: SpecWorld): readonly string[] {
  const lines = flags.list("envFile").flatMap((path) => envFileLines(readTextFile(path)));
  return parseEnv(lines, "--env-file", environment);
}

function labelsOfFiles(flags: Flags, { readTextFile }: SpecWorld): Readonly<Record<string, string>> {
  const lines = flags.list("labelFile").flatMap((path) => envFileLines(readTextFile(path)));
  return parseLabels(lines, "--label-file");
}

function withMounts(given: readonly Mount[], flags: Flags, { absolute }: SpecWorld): readonly Mount[] {
  const volumes = flags.list("volume").map((text) => parseVolume(text, absolute));
  return [...given, ...volumes, ...flags.list("tmpfs").map(parseTmpfs)];
}

/** `80`, `80/udp`, `80-90/tcp`. */
function parseExposed(text: string): readonly string[] {
  const [, first = "", last = first, protocol = "tcp"] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === "" || from < 1 || to < from || to > 65_535) {
    throw usageError(`invalid port "${text}" for --expose: expected PORT[-PORT][/PROTOCOL]`);
  }
  return Array.from({ length: to - from + 1 }, (_, at) => `${from + at}/${protocol.toLowerCase()}`);
}
