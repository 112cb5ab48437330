import { fromDockerCreate } from "../../shared/docker-shape/container-request.ts";
import { SwarmError } from "../../shared/errors.ts";
import { machineNeeded, machineOf } from "../../shared/run-text/platform.ts";
import { type Answer, json } from "../answer.ts";
import { requireJson } from "../body.ts";
import { StatusError } from "../errors.ts";
import type { Call } from "../route.ts";
import { containersHere } from "./place.ts";

/** Makes a container, and never pulls: upon 404 clients do, and ask again. */
export async function create(call: Call): Promise<Answer> {
  const { body, query, signal } = call;
  const config = fromDockerCreate(await requireJson(body), query.text("name").replace(/^\//, ""));
  checkLogDriver(config.task?.logDriver?.name ?? "");
  await checkPlatform(call, query.text("platform"), config.task?.container?.image ?? "");
  const warnings: string[] = [];
  let made = "";
  try {
    for await (const message of containersHere(call).create({ config, pull: "PULL_NEVER" }, { signal })) {
      warnings.push(...message.warnings);
      if (message.id !== "") made = message.id;
    }
  } catch (error) {
    throw await asTheImages(error, call, config.task?.container?.image ?? "");
  }
  return json({ Id: made, Warnings: warnings }, 201);
}

/** Of Docker, offered or not. */
const LOG_DRIVERS: ReadonlySet<string> = new Set([
  ...["", "none", "local", "json-file", "journald", "syslog", "gelf", "fluentd", "awslogs", "splunk", "gcplogs"],
]);

/** @throws SwarmError invalidArgument, in the words that programs look for, for one that Docker has not either. */
function checkLogDriver(name: string): void {
  if (LOG_DRIVERS.has(name)) return;
  const sentence = `error looking up logging plugin ${name}: plugin ${JSON.stringify(name)} not found`;
  throw new SwarmError("invalidArgument", sentence);
}

/**
 * Clients take 404 for a missing image, pull it, and ask again: a container or network that is not there must not look
 * like that.
 */
async function asTheImages(error: unknown, { backend, signal }: Call, image: string): Promise<unknown> {
  if (!(error instanceof SwarmError) || error.code !== "notFound") return error;
  const { images } = backend.engine({ kind: "here" });
  const isHere = await images.inspect({ ref: image }, { signal }).then(
    () => true,
    () => false,
  );
  return isHere ? new StatusError(400, error.message, { cause: error }) : error;
}

/** Images are kept for the host's own platform alone. @throws SwarmError */
async function checkPlatform({ backend, signal }: Call, platform: string, image: string): Promise<void> {
  const needed = machineNeeded(platform);
  if (needed === null) return;
  const { description } = await backend.local.info({}, { signal });
  if (needed === machineOf(description?.platform?.architecture ?? "")) return;
  const sentence = `image with reference ${image} was found but does not provide the specified platform (${platform})`;
  throw new SwarmError("notFound", sentence);
}
