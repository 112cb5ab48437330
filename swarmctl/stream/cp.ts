import { basename, posix, resolve } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import { humanBytes } from "../../shared/human-bytes.ts";
import type { TarPiece } from "../../shared/rpc/gen/streams.ts";
import type { ContainerPlace } from "../../shared/rpc/light/find-container.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import type { Cli, Run } from "../cli.ts";
import { type CopyEnd, type Destination, meansContent, parseCopyEnd, placeOfCopy } from "./cp-words.ts";
import type { CP_OPTIONS } from "./options.ts";
import { engineOf, placeOf } from "./place.ts";

type InContainer = Extract<CopyEnd, { readonly kind: "container" }>;

interface Copy {
  readonly cli: Cli;
  readonly engine: HostServices;
  readonly place: ContainerPlace;
  /** In the container; a relative path begins at its root. */
  readonly path: string;
  readonly followLink: boolean;
  readonly keepOwners: boolean;
}

/** Larger pieces are cut: a message of the engine is small. */
const PIECE_BYTES = 64 * 1024;

export const run: Run<typeof CP_OPTIONS> = async (cli, [from = "", to = ""], flags) => {
  const [source, target] = [parseCopyEnd(from), parseCopyEnd(to)];
  const inside = oneContainer(source, target);
  const place = await placeOf(cli, inside.container, flags.text("node"));
  await using engine = await engineOf(cli, place);
  const copy: Copy = {
    ...{ cli, engine, place, path: inside.path },
    followLink: flags.is("followLink"),
    keepOwners: flags.is("archive"),
  };
  const bytes = source === inside ? await copyOut(copy, target) : await copyIn(copy, source);
  if (!flags.is("quiet") && target.kind !== "archive")
    cli.output.warn(`Successfully copied ${humanBytes(bytes)} to ${to}`);
};

function oneContainer(source: CopyEnd, target: CopyEnd): InContainer {
  if (source.kind === "container" && target.kind === "container") {
    throw new SwarmError("invalidArgument", "copying between containers is not supported: copy to this host first");
  }
  if (source.kind === "container") return source;
  if (target.kind === "container") return target;
  throw new SwarmError("invalidArgument", "must specify at least one container source: CONTAINER:PATH");
}

/** Resolves with the archive's bytes. */
async function copyOut({ engine, place, path, cli, ...how }: Copy, target: CopyEnd): Promise<number> {
  const { container } = place;
  const followLink = how.followLink || meansContent(path) || path.endsWith("/");
  const found = await engine.streams.statPath({ container, path }, { signal: cli.signal });
  const kind = followLink ? found.targetKind : found.kind;
  if (kind === "NONE") {
    throw new SwarmError("notFound", `Could not find the file ${path} in the container`);
  }
  const counted = new Counted();
  const archive = counted.count(
    piecesOf(engine.streams.getArchive({ container, path, followLink }, { signal: cli.signal })),
  );
  if (target.kind === "archive") {
    const terminal = await cli.openConsole();
    if (terminal.stdoutIsTerminal) throw new SwarmError("invalidArgument", "an archive is not written to a terminal");
    for await (const piece of archive) await terminal.write("out", piece);
    return counted.bytes;
  }
  const { localPlace, unpackAs, unpackInto } = await import("../ports/local-tar.ts");
  const to = target.kind === "local" ? target.path : "";
  const isDirectory = kind === "DIRECTORY";
  const name = isDirectory && meansContent(path) ? "." : posix.basename(posix.resolve("/", path)) || ".";
  const there = (await localPlace(to, true)).kind;
  const destination: Destination = { kind: there === "file" ? "other" : there, path: to };
  const result = resolve(placeOfCopy({ isDirectory, name }, destination));
  if (isDirectory) await unpackInto(result, archive, how.keepOwners);
  else await unpackAs(result, archive, how.keepOwners);
  return counted.bytes;
}

async function copyIn({ engine, place, path, cli, ...how }: Copy, source: CopyEnd): Promise<number> {
  const { container } = place;
  const counted = new Counted();
  const put = async (start: { path: string; renameTop: string }, archive: AsyncIterable<Buffer>): Promise<void> => {
    const call = engine.streams.putArchive({ signal: cli.signal });
    const sending = async (): Promise<void> => {
      await call.send({ start: { container, keepOwners: how.keepOwners, ...start } });
      for await (const chunk of counted.count(archive)) {
        for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
          await call.send({ data: chunk.subarray(at, at + PIECE_BYTES) });
        }
      }
      call.end();
    };
    // Why it was refused says the answer, and not that nothing more is taken.
    await Promise.all([call.response, sending().catch(() => call.response)]);
  };
  if (source.kind === "archive") {
    const terminal = await cli.openConsole();
    await put({ path, renameTop: "" }, terminal.input);
    return counted.bytes;
  }
  const { localPlace, packed, whereTo } = await import("../ports/local-tar.ts");
  const given = source.kind === "local" ? source.path : "";
  const followLink = how.followLink || meansContent(given) || given.endsWith("/");
  const from = followLink ? await whereTo(given) : resolve(given);
  const { kind } = await localPlace(from, false);
  if (kind === "none") throw new SwarmError("notFound", `no such file or directory: ${given}`);
  const isDirectory = kind === "directory";
  const found = await engine.streams.statPath({ container, path }, { signal: cli.signal });
  const destination: Destination = {
    kind: found.targetKind === "NONE" ? "none" : found.targetKind === "DIRECTORY" ? "directory" : "other",
    path: found.targetKind === "NONE" ? path : path.endsWith("/") ? `${found.targetPath}/` : found.targetPath,
  };
  const name = isDirectory && meansContent(given) ? "." : basename(resolve(given));
  const result = posix.resolve("/", placeOfCopy({ isDirectory, name }, destination));
  const goesInside = destination.kind === "directory" && result === posix.resolve("/", destination.path);
  const start = goesInside
    ? { path: result, renameTop: "." }
    : { path: posix.dirname(result), renameTop: posix.basename(result) };
  await put(start, packed(from));
  return counted.bytes;
}

/** Bytes of what has passed by. */
class Counted {
  bytes = 0;

  async *count(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}

async function* piecesOf(pieces: AsyncIterable<TarPiece>): AsyncGenerator<Buffer> {
  for await (const { data } of pieces) yield data;
}
