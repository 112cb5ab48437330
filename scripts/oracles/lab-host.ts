/** One host of a fresh lab, whose socket programs outside of the lab can ask. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { daemonPids } from "../lab-parts/daemons.ts";
import { pathsOf } from "../lab-parts/names.ts";

const LAB = join(import.meta.dirname, "../lab");
/** The first `up` on a machine also makes the images. */
const LAB_MS_MAX = 600_000;
const OUTPUT_BYTES_MAX = 64 << 20;

/** What an oracle's scenes and scripts are made of. */
export const IMAGES = ["busybox", "whoami"];

/** Nothing that is not there is in the way of the rest. */
const EMPTY = `docker swarm leave --force
docker rm -f -v $(docker ps -aq)
docker volume rm $(docker volume ls -q)
docker network prune -f
docker rmi -f $(docker images -aq)
true`;

export interface LabHost extends AsyncDisposable {
  /** Docker's API of its daemon, seen from here. */
  readonly socket: string;
  /** Of its daemon. */
  readonly pid: number;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** host1 of a lab of its own, without a swarm and with the images; gone when it is disposed. */
export async function openLabHost(): Promise<LabHost> {
  await lab("down");
  const close = { [Symbol.asyncDispose]: () => lab("down").then(() => {}) };
  await using opened = new AsyncDisposableStack();
  opened.use(close);
  await lab("up", "1", "--no-swarm");
  for (const image of IMAGES) await lab("ctl", "host1", "image", "pull", image);
  const [first = ""] = readFileSync(join(pathsOf("host1").dir, "pid"), "utf8").split(" ");
  const [pid = 0] = daemonPids("host1");
  opened.move();
  return { ...close, socket: `/proc/${first}/root/run/swarm/docker.sock`, pid };
}

/** @throws Error when it fails. */
export async function lab(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(LAB, args, { timeout: LAB_MS_MAX });
  if (exitCode !== 0) throw new Error(`lab ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/**
 * Gives a dockerd, and its mirror, the images that the lab host has; it has nothing again when what this resolves with
 * is disposed. @param directory for archives on the way
 * @throws Error when it has something already: what it has might be somebody's.
 */
export async function fillDockerd(socket: string, directory: string, docker: string): Promise<AsyncDisposable> {
  if (!existsSync(socket)) throw new Error(`there is no socket ${socket}`);
  const env = { PATH: `${docker}:${process.env["PATH"]}`, DOCKER_HOST: `unix://${socket}`, HOME: directory };
  const say = async (command: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await run("sh", ["-c", command], { cwd: directory, env, timeout: LAB_MS_MAX });
    if (exitCode !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout.trim();
  };
  const there = await say("docker ps -aq; docker images -q; docker info --format '{{.Swarm.LocalNodeState}}'");
  if (there !== "inactive") throw new Error(`the dockerd at ${socket} is in use: it must have nothing yet`);
  // What a swarm that was left leaves behind, and nobody asked for.
  await say("docker network rm docker_gwbridge >/dev/null 2>&1 || true");
  for (const image of IMAGES) {
    await lab("ctl", "host1", "image", "save", "--output", join(directory, `${image}.tar`), image);
    const mirrored = `127.0.0.1:5000/library/${image}`;
    await say(`docker load -q -i ${image}.tar && docker tag ${image} ${mirrored}`);
    await say(`docker push -q ${mirrored} && docker rmi ${mirrored}`);
  }
  return { [Symbol.asyncDispose]: () => say(EMPTY).then(() => {}) };
}

/** Runs a program to its end; 124 = it was ended, as after the timeout. */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly timeout: number },
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { ...options, maxBuffer: OUTPUT_BYTES_MAX }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 124;
      resolve({ exitCode: code, stdout, stderr });
    });
    child.stdin?.end();
  });
}
