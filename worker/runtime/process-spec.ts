import { SwarmError } from "../../shared/errors.ts";
import type { ContainerSpec, GenericResource } from "../../shared/rpc/gen/objects.ts";
import type { ImageConfig } from "../images/image-config.ts";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The words of the first process: a command replaces the image's entry point and arguments, arguments alone replace
 * only the image's arguments. One empty word is no command, and takes the image's away: `docker run --entrypoint ""`.
 * @throws SwarmError failedPrecondition when neither the service nor the image says what to run.
 */
export function processArgs(spec: ContainerSpec, image: ImageConfig): readonly string[] {
  const own = spec.command.length === 1 && spec.command[0] === "" ? [] : spec.command;
  const entrypoint = spec.command.length > 0 ? own : image.entrypoint;
  const imageArgs = spec.command.length > 0 ? [] : image.cmd;
  const args = [...entrypoint, ...(spec.args.length > 0 ? spec.args : imageArgs)];
  if (args.length > 0) return args;
  throw new SwarmError("failedPrecondition", `image ${spec.image} has no command: give one in the service`);
}

/**
 * The environment in Docker's order: search path, host name, the terminal's kind, the image's, the service's, the
 * generic resources the task was given, home. A later value replaces an earlier one with the same key; a bare KEY of
 * the service removes the variable.
 */
export function processEnv(
  spec: Pick<ContainerSpec, "env" | "tty">,
  image: Pick<ImageConfig, "env">,
  hostname: string,
  home: string,
  resources: readonly GenericResource[] = [],
): readonly string[] {
  const variables = new Map([
    ["PATH", DEFAULT_PATH],
    ["HOSTNAME", hostname],
  ]);
  if (spec.tty) variables.set("TERM", "xterm");
  for (const line of [...image.env, ...spec.env]) {
    const equals = line.indexOf("=");
    if (equals === -1) variables.delete(line);
    else variables.set(line.slice(0, equals), line.slice(equals + 1));
  }
  for (const { kind, value, names } of resources) {
    variables.set(`DOCKER_RESOURCE_${kind.toUpperCase()}`, names.length === 0 ? String(value) : names.join(","));
  }
  if (!variables.has("HOME")) variables.set("HOME", home);
  return [...variables].map(([key, value]) => `${key}=${value}`);
}
