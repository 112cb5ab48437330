import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SwarmError } from "../../../../shared/errors.ts";
import type { InvariantError } from "../../../../shared/invariant.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { bidi, clientStream, type RpcHandlers, serverStream, unary } from "../../../../shared/rpc/handler.ts";
import { RpcServer } from "../../../../shared/rpc/rpc-server.ts";
import { services } from "../../../../shared/rpc/schema.ts";

/** A server with all four kinds of RPC on a unix socket of its own, and a way to be told of calls. */
export async function startServer(parts: {
  subscribe?: RpcHandlers<typeof services.logs>["subscribe"]["run"];
  session?: RpcHandlers<typeof services.dispatcher>["session"]["run"];
  publishLogs?: RpcHandlers<typeof services.dispatcher>["publishLogs"]["run"];
  join?: RpcHandlers<typeof services.local>["join"]["run"];
  onBug?: (error: InvariantError) => void;
}) {
  const dir = mkdtempSync(join(tmpdir(), "swarm-rpc-"));
  const path = join(dir, "swarmd.sock");
  const never = async (): Promise<never> => {
    throw new SwarmError("unimplemented", "not in this test");
  };
  const server = new RpcServer(
    { kind: "unix", path },
    { log: silentLogger, ...(parts.onBug === undefined ? {} : { onBug: parts.onBug }) },
  )
    .add(services.logs, { subscribe: serverStream(parts.subscribe ?? never) })
    .add(services.dispatcher, {
      session: bidi(parts.session ?? never),
      publishLogs: clientStream(parts.publishLogs ?? never),
      carry: bidi(never),
      ...{ findNetwork: unary(never), tellGuests: unary(never) },
    })
    .add(services.local, {
      info: unary(never),
      init: unary(never),
      leave: unary(never),
      unlock: unary(never),
      diagnose: serverStream(never),
      join: unary(parts.join ?? never),
    });
  await server.listen();
  return {
    server,
    path,
    address: `unix:${path}`,
    [Symbol.asyncDispose]: async () => {
      await server.stop(0);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
