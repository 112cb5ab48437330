import { SwarmError } from "../../shared/errors.ts";
import { bidi, type RpcHandlers, unary } from "../../shared/rpc/handler.ts";
import { services } from "../../shared/rpc/schema.ts";
import type { AnyMethod, RpcService } from "../../shared/rpc/service-types.ts";
import type { EngineHandlers } from "./engine-handlers.ts";
import { type ExecParts, exec } from "./streams/exec.ts";
import { locate } from "./streams/locate.ts";
import type { VolumeArchiveParts } from "./volumes/volume-archive.ts";
import { volumeHandlers } from "./volumes/volume-handlers.ts";

export interface EngineParts extends ExecParts {
  readonly containers: EngineHandlers["containers"];
  readonly volumes: VolumeArchiveParts;
}

/** Composes what this host's engine offers. Each service comes in here once. */
export function openEngine(parts: EngineParts): EngineHandlers {
  return {
    containers: parts.containers,
    streams: {
      locate: unary(({ container }) => locate(parts.lookup, container)),
      exec: bidi((messages, context, send) => exec(parts, messages, context, send)),
    },
    images: unserved(services.images),
    volumes: volumeHandlers(parts.volumes),
  };
}

/** For methods that this release knows and does not serve. */
function unserved<Methods>(service: RpcService<Methods>): RpcHandlers<RpcService<Methods>> {
  const methods = Object.entries(service.methods as Readonly<Record<string, AnyMethod>>);
  const refuse = async (): Promise<never> => {
    throw new SwarmError("unimplemented", "this host does not serve images yet");
  };
  const handlers = methods.map(([name, { kind }]) => [name, { kind, run: refuse }] as const);
  return Object.fromEntries(handlers) as unknown as RpcHandlers<RpcService<Methods>>;
}
