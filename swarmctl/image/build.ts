import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { BuildHeader, BuildSecret } from "../../shared/rpc/gen/images.ts";
import type { TaskSpec } from "../../shared/rpc/gen/objects.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { blankRunSpec } from "../../shared/service-spec/run-spec.ts";
import type { Cli, Run } from "../cli.ts";
import { swapOf } from "../container/config.ts";
import { RUN_FIELDS } from "../container/run-fields.ts";
import type { Flags } from "../flags.ts";
import { usageError } from "../parse/usage.ts";
import { applyFields } from "../service/spec/apply-fields.ts";
import { optionNameOf } from "../service/spec/field-options.ts";
import { buildContext } from "./build-context.ts";
import { BuildOutput } from "./build-output.ts";
import { imageEngine } from "./engine.ts";
import type { BUILD_OPTIONS } from "./options.ts";

type BuildFlags = Parameters<Run<typeof BUILD_OPTIONS>>[2];

const LIMITS = [
  ...(["memory", "memorySwap", "cpuShares", "cpuPeriod", "cpuQuota", "cpusetCpus", "cpusetMems"] as const),
  ...(["shmSize", "ulimit"] as const),
];
const STEP_FIELDS = RUN_FIELDS.filter((field) => (LIMITS as readonly string[]).includes(optionNameOf(field)));

export const SECRET_BYTES_MAX = 512_000;
/** Messages to the engine are small. */
const PIECE_BYTES = 64 << 10;

export const run: Run<typeof BUILD_OPTIONS> = async (cli, [path = ""], flags) => {
  await build(cli, path, flags, { dockerfile: null, secrets: [] });
};

/** What a build is given in no file. */
interface Given {
  /** The Dockerfile's text. */
  readonly dockerfile: string | null;
  readonly secrets: readonly BuildSecret[];
}

export async function build(cli: Cli, path: string, flags: BuildFlags, given: Given): Promise<void> {
  const file = flags.text("file");
  if (path === "-" && file === "-") throw usageError("the context and the Dockerfile cannot both be standard input");
  const named = await Promise.all(flags.list("secret").map((text) => secretOf(cli, text)));
  const secretFiles = [...named, ...given.secrets];
  const context = await buildContext(cli, path, file, given.dockerfile);
  const header = { ...headerOf(cli, flags), dockerfile: context.dockerfile, secretFiles };
  await using engine = await imageEngine(cli, flags.text("node"));
  const unreadable = new AbortController();
  const call = engine.images.build({ signal: AbortSignal.any([cli.signal, unreadable.signal]) });
  const bytes = flags.is("compress") ? gzipped(context.bytes) : context.bytes;
  const sending = sendContext(call, header, bytes, (error) => unreadable.abort(error));
  let id = "";
  const isQuiet = flags.is("quiet");
  const said = new BuildOutput(cli.output, { isQuiet });
  try {
    for await (const answer of call.messages) {
      if (answer.id !== "") id = answer.id;
      if (answer.output !== "") said.push(answer.output);
      await cli.output.room(cli.signal);
    }
  } catch (error) {
    said.fail();
    throw unreadable.signal.aborted ? unreadable.signal.reason : error;
  }
  said.end();
  await sending;
  if (id === "") throw new SwarmError("internal", "the build ended without an image");
  const iidfile = flags.text("iidfile");
  if (iidfile !== undefined) (await cli.openBulkFiles()).writeText(iidfile, id);
  if (isQuiet) cli.output.line(id);
  else {
    cli.output.line(`Successfully built ${id.slice("sha256:".length).slice(0, 12)}`);
    for (const name of flags.list("tag"))
      cli.output.line(`Successfully tagged ${name.includes(":") ? name : `${name}:latest`}`);
  }
}

type BuildCall = { send(message: { header?: Sendable<BuildHeader>; context?: Buffer }): Promise<void>; end(): void };

/** Never rejects: why the call ended is told by its messages, and why the context cannot be read by `onUnreadable`. */
async function sendContext(
  call: BuildCall,
  header: Sendable<BuildHeader>,
  bytes: AsyncIterable<Buffer>,
  onUnreadable: (error: unknown) => void,
): Promise<void> {
  const isSent = async (message: Parameters<BuildCall["send"]>[0]): Promise<boolean> => {
    try {
      await call.send(message);
      return true;
    } catch {
      return false;
    }
  };
  if (!(await isSent({ header }))) return;
  try {
    for await (const chunk of bytes) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        if (!(await isSent({ context: chunk.subarray(at, at + PIECE_BYTES) }))) return;
      }
    }
  } catch (error) {
    onUnreadable(error);
    return;
  }
  call.end();
}

/** A fault of the source is the reader's. */
function gzipped(bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return pipeline(bytes, createGzip(), () => {});
}

function headerOf(cli: Cli, flags: BuildFlags): Sendable<BuildHeader> {
  const buildArgs = flags.list("buildArg").flatMap((text) => {
    if (text.includes("=")) return [text];
    const value = cli.environment[text];
    return value === undefined ? [] : [`${text}=${value}`];
  });
  return {
    step: stepOf(cli, flags),
    names: flags.list("tag"),
    buildArgs,
    target: flags.text("target") ?? "",
    noCache: flags.is("noCache"),
    pull: flags.is("pull"),
    platform: flags.text("platform") ?? "",
    labels: flags.list("label"),
    network: flags.text("network") ?? "",
    hosts: flags.list("addHost"),
    squash: flags.is("squash"),
  };
}

/** As `run` reads the same flags; null = none is given. @throws SwarmError invalidArgument. */
function stepOf(cli: Cli, flags: BuildFlags): Sendable<TaskSpec> | null {
  if (!flags.has(...LIMITS)) return null;
  const { task } = applyFields(blankRunSpec("scratch"), flags as Flags, "create", cli, STEP_FIELDS);
  const limits = mustHave(task, "the task of a spec");
  const swapBytes = swapOf(flags as Flags, limits.limits?.memoryBytes ?? 0);
  return { ...limits, ...(swapBytes === undefined ? {} : { swapBytes }) };
}

/** `id=ID,src=FILE` or `id=ID,env=VARIABLE`. */
async function secretOf(cli: Cli, text: string): Promise<BuildSecret> {
  const parts = new Map(
    text.split(",").map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]),
  );
  const id = parts.get("id") ?? "";
  const source = parts.get("src") ?? parts.get("source");
  const variable = parts.get("env");
  if (id === "") throw usageError(`invalid --secret "${text}": expected id=ID,src=FILE or id=ID,env=VARIABLE`);
  if (variable === undefined) return { id, data: await cli.readBytes(source ?? id, SECRET_BYTES_MAX) };
  const value = cli.environment[variable];
  if (value === undefined) throw usageError(`invalid --secret "${text}": there is no variable ${variable}`);
  return { id, data: Buffer.from(value) };
}
