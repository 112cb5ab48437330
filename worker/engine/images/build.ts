import { DockerIgnore, isPlaceholder } from "../../../shared/dockerignore.ts";
import { SwarmError } from "../../../shared/errors.ts";
import type { BuildHeader, BuildImageRequest, BuildImageResponse } from "../../../shared/rpc/gen/images.ts";
import type { Send } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { lastSaid, toolFault } from "../../images/store-tools.ts";
import type { CommandRunner } from "../../ports/command-runner.ts";
import type { BuildCell } from "../builds/build-cells.ts";
import { buildOptions } from "./build-options.ts";
import { credentialsWith, imagesAsked } from "./call-logins.ts";
import { buildComplaint, ENDED_BY_SIGNAL, instructionsOf, stepFault, withShortComplaint } from "./dockerfile.ts";
import { checkDockerfile } from "./dockerfile-check.ts";
import { HERE_CONTEXT, type PlainDockerfile, withoutHereDocuments } from "./here-documents.ts";
import { type ImageServiceParts, workDirectory } from "./image-parts.ts";
import { receive } from "./receive.ts";
import { tarComplaint } from "./tar-complaint.ts";

/** What is kept of a build's output to say where it failed. */
const KEPT_CHARACTERS = 64 << 10;
const DOCKERFILE_BYTES_MAX = 4 << 20;
const EXTRACT_TIMEOUT_MS = 60 * 60_000;

/** Builds an image with buildah, in this host's store, and passes on what it says. */
export async function build(
  parts: ImageServiceParts,
  messages: AsyncIterable<BuildImageRequest>,
  signal: AbortSignal,
  send: Send<Sendable<BuildImageResponse>>,
): Promise<void> {
  await using work = await workDirectory(parts);
  const pieces = messages[Symbol.asyncIterator]();
  const first = await pieces.next();
  const header = first.done === true ? null : first.value.header;
  if (header === null) throw new SwarmError("invalidArgument", "the first message of a build says what to build");
  const context = `${work.path}/context`;
  await receive(parts.files, `${work.path}/context.tar`, contextOf(pieces), signal);
  await extract(parts, `${work.path}/context.tar`, context, signal);
  const file = header.dockerfile === "" ? "Dockerfile" : header.dockerfile;
  const text = await readDockerfile(parts, context, file);
  const shownFile = isPlaceholder(file) ? "Dockerfile" : file;
  const instructions = instructionsOf(text);
  checkDockerfile(instructions, shownFile);
  const plain = withoutHereDocuments(text, shownFile, header.buildArgs);
  const written = await writePlain(parts, plain, work.path);
  await leaveOut(parts, context, file);
  const { logins } = header;
  await using _store = await parts.builders.use();
  await using cell = await parts.cells.make(header);
  await using auth = await parts.authFiles.write(imagesAsked(instructions, logins), credentialsWith(parts, logins));
  const shown = auth.path === "" ? [] : ["--authfile", auth.path];
  const argv = parts.tools.builderArgv(
    [...(await prepare(parts, header, cell, work.path)), ...shown, ...written, context],
    await registriesOption(parts, work.path),
  );
  let kept = "";
  let errors = "";
  const pass = async (bytes: Buffer): Promise<void> => {
    kept = `${kept}${bytes}`.slice(-KEPT_CHARACTERS);
    await send({ output: bytes.toString() });
  };
  const exitCode = await parts.streamed.stream({
    argv,
    signal,
    // Where buildah puts what it works with; it is large.
    env: { TMPDIR: work.path, BUILDAH_ISOLATION: "" },
    onStdout: pass,
    async onStderr(bytes) {
      errors = `${errors}${bytes}`.slice(-KEPT_CHARACTERS);
      const shown = withoutComplaint(bytes.toString());
      if (shown !== "") await pass(Buffer.from(shown));
    },
  });
  if (exitCode === 127 && kept === "") throw toolFault({ exitCode, stderr: errors }, "buildah");
  if (exitCode !== 0) {
    const complaint = buildComplaint(
      stepFault(lastSaid(withShortComplaint(errors)), errors),
      kept,
      shownFile,
      instructions,
    );
    throw new SwarmError("failedPrecondition", complaint);
  }
  const id = ((await parts.files.readText(`${work.path}/iid`)) ?? "").trim();
  await send({ id: id.startsWith("sha256:") ? id : `sha256:${id}` });
}

async function* contextOf(pieces: AsyncIterator<BuildImageRequest>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await pieces.next();
    if (done === true) return;
    yield value.context;
  }
}

/** Files belong to root, as with Docker; tar itself keeps names and links within the directory. */
async function extract(
  { files, commands }: ImageServiceParts,
  archive: string,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  await files.makeDirectory(directory, 0o755);
  const argv = [
    "tar",
    "--extract",
    "--no-same-owner",
    "--same-permissions",
    "--file",
    archive,
    "-C",
    directory,
  ] as const;
  const { exitCode, stderr } = await commands.run(argv, { signal, timeoutMs: EXTRACT_TIMEOUT_MS });
  await files.remove(archive);
  if (exitCode === 0) return await refuseDevices(commands, directory, signal);
  throw new SwarmError("invalidArgument", `the build context is no tar that can be read: ${tarComplaint(stderr)}`);
}

/** One that was copied into an image would be a way to the host's disks. */
async function refuseDevices(commands: CommandRunner, directory: string, signal: AbortSignal): Promise<void> {
  const argv = ["find", directory, "(", "-type", "b", "-o", "-type", "c", ")", "-printf", "%P\\n", "-quit"] as const;
  const [device = ""] = (await commands.run(argv, { signal, timeoutMs: EXTRACT_TIMEOUT_MS })).stdout.split("\n");
  if (device === "") return;
  throw new SwarmError("invalidArgument", `the build context has a device: ${JSON.stringify(device)}`);
}

async function readDockerfile({ files }: ImageServiceParts, context: string, file: string): Promise<string> {
  if (file.startsWith("/") || file.split("/").includes("..")) {
    throw new SwarmError("invalidArgument", `the Dockerfile must be within the build context, not ${file}`);
  }
  // Where a directory of its path is a link, the builder would follow it out of the context.
  let path = context;
  for (const part of file.split("/")) {
    path = `${path}/${part}`;
    if ((await files.kindOf(path)) === "link") {
      throw new SwarmError("invalidArgument", `${file} leads through a link: name the file itself`);
    }
  }
  const text = (await files.kindOf(path)) === "file" ? await files.readText(path, DOCKERFILE_BYTES_MAX) : null;
  if (text === null) throw new SwarmError("invalidArgument", `there is no ${file} in the build context`);
  return text;
}

/** What the builder reads. The context has been chosen by whoever sent it: nothing more is left out of it. */
async function writePlain(
  { files }: ImageServiceParts,
  plain: PlainDockerfile,
  work: string,
): Promise<readonly string[]> {
  const dockerfile = `${work}/Dockerfile`;
  const ignore = `${work}/ignore`;
  await files.writeText(dockerfile, plain.text);
  await files.writeText(ignore, "");
  const options = ["--ignorefile", ignore, "--file", dockerfile];
  if (plain.files.size === 0) return options;
  const here = `${work}/here`;
  for (const [path, content] of plain.files) {
    await files.makeDirectory(`${here}/${path.split("/")[0]}`, 0o755);
    await files.writeText(`${here}/${path}`, content, content.startsWith("#!") ? 0o755 : 0o644);
  }
  return ["--build-context", `${HERE_CONTEXT}=${here}`, ...options];
}

/** As with Docker: both are sent in any case, and .dockerignore may say that no COPY takes them. */
async function leaveOut({ files }: ImageServiceParts, context: string, file: string): Promise<void> {
  const path = `${context}/.dockerignore`;
  const isFile = (await files.kindOf(path)) === "file";
  const ignore = new DockerIgnore(isFile ? ((await files.readText(path, DOCKERFILE_BYTES_MAX)) ?? "") : "");
  for (const name of [".dockerignore", file]) {
    if (isPlaceholder(name) || ignore.leavesOut(name)) await files.remove(`${context}/${name}`);
  }
}

/** What the steps run in, as the builder is told of it, and what it takes from files. */
async function prepare(
  { files }: ImageServiceParts,
  header: BuildHeader,
  cell: BuildCell,
  work: string,
): Promise<readonly string[]> {
  const runtime = `${work}/runtime`;
  const edits = `${work}/edits`;
  const secretFile = (at: number): string => `${work}/secret${at}`;
  const options = buildOptions(header, { runtime, idFile: `${work}/iid`, secretFile });
  await files.writeText(edits, cell.edits);
  await files.writeText(runtime, cell.runtime(edits), 0o700);
  for (const [at, { data }] of header.secretFiles.entries())
    await files.writeBytes(secretFile(at), data, { uid: 0, gid: 0, mode: 0o600 });
  return options;
}

/** A short name in FROM means Docker Hub, as everywhere else here, also where registries.conf does not say so. */
async function registriesOption({ registryFiles, files }: ImageServiceParts, work: string): Promise<readonly string[]> {
  const [main] = registryFiles.conf();
  const text = main?.text ?? "";
  if (/^\s*unqualified-search-registries\s*=/m.test(text)) return [];
  const path = `${work}/registries.conf`;
  await files.writeText(path, `unqualified-search-registries = ["docker.io"]\nshort-name-mode = "disabled"\n${text}`);
  return ["--registries-conf", path];
}

/** The last complaint becomes the error of the call; here it would be shown twice. */
function withoutComplaint(text: string): string {
  return withShortComplaint(text)
    .split("\n")
    .filter((line) => !/^Error: |^time="[^"]*" level=(error|fatal)/.test(line) && !ENDED_BY_SIGNAL.test(line))
    .join("\n");
}
