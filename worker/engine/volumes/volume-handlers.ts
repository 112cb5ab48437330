import { clientStream, type RpcHandlers, serverStream, unary } from "../../../shared/rpc/handler.ts";
import type { services } from "../../../shared/rpc/schema.ts";
import { VolumeArchive, type VolumeArchiveParts } from "./volume-archive.ts";
import { VolumeBook } from "./volume-book.ts";

/** What a host answers about its volumes. */
export function volumeHandlers(parts: VolumeArchiveParts): RpcHandlers<typeof services.volumes> {
  const book = new VolumeBook(parts);
  const archive = new VolumeArchive(parts);
  return {
    create: unary(async (request) => ({ volume: await book.create(request) })),
    list: unary(async (request) => ({ volumes: await book.list(request) })),
    inspect: unary(async ({ name, size }) => ({ volume: await book.inspect(name, size) })),
    remove: unary(async ({ name, force }) => {
      await book.remove(name, force);
      return {};
    }),
    prune: unary(async (request) => await book.prune(request)),
    export: serverStream(async ({ name }, { signal }, send) => await archive.export(name, send, signal)),
    import: clientStream(async (messages, { signal }) => {
      const name = await archive.import(messages, signal);
      return { volume: await book.inspect(name, false) };
    }),
  };
}
