/** Runs the script against a dockerd that the caller names and a host of a lab, and compares. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { toolPath } from "../../lab-parts/tools.ts";
import { type Ended, fillDockerd, openLabHost, run } from "../lab-host.ts";
import type { Expectations } from "../verdict.ts";
import { compare, type Difference, type Pair, type Result } from "./compare.ts";
import { type HostWords, masked } from "./mask.ts";
import { Recorder } from "./recorder.ts";
import { KnownDifferences, readScript, type Step } from "./script.ts";

export const DOCKERD_NEEDS = `scripts/oracle dockerd SOCKET [WORDS]
SOCKET is that of a dockerd (28 or newer) that has nothing yet, no container, image or swarm, with a registry at
127.0.0.1:5000 as its mirror of docker.io. WORDS choose the commands of scripts/oracles/dockerd/script.txt that have
them in the name of their group, for a look; differences of the others are then not known.`;

/** Of one command, a hang excepted: pulls and joins that fail take the longest. */
const COMMAND_MS_MAX = 60_000;

interface Side extends AsyncDisposable {
  readonly words: HostWords;
  readonly recorder: Recorder;
  readonly environment: NodeJS.ProcessEnv;
}

export interface SideBySide {
  readonly expectations: Expectations;
  /** Those that nobody can explain, with what both said. */
  readonly unexpected: readonly Difference[];
  /** Lines of known.txt that nothing needed. */
  readonly unused: readonly string[];
}

/** @param say is told of each group. */
export async function runSideBySide(socket: string, group: string, say: (line: string) => void): Promise<SideBySide> {
  const steps = readScript(dataFile("script.txt")).filter((step) => step.group.includes(group));
  const base = mkdtempSync(join(tmpdir(), "swarm-side-"));
  using _files = { [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }) };
  await using host = await openLabHost();
  const docker = dirname(await toolPath("docker"));
  await using _filled = await fillDockerd(socket, base, docker);
  await using theirs = await openSide("theirs", socket, base, docker);
  await using ours = await openSide("ours", host.socket, base, docker);
  const pairs: Pair[] = [];
  for (const step of steps) {
    if (step.group !== steps[pairs.length - 1]?.group) say(step.group);
    pairs.push(await runStep(step, theirs, ours));
  }
  return verdictOf(pairs, group === "");
}

function verdictOf(pairs: readonly Pair[], isWhole: boolean): SideBySide {
  const known = new KnownDifferences(dataFile("known.txt"));
  const { outcomes, differences } = compare(pairs);
  const reasons = new Map<string, string>();
  for (const { line } of differences) {
    const reason = known.reasonOf(line);
    if (reason !== null) reasons.set(line, reason);
  }
  return {
    expectations: { outcomes, known: reasons },
    unexpected: differences.filter(({ line }) => !reasons.has(line)),
    unused: isWhole ? known.unused() : [],
  };
}

async function runStep({ command }: Step, theirs: Side, ours: Side): Promise<Pair> {
  const [there, here] = await Promise.all([runOn(theirs, command), runOn(ours, command)]);
  return { command, theirs: there, ours: here };
}

async function runOn({ words, recorder, environment }: Side, command: string): Promise<Result> {
  await recorder.take();
  const { exitCode, stdout } = await shell(command, words.directory, environment);
  return { exitCode, output: masked(stdout, words), exchanges: await recorder.take() };
}

async function openSide(name: string, socket: string, base: string, docker: string): Promise<Side> {
  const directory = join(base, name);
  mkdirSync(join(directory, "home"), { recursive: true });
  cpSync(join(import.meta.dirname, "files"), directory, { recursive: true });
  const recorded = join(base, `${name}.sock`);
  const recorder = await Recorder.open(recorded, socket);
  const environment = {
    PATH: `${docker}:${process.env["PATH"]}`,
    DOCKER_HOST: `unix://${recorded}`,
    DOCKER_BUILDKIT: "0",
    DOCKER_CLI_HINTS: "false",
    HOME: join(directory, "home"),
  };
  const say = async (command: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await shell(command, directory, environment);
    if (exitCode !== 0) throw new Error(`${command} failed at ${socket}: ${stderr}`);
    return stdout.trim();
  };
  const host = await say("docker info --format '{{.Name}}'");
  const addresses = await say("docker run --rm --network host busybox ip -o -4 addr show scope global");
  const address = /inet ([\d.]+)/.exec(addresses)?.[1] ?? "127.0.0.1";
  return {
    words: { name: host, address, directory },
    recorder,
    environment: { ...environment, HOST: host, ADDRESS: address },
    [Symbol.asyncDispose]: () => recorder[Symbol.asyncDispose](),
  };
}

function dataFile(name: string): string {
  return readFileSync(join(import.meta.dirname, name), "utf8");
}

function shell(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  return run("sh", ["-c", command], { cwd, env, timeout: COMMAND_MS_MAX });
}
