import { bidi, clientStream, serverStream, unary } from "../../shared/rpc/handler.ts";
import type { EngineHandlers } from "./engine-handlers.ts";
import type { ImageServiceParts } from "./images/image-parts.ts";
import { imageService } from "./images/image-service.ts";
import { type ArchiveParts, exportAll, getArchive, putArchive, statPath } from "./streams/archive.ts";
import { type AttachParts, attach, resize } from "./streams/attach.ts";
import { type DiffParts, diff } from "./streams/diff.ts";
import { type ExecParts, exec } from "./streams/exec.ts";
import { type ForwardParts, forward } from "./streams/forward.ts";
import { locate } from "./streams/locate.ts";
import { type ReadLogParts, readLog } from "./streams/read-log.ts";
import { type StatsParts, stats } from "./streams/stats.ts";
import { type TopParts, top } from "./streams/top.ts";
import type { VolumeArchiveParts } from "./volumes/volume-archive.ts";
import { volumeHandlers } from "./volumes/volume-handlers.ts";

/** What the services of the engine stand on. */
export type EngineParts = ExecParts &
  TopParts &
  StatsParts &
  DiffParts &
  ArchiveParts &
  ForwardParts &
  AttachParts &
  ReadLogParts & {
    readonly containers: EngineHandlers["containers"];
    readonly networks: EngineHandlers["networks"];
    readonly images: ImageServiceParts;
    readonly volumes: VolumeArchiveParts;
  };

/** Composes what this host's engine offers. Each service comes in here once. */
export function openEngine(parts: EngineParts): EngineHandlers {
  return {
    containers: parts.containers,
    streams: {
      locate: unary(({ container }) => locate(parts, container)),
      exec: bidi((messages, context, send) => exec(parts, messages, context, send)),
      attach: bidi((messages, context, send) => attach(parts, messages, context, send)),
      resize: unary(async (request) => {
        await resize(parts, request);
        return {};
      }),
      readLog: serverStream((request, context, send) => readLog(parts, request, context, send)),
      top: unary((request) => top(parts, request)),
      stats: serverStream((request, context, send) => stats(parts, request, context, send)),
      diff: unary(({ container }, { signal }) => diff(parts, container, signal)),
      export: serverStream(({ container }, context, send) => exportAll(parts, container, context, send)),
      statPath: unary((request, context) => statPath(parts, request, context)),
      getArchive: serverStream((request, context, send) => getArchive(parts, request, context, send)),
      putArchive: clientStream((messages, context) => putArchive(parts, messages, context)),
      forward: bidi((messages, context, send) => forward(parts, messages, context, send)),
    },
    images: imageService(parts.images),
    volumes: volumeHandlers(parts.volumes),
    networks: parts.networks,
  };
}
