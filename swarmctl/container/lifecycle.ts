import type { ResourceControls } from "../../shared/rpc/gen/objects.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Cli, Run } from "../cli.ts";
import { ExitStatus } from "../exit-status.ts";
import type { Flags } from "../flags.ts";
import { forEach } from "../names.ts";
import type { OptionName } from "../option-spec.ts";
import { parseWhole } from "../parse/numbers.ts";
import { usageError } from "../parse/usage.ts";
import { restartOf, swapOf } from "./config.ts";
import { containersOf } from "./host.ts";
import type { KILL_OPTIONS, NODE_OPTIONS, RM_OPTIONS, STOP_OPTIONS, UPDATE_OPTIONS } from "./options.ts";
import { forContainers } from "./simple.ts";
import { START_TIMEOUT_MS, STOP_TIMEOUT_MS } from "./timeouts.ts";

export const pause: Run<typeof NODE_OPTIONS> = forContainers((containers, ref, { signal }) =>
  containers.pause({ ref }, { signal }),
);
export const unpause: Run<typeof NODE_OPTIONS> = forContainers((containers, ref, { signal }) =>
  containers.unpause({ ref }, { signal }),
);

export const stop: Run<typeof STOP_OPTIONS> = (cli, args, flags) =>
  forEach(args, async (ref) => {
    const containers = await containersOf(cli, flags);
    await containers.stop({ ref, ...stopHow(flags) }, { signal: cli.signal, timeoutMs: STOP_TIMEOUT_MS });
    cli.output.line(ref);
  });

export const restart: Run<typeof STOP_OPTIONS> = (cli, args, flags) =>
  forEach(args, async (ref) => {
    const containers = await containersOf(cli, flags);
    await containers.restart({ ref, ...stopHow(flags) }, { signal: cli.signal, timeoutMs: STOP_TIMEOUT_MS });
    cli.output.line(ref);
  });

export const kill: Run<typeof KILL_OPTIONS> = (cli, args, flags) =>
  forEach(args, async (ref) => {
    const containers = await containersOf(cli, flags);
    await containers.kill({ ref, signal: flags.text("signal") ?? "" }, { signal: cli.signal });
    cli.output.line(ref);
  });

export const rm: Run<typeof RM_OPTIONS> = (cli, args, flags) =>
  forEach(args, async (ref) => {
    const containers = await containersOf(cli, flags);
    if (flags.is("link")) return await unlink(cli, containers, ref);
    const how = { force: flags.is("force"), volumes: flags.is("volumes") };
    await containers.remove({ ref, ...how }, { signal: cli.signal, timeoutMs: START_TIMEOUT_MS });
    cli.output.line(ref);
  });

async function unlink(cli: Cli, containers: Awaited<ReturnType<typeof containersOf>>, link: string): Promise<void> {
  const [ref = "", alias = "", ...more] = link.replace(/^\//, "").split("/");
  if (alias === "" || more.length > 0) throw usageError(`a link is named CONTAINER/ALIAS, not "${link}"`);
  await containers.unlink({ ref, alias }, { signal: cli.signal });
  cli.output.line(link);
}

export const rename: Run<typeof NODE_OPTIONS> = async (cli, [ref = "", name = ""], flags) => {
  const containers = await containersOf(cli, flags);
  await containers.rename({ ref, name }, { signal: cli.signal });
};

export const update: Run<typeof UPDATE_OPTIONS> = (cli, args, flags) => {
  const memoryBytes = flags.bytes("memory");
  const [nanoCpus, reservation] = [flags.cpus("cpus"), flags.bytes("memoryReservation")];
  const pids = flags.text("pidsLimit");
  const swapBytes = swapOf(flags as Flags, memoryBytes ?? 0);
  const change = {
    restart: restartOf(flags as Flags),
    ...(nanoCpus === undefined ? {} : { nanoCpus }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(reservation === undefined ? {} : { memoryReservationBytes: reservation }),
    ...(swapBytes === undefined ? {} : { swapBytes }),
    ...(pids === undefined ? {} : { pids: parseWhole(pids, "--pids-limit") }),
    controls: controlsOf(flags),
  };
  if (change.controls === null && change.restart === null && Object.keys(change).length === 2) {
    throw usageError("say what to change: give at least one of the options, such as --memory or --restart");
  }
  return forEach(args, async (ref) => {
    const containers = await containersOf(cli, flags);
    const { warnings } = await containers.update({ ref, ...change }, { signal: cli.signal });
    for (const warning of warnings) cli.output.warn(warning);
    cli.output.line(ref);
  });
};

function controlsOf(flags: Flags<OptionName<typeof UPDATE_OPTIONS>>): Sendable<ResourceControls> | null {
  const numbers = [
    ["cpuShares", "--cpu-shares", flags.text("cpuShares")],
    ["cpuPeriodUs", "--cpu-period", flags.text("cpuPeriod")],
    ["cpuQuotaUs", "--cpu-quota", flags.text("cpuQuota")],
    ["blkioWeight", "--blkio-weight", flags.text("blkioWeight")],
  ] as const;
  const texts = [
    ["cpusetCpus", flags.text("cpusetCpus")],
    ["cpusetMems", flags.text("cpusetMems")],
  ] as const;
  const set = [
    ...numbers.flatMap(([key, flag, text]) => (text === undefined ? [] : [[key, parseWhole(text, flag)] as const])),
    ...texts.flatMap(([key, text]) => (text === undefined ? [] : [[key, text] as const])),
  ];
  return set.length === 0 ? null : Object.fromEntries(set);
}

/** Prints the exit code of each; the status is 0, as Docker's is. */
export const wait: Run<typeof NODE_OPTIONS> = (cli, args, flags) =>
  forEach(args, async (ref) => {
    const containers = await containersOf(cli, flags);
    const { exitCode } = await containers.wait({ ref }, { signal: cli.signal, timeoutMs: STOP_TIMEOUT_MS });
    cli.output.line(String(exitCode));
  });

/** `port CONTAINER [PORT[/PROTOCOL]]`. */
export const port: Run<typeof NODE_OPTIONS> = async (cli, [ref = "", wanted], flags) => {
  const containers = await containersOf(cli, flags);
  const { container } = await containers.inspect({ ref }, { signal: cli.signal });
  const ports = container?.summary?.ports ?? [];
  const isWanted = (name: string): boolean => wanted === undefined || wanted === name || `${wanted}/tcp` === name;
  const lines = ports.flatMap(({ targetPort, publishedPort, protocol, hostIp }) => {
    const name = `${targetPort}/${protocol.toLowerCase()}`;
    const at = `${hostIp === "" ? "0.0.0.0" : hostIp}:${publishedPort}`;
    return isWanted(name) ? [wanted === undefined ? `${name} -> ${at}` : at] : [];
  });
  for (const line of lines) cli.output.line(line);
  if (lines.length > 0 || wanted === undefined) return;
  cli.output.warn(`Error: no public port '${wanted}' published for ${ref}`);
  throw new ExitStatus(1);
};

function stopHow(flags: Flags<OptionName<typeof STOP_OPTIONS>>): {
  readonly signal: string;
  readonly graceMs?: number;
} {
  const text = flags.text("timeout");
  const signal = flags.text("signal") ?? "";
  if (text === undefined) return { signal };
  return { signal, graceMs: parseWhole(text, "--timeout", { min: -1 }) * 1_000 };
}
