/**
 * The lab's slower commands; scripts/lab sends them here. Each verb is a row of the table: what it takes, what it does.
 */
import { parseArgs } from "node:util";
import { applyRules, setCable } from "./lab-parts/cables.ts";
import { killDaemon, startDaemon, stopDaemon } from "./lab-parts/daemons.ts";
import { joinRules, lossRules, parsePercent, parseSplit, splitRules } from "./lab-parts/faults.ts";
import { boot, down, fetchAll, isHalfMade, powerOff, purge, statusLines, up } from "./lab-parts/lifecycle.ts";
import { hosts, mustBeOn } from "./lab-parts/machines.ts";
import { HOSTS_MAX, LabError, MANAGERS_DEFAULT } from "./lab-parts/names.ts";
import { say } from "./lab-parts/run.ts";

const VERBS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  up: async (args) => {
    const options = parseUp(args);
    await up(options);
    say(
      `the lab is up: ${options.count} hosts${options.formSwarm ? `, ${options.managers} of them managers` : ", no swarm"}`,
    );
  },
  down: async (args) => {
    const { values } = parse(args, 0, { purge: { type: "boolean" } });
    await down();
    if (values["purge"] === true) purge();
  },
  fetch: async (args) => {
    parse(args, 0);
    await fetchAll();
  },
  status: async (args) => {
    parse(args, 0);
    const lines = statusLines();
    console.log(lines.length === 0 ? "no lab is up; 'lab up 3' makes one" : lines.join("\n"));
  },
  cut: (args) => setCable(oneHost(args), "down"),
  heal: (args) => setCable(oneHost(args), "up"),
  split: async (args) => {
    const { positionals } = parse(args, null);
    const groups = parseSplit(positionals.join(" "), mustHaveHosts());
    await applyRules(splitRules(groups));
  },
  "join-all": async (args) => {
    parse(args, 0);
    mustHaveHosts();
    await applyRules(joinRules());
  },
  lose: async (args) => {
    const { positionals } = parse(args, 2);
    const [host = "", percent = ""] = positionals;
    mustBeOn(host);
    await applyRules(lossRules(host, parsePercent(percent)));
  },
  "kill-daemon": (args) => killDaemon(oneMachine(args)),
  "stop-daemon": (args) => stopDaemon(oneMachine(args)),
  "start-daemon": (args) => startDaemon(oneMachine(args)),
  poweroff: (args) => powerOff(oneHost(args)),
  boot: (args) => boot(parse(args, 1).positionals[0] ?? ""),
};

delete process.env["NODE_COMPILE_CACHE"];
try {
  const [verb = "", ...args] = process.argv.slice(2);
  const action = VERBS[verb];
  if (action === undefined) throw new LabError(`${JSON.stringify(verb)} is not a command; 'lab help' lists them.`);
  await action(args);
} catch (error) {
  // parseArgs explains a wrong option well.
  if (!(error instanceof LabError) && !(error instanceof TypeError && "code" in error)) throw error;
  console.error(`lab ${process.argv[2] ?? ""}: ${error.message}`);
  if (process.argv[2] === "up" && isHalfMade())
    console.error("What was made so far stays: see 'lab status' and 'lab logs HOST'; 'lab down' removes it.");
  process.exitCode = 1;
}

function parseUp(args: readonly string[]): { count: number; managers: number; formSwarm: boolean; ipv6: boolean } {
  const { values, positionals } = parse(args, 1, {
    managers: { type: "string" },
    "no-swarm": { type: "boolean" },
    ipv6: { type: "boolean" },
  });
  const count = parseCount("hosts", positionals[0] ?? "", HOSTS_MAX);
  const managers = values["managers"];
  return {
    count,
    managers:
      typeof managers === "string" ? parseCount("managers", managers, count) : Math.min(MANAGERS_DEFAULT, count),
    formSwarm: values["no-swarm"] !== true,
    ipv6: values["ipv6"] === true,
  };
}

function parseCount(what: string, text: string, max: number): number {
  const count = /^[1-9]\d?$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > max)
    throw new LabError(`${JSON.stringify(text)} is not a number of ${what}; give one from 1 to ${max}.`);
  return count;
}

function oneHost(args: readonly string[]): string {
  const machine = oneMachine(args);
  if (!hosts().includes(machine)) throw new LabError(`${machine} is not a host; this lab has ${hosts().join(", ")}.`);
  return machine;
}

function oneMachine(args: readonly string[]): string {
  const [machine = ""] = parse(args, 1).positionals;
  mustBeOn(machine);
  return machine;
}

function mustHaveHosts(): readonly string[] {
  if (hosts().length === 0) throw new LabError("no lab is up; 'lab up 3' makes one.");
  return hosts();
}

function parse(
  args: readonly string[],
  count: number | null,
  options: Readonly<Record<string, { readonly type: "string" | "boolean" }>> = {},
): { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] } {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (count !== null && positionals.length !== count)
    throw new LabError(
      `takes ${count} ${count === 1 ? "argument" : "arguments"}, got ${positionals.length}; see 'lab help'.`,
    );
  return { values, positionals };
}
