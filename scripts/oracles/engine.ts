/** Whom a suite judges: a host of a fresh lab, or any engine whose socket the caller names, to compare with. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { toolPath } from "../lab-parts/tools.ts";

const LAB = join(import.meta.dirname, "../lab");
const LAB_SOCKET = "/run/swarm/docker.sock";
const LAB_REGISTRY = "10.77.0.254:5000";
/** A suite is given up after this: the longest takes a quarter of it on two quiet cores. */
const SUITE_MS_MAX = 2_400_000;
const OUTPUT_BYTES_MAX = 1 << 28;

export interface Engine extends AsyncDisposable {
  readonly socket: string;
  /** For what a suite needs besides its checkout; seen by the commands that run. */
  readonly scratch: string;
  /** A command where the engine's ports are reached: its standard output, also when it fails. */
  run(environment: Readonly<Record<string, string>>, command: readonly string[]): Promise<string>;
}

/** An image that a suite wants, made of busybox. */
export interface SuiteImage {
  readonly name: string;
  /** Lines of its Dockerfile after FROM. */
  readonly lines: readonly string[];
  /** Puts what its lines copy into the folder that it is built from. */
  readonly fill?: (folder: string) => Promise<void>;
  /** The suite pulls it as well. */
  readonly isPushed?: true;
}

/** An engine to compare with. It has the image `busybox`. */
export interface OtherEngine {
  readonly socket: string;
  /** HOST:PORT of the registry that its pulls of Docker Hub's images ask; null = what is there is there. */
  readonly mirror: string | null;
}

/** @param other null = a host of a fresh lab. */
export async function openEngine(other: OtherEngine | null, images: readonly SuiteImage[]): Promise<Engine> {
  const socket = other?.socket ?? null;
  const mirror = other === null ? LAB_REGISTRY : other.mirror;
  const scratch = mkdtempSync(join(tmpdir(), "swarm-oracle-"));
  const end = async (): Promise<void> => {
    rmSync(scratch, { recursive: true, force: true });
    if (socket === null) await execFileText(LAB, ["down"]);
  };
  if (socket === null) {
    await execFileText(LAB, ["down"]);
    await execFileText(LAB, ["up", "1", "--no-swarm"]);
  }
  const engine: Engine = {
    socket: socket ?? LAB_SOCKET,
    scratch,
    run: (environment, command) => {
      const words = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
      const where = socket === null ? [LAB, "exec", "host1"] : [];
      const [program = "", ...args] = [...where, "env", ...words, ...command];
      return execFileText(program, args, SUITE_MS_MAX).catch((error: { stdout?: string }) => error.stdout ?? "");
    },
    [Symbol.asyncDispose]: end,
  };
  try {
    if (other === null) await askDocker(engine, "pull", "busybox");
    await makeImages(engine, images, mirror);
  } catch (error) {
    await end();
    throw error;
  }
  return engine;
}

/** @throws Error when docker's command fails. */
async function askDocker(engine: Engine, ...args: readonly string[]): Promise<void> {
  const docker = await toolPath("docker");
  const environment = { DOCKER_HOST: `unix://${engine.socket}`, DOCKER_BUILDKIT: "0", HOME: engine.scratch };
  // `run` is for suites, whose failures are what is asked for.
  const said = await engine.run(environment, ["sh", "-c", '"$@" 2>&1; echo "exit code $?"', "sh", docker, ...args]);
  if (!said.trimEnd().endsWith("exit code 0")) throw new Error(`docker ${args.join(" ")}: ${said}`);
}

async function makeImages(engine: Engine, images: readonly SuiteImage[], mirror: string | null): Promise<void> {
  for (const [at, { name, lines, fill, isPushed }] of images.entries()) {
    const folder = join(engine.scratch, `image${at}`);
    mkdirSync(folder, { recursive: true });
    await fill?.(folder);
    // Each has an id of its own: to remove one must not remove another.
    writeFileSync(join(folder, "Dockerfile"), ["FROM busybox", `LABEL oracle="${name}"`, ...lines, ""].join("\n"));
    await askDocker(engine, "build", "-q", "-t", name, folder);
    if (mirror === null || isPushed !== true) continue;
    // Pulls of Docker Hub's images come from there.
    const place = `${mirror}/${name.includes("/") ? "" : "library/"}${name}`;
    for (const step of [
      ["tag", name, place],
      ["push", "-q", place],
      ["rmi", place],
    ])
      await askDocker(engine, ...step);
  }
}

async function execFileText(program: string, args: readonly string[], timeout?: number): Promise<string> {
  const options = { maxBuffer: OUTPUT_BYTES_MAX, ...(timeout === undefined ? {} : { timeout }) };
  const { stdout } = await promisify(execFile)(program, [...args], options);
  return stdout;
}
