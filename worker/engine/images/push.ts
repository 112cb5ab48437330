import { SwarmError } from "../../../shared/errors.ts";
import { parseImageReference, toFullText, toShortText, withDefaultTag } from "../../../shared/image-reference.ts";
import type { PushImageRequest, PushProgress } from "../../../shared/rpc/gen/images.ts";
import type { Send } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { lookUp } from "../../images/catalog.ts";
import { toPushError } from "../../images/pull-errors.ts";
import { credentialsWith } from "./call-logins.ts";
import { type ImageServiceParts, workDirectory } from "./image-parts.ts";

const OUTPUT_BYTES_MAX = 64 << 10;

/** Copies an image to its registry by skopeo, line by line of what that says. */
export async function push(
  parts: ImageServiceParts,
  { ref, login }: PushImageRequest,
  signal: AbortSignal,
  send: Send<Sendable<PushProgress>>,
): Promise<void> {
  const reference = withDefaultTag(parseImageReference(ref));
  if (reference.digest !== null) throw new SwarmError("invalidArgument", "cannot push a digest reference: name a tag");
  const { image } = lookUp(await parts.catalog.read(), ref);
  const name = toShortText(reference);
  await send({ status: `The push refers to repository [${toFullText({ ...reference, tag: null })}]` });
  await using auth = await parts.authFiles.write([reference], credentialsWith(parts, login === null ? [] : [login]));
  await using work = await workDirectory(parts);
  const digestFile = `${work.path}/digest`;
  let stderr = "";
  const exitCode = await parts.streamed.stream({
    argv: parts.tools.skopeoArgv([
      ...["copy", "--digestfile", digestFile, "--dest-compress-format", "gzip"],
      ...(auth.path === "" ? [] : ["--dest-authfile", auth.path]),
      parts.tools.place(`@${image.id}`),
      `docker://${toFullText(reference)}`,
    ]),
    signal,
    onStdout: async (bytes) => {
      for (const line of bytes.toString().split("\n")) if (line.trim() !== "") await send({ status: line.trim() });
    },
    onStderr: async (bytes) => {
      stderr = `${stderr}${bytes}`.slice(-OUTPUT_BYTES_MAX);
    },
  });
  if (exitCode !== 0) throw toPushError(stderr, exitCode, name, reference.registry);
  const digest = ((await parts.files.readText(digestFile)) ?? "").trim();
  await send({ status: `${reference.tag}: digest: ${digest}`, digest });
}
